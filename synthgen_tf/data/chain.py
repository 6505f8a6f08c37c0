"""The tf.data chain: tracks in, batches of `Example` out, at one scale.

    number -> Draw -> Cuts, Draw -> Example -> the same at one scale -> batch

Mixture and target are (batch, segment, channels) float32; the mixture is the sum of the augmented
stems, and both carry the gain that brings the mixture to unit level.
"""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.data.draw import Dice, Draw
from synthgen_tf.data.example import Cuts, Example
from synthgen_tf.data.mix import mix, plain, taken
from synthgen_tf.data.normalise import normalise
from synthgen_tf.data.segment_reader import segment_reader
from synthgen_tf.data.select import held_out_places, stems_of
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.tracks import Track

CORES = os.cpu_count() or 1
READY_BATCHES = 2
"""Batches that are made while a step runs. With AUTOTUNE in place of this number and of `CORES`,
memory grew to gigabytes."""


def training_examples(
    tracks: Sequence[Track], config: Config, first: int = 0, host: int = 0, hosts: int = 1
) -> tf.data.Dataset:
    """Return endless batches of random segments, the same ones for the same seed.

    Args:
        tracks: of the training split.
        config: sections `data` and `model`, and the seed.
        first: number of the first example, so that a resumed run goes on where it stood.
        host, hosts: this one's number and how many share each batch; each makes its own part.
    """
    stems = stems_of(tracks, config)
    dice, songs = Dice(len(stems), config), SongTable.of_tracks(tracks, stems)
    read, calls = segment_reader(tracks, stems)

    def cut(draw: Draw) -> tuple[Cuts, Draw]:
        """Cut the stems of one example, at their gain, and hand on what else is to be done."""
        cuts = (read(draw.songs[i], i, draw.starts[i], draw.frames) for i in range(len(stems)))
        return taken(Cuts.of(cuts), draw, config), draw

    def finish(cuts: Cuts, draw: Draw) -> Example:
        return normalise(mix(cuts, draw, config), config)

    return (
        tf.data.Dataset.range(first + host, np.iinfo(np.int64).max, hosts)
        .map(lambda number: throw(dice, number, songs))  # all that is random
        .map(cut, num_parallel_calls=calls)
        .map(finish, num_parallel_calls=CORES)
        .batch(config.data.batch_size // hosts, drop_remainder=True)  # one shape for every step
        .prefetch(READY_BATCHES)
        .with_options(chain_options())
    )


def throw(dice: Dice, number: tf.Tensor, songs: SongTable) -> Draw:
    """Draw one example in the graph of a tf.data chain.

    Args:
        dice: what draws.
        number: of the example, int64 ().
        songs: that its stems are cut from.

    Returns:
        Tensors, each without the axis of examples.
    """
    example = dice.throw([0], songs)

    def drawn(number: np.int64) -> list[np.ndarray]:
        return [each[0] for each in dice.throw([number], songs)]

    types = [tf.as_dtype(each.dtype) for each in example]
    numbers = tf.numpy_function(drawn, [number], types, stateful=False)
    return Draw(
        *(tf.ensure_shape(each, of.shape[1:]) for each, of in zip(numbers, example, strict=True))
    )


def validation_examples(tracks: Sequence[Track], config: Config) -> tf.data.Dataset:
    """Return batches of the same segments every time, spread evenly over each track.

    Nothing is augmented.

    Args:
        tracks: of the validation split.
        config: sections `data` and `model`.
    """
    stems = stems_of(tracks, config)
    read, calls = segment_reader(tracks, stems)
    places = np.array(held_out_places(tracks, config), np.int64)

    def load(place: tf.Tensor) -> Example:
        frames = tf.constant(config.segment, tf.int64)
        cuts = Cuts.of(read(place[0], i, place[1], frames) for i in range(len(stems)))
        return normalise(plain(cuts, config), config)

    return (
        tf.data.Dataset.from_tensor_slices(places)
        .map(load, num_parallel_calls=calls)
        .batch(config.data.batch_size)
        .prefetch(READY_BATCHES)
        .with_options(chain_options())
    )


def chain_options() -> tf.data.Options:
    """Return how chains run: a thread for each core, each at work on an example of its own.

    Where a chain is distributed over hosts as a whole, each makes all of it and keeps its part, so
    that no example comes twice.
    """
    options = tf.data.Options()
    options.threading.private_threadpool_size = CORES
    options.threading.max_intra_op_parallelism = 1
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return options
