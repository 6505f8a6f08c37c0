"""Tracks and their stems, read from MUSDB18, MUSDB18-HQ, rendered songs or any folder of stems."""

from synthgen_tf.tracks.readers import KINDS, SPLITS, Kind, detect_kind, read_tracks
from synthgen_tf.tracks.track import MIXTURE, Track

__all__ = ["KINDS", "MIXTURE", "SPLITS", "Kind", "Track", "detect_kind", "read_tracks"]
