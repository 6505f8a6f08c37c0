"""Tracks and their stems, read from data sets as they lie on disk.

Module      -> what it knows
track       -> a song and its stems: samples of any part, or block by block
track_files -> the files of a song to a Track
readers     -> a root folder to all its Tracks; tells the kind from the layout
folder, musdb, slakh, moisesdb, medleydb -> one layout each
labels      -> a data set's own labels to stems
"""

from synthgen_tf.tracks.folder import DESCRIPTION
from synthgen_tf.tracks.readers import KINDS, Scan, detect_kind, read_tracks, scan_tracks
from synthgen_tf.tracks.track import MIXTURE, REST, Track
from synthgen_tf.tracks.track_files import EXTRA_SPLITS, SPLITS, USUAL_SPLITS

__all__ = [
    "DESCRIPTION",
    "EXTRA_SPLITS",
    "KINDS",
    "MIXTURE",
    "REST",
    "SPLITS",
    "USUAL_SPLITS",
    "Scan",
    "Track",
    "detect_kind",
    "read_tracks",
    "scan_tracks",
]
