"""Validation segments without tf.data: they are made once and held in memory."""

import math
from collections.abc import Sequence

import keras
import numpy as np

from synthgen_tf.config import Config
from synthgen_tf.data.example import Example
from synthgen_tf.data.normalise import normalise
from synthgen_tf.data.select import held_out_places
from synthgen_tf.resident.songs import fit_channels
from synthgen_tf.silence import AUDIBLE_POWER
from synthgen_tf.tracks import Track


class HeldOut(keras.utils.PyDataset):
    """The batches that `data.chain.validation_examples` makes, for any backend of Keras.

    Args:
        tracks: of the validation split.
        config: sections `data` and `model`.
    """

    def __init__(self, tracks: Sequence[Track], config: Config):
        super().__init__()
        self.size = config.data.batch_size
        places = held_out_places(tracks, config)
        found = [_segment(tracks[song], start, config) for song, start in places]
        self.examples = Example(*(np.stack(each) for each in zip(*found, strict=True)))

    def __len__(self) -> int:
        return math.ceil(len(self.examples.mixture) / self.size)

    def __getitem__(self, index: int) -> Example:
        chosen = slice(index * self.size, (index + 1) * self.size)
        return self.examples.each(lambda signals: signals[chosen])


def _segment(track: Track, start: int, config: Config) -> Example:
    shape = (config.segment, config.model.channels)

    def cut(stem: str) -> np.ndarray:
        read = fit_channels(track.read(stem, start, config.segment), shape[1])
        return np.pad(read, ((0, config.segment - len(read)), (0, 0)))

    stems = {stem: cut(stem) for stem in track.parts()}
    target = stems.get(config.data.target, np.zeros(shape, np.float32))
    mixture = sum(stems.values())
    # what nobody hears is no target, however quiet the mixture that is raised with it
    target = target * (np.mean(np.square(target)) > AUDIBLE_POWER)
    return normalise(Example(mixture, target), config).each(keras.ops.convert_to_numpy)
