"""Random access to segments of stems in a tf.data graph; only here tensorflow-io is asked for."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from synthgen_tf.tracks import Track

try:
    import tensorflow_io as tfio
except ImportError:  # no build for this Python, platform or TensorFlow
    tfio = None

Read = Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]
"""(song index, stem index, first frame) -> float32 (segment, channels), padded with silence."""


numbers = itertools.count()
"""Of the graph readers made so far."""


def segment_reader(
    tracks: Sequence[Track], stems: Sequence[str], segment: int
) -> tuple[Read, int | None]:
    """Reads segments with a seek, as tensorflow-io where that can, else as soundfile: bit-equal.

    Args:
        tracks: the songs, indexed in this order.
        stems: the stems, indexed in this order; a song without one has silence for it.
        segment: frames to read.

    Returns:
        The reader, and how many calls of the map around it may run at a time.
    """
    files = [file for track in tracks for stem in track.stems.values() for file in stem]
    plain = all(
        track.subtype == "PCM_16" and all(len(files) == 1 for files in track.stems.values())
        for track in tracks
    )
    complete = all(set(stems) <= set(track.stems) for track in tracks)
    if tfio and plain and complete and all(file.suffix.lower() == ".wav" for file in files):
        # tensorflow-io keeps one open file per node of the graph: a second call at the same time
        # would read on in the file of the first. The stems of one call still run in parallel.
        return _graph_reader(tracks, stems, segment), None
    return _python_reader(tracks, stems, segment), tf.data.AUTOTUNE


def _graph_reader(tracks: Sequence[Track], stems: Sequence[str], segment: int) -> Read:
    paths = tf.constant([[str(track.stems[stem][0]) for stem in stems] for track in tracks])
    scope = f"reader_{next(numbers)}"  # its open files are found by name, over all data sets

    def read(song, stem, start):
        with tf.name_scope(f"{scope}_stem_{stem}"):
            samples = tfio.IOTensor.graph(tf.int16).from_audio(paths[song, stem])
            samples = tf.cast(samples[start : start + segment], tf.float32) / 32768.0
        return tf.pad(samples, [[0, segment - tf.shape(samples)[0]], [0, 0]])

    return read


def _python_reader(tracks: Sequence[Track], stems: Sequence[str], segment: int) -> Read:
    def load(song, stem, start):
        track = tracks[song]
        samples = np.zeros((segment, track.channels), np.float32)
        if stems[stem] in track.stems:
            found = track.read(stems[stem], int(start), segment)
            samples[: len(found)] = found
        return samples

    def read(song, stem, start):
        return tf.numpy_function(load, [song, stem, start], tf.float32, stateful=False)

    return read
