"""Random access to segments of stems in a tf.data graph, by tensorflow-io where that is there."""

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from synthgen_tf import audio
from synthgen_tf.data.store import StoredTrack
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import Track

try:
    import tensorflow_io as tfio
except ImportError:  # no build for this Python, platform or TensorFlow
    tfio = None

Read = Callable[..., tf.Tensor]
"""(song index, stem index, first frame, frames) -> (time, channels) as it is stored, int16 of files
or float32; fewer frames where the song ends, none where it lacks the stem."""


reader_numbers = itertools.count()
"""A number for each graph reader that is made in this process."""


def segment_reader(tracks: Sequence[Track], stems: Sequence[str]) -> tuple[Read, int | None]:
    """Return what reads segments of songs inside a graph, without decoding what lies before them.

    It reads by tensorflow-io where that can, else by `Track.read` in Python: bit-equal.

    Args:
        tracks: the songs, indexed in this order.
        stems: the stems, indexed in this order; a song without one has silence for it.

    Returns:
        The reader, and how many calls of the map around it may run at a time.
    """
    if tfio and all(_is_plain(track) for track in tracks):
        # tensorflow-io keeps one open file per node of the graph: a second call at the same time
        # would read on in the file of the first. The stems of one call still run in parallel.
        return _graph_reader(tracks, stems), None
    return _python_reader(tracks, stems), os.cpu_count()


def _is_plain(track: Track) -> bool:
    """Tell whether every stem is one 16-bit WAV file whose header is true."""
    files = [file for stem in track.stems.values() for file in stem]
    if len(files) != len(track.stems) or track.subtype != "PCM_16":
        return False
    # those of a store are ours
    return isinstance(track, StoredTrack) or all(audio.is_plain_wave(file) for file in files)


def _graph_reader(tracks: Sequence[Track], stems: Sequence[str]) -> Read:
    nothing = ("",)
    paths = [[str(track.stems.get(stem, nothing)[0]) for stem in stems] for track in tracks]
    complete = [all(row[stem] for row in paths) for stem in range(len(stems))]
    paths = tf.constant(paths)
    scope = f"reader_{next(reader_numbers)}"  # its open files are found by name, over all data sets

    def read(song: tf.Tensor, stem: int, start: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
        path = paths[song, stem]

        def cut() -> tf.Tensor:
            with tf.name_scope(f"{scope}_stem_{stem}"):
                samples = tfio.IOTensor.graph(tf.int16).from_audio(path)
                return samples[start : start + frames]

        silence = tf.zeros((0, 1), tf.int16)
        samples = cut() if complete[stem] else tf.cond(path == "", lambda: silence, cut)
        return tf.ensure_shape(samples, (None, None))

    return read


def _python_reader(tracks: Sequence[Track], stems: Sequence[str]) -> Read:
    def load(song: np.int64, stem: np.int64, start: np.int64, frames: np.int64) -> np.ndarray:
        track, name = tracks[int(song)], stems[int(stem)]
        if name not in track.stems:
            return np.zeros((0, 1), np.float32)
        return track.read(name, int(start), int(frames))

    def read(song: tf.Tensor, stem: int, *cut: tf.Tensor) -> tf.Tensor:
        samples = tf.numpy_function(load, [song, stem, *cut], tf.float32, stateful=False)
        return tf.ensure_shape(samples, (None, None))

    return read


@contextmanager
def damage_explained(tracks: Sequence[Track]) -> Iterator[None]:
    """Turn TensorFlow's error about a file that vanished or was cut off into one that names it.

    Raises:
        InputError: when a file of `tracks` is the reason.
    """
    try:
        yield
    except tf.errors.OpError as error:
        for file in {file for track in tracks for stem in track.stems.values() for file in stem}:
            try:
                audio.probe(file)
            except InputError as reason:
                raise InputError(f"{reason} (it was read in the middle of the work)") from error
        # a file may look right and turn out damaged where it is decoded: Python's reader said so
        if told := re.search(r"InputError: (.+)", error.message):
            raise InputError(told.group(1)) from error
        raise
