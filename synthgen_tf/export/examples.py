"""Rendered music from which the converter learns the ranges of 8-bit activations."""

import tempfile
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.config import Config
from synthgen_tf.render import render_songs
from synthgen_tf.tracks import MIXTURE, read_tracks

SONGS, SECONDS, SEED = 8, 6.0, 1


def write_examples(config: Config, file: Path) -> None:
    """Render a few songs and write their mixtures as a NumPy file.

    It holds float32 (songs, time, channels), at the sample rate and with the channels of the model.
    Songs of this seed are rendered for this only.
    """
    signal = config.model
    with tempfile.TemporaryDirectory() as folder:
        render_songs(Path(folder), SONGS, seconds=SECONDS, seed=SEED)
        blocks = []
        for track in read_tracks(Path(folder)):
            mixture = audio.resample(track.read(MIXTURE), track.sample_rate, signal.sample_rate)
            if mixture.shape[1] != signal.channels:
                mixture = np.repeat(mixture.mean(axis=1, keepdims=True), signal.channels, axis=1)
            blocks.append(mixture.astype(np.float32))
        frames = min(map(len, blocks))
        np.save(file, np.stack([block[:frames] for block in blocks]))
