"""The tf.data chain: tracks in, batches of (mixture, target) out, at one scale.

Both are (batch, segment, channels) float32; the mixture is the sum of the augmented stems, and both
carry the gain that brings the mixture to unit level.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.data.reader import segment_reader
from synthgen_tf.errors import InputError
from synthgen_tf.level import mixture_gain
from synthgen_tf.tracks import Track


def select_tracks(tracks: Sequence[Track], split: str, config: Config) -> list[Track]:
    """The tracks of a split that the configuration can use.

    A data set without validation tracks lends every tenth training track, at least one, to `valid`.

    Raises:
        InputError: when there are none, none has the target stem, or the rate is another.
    """
    chosen = [track for track in tracks if track.split == split]
    if split in ("train", "valid") and not any(track.split == "valid" for track in tracks):
        training = [track for track in tracks if track.split == "train"]
        lent = training[::10] if len(training) > 1 else []
        chosen = lent if split == "valid" else [track for track in training if track not in lent]
    if not chosen:
        raise InputError(f"no {split} tracks among {len(tracks)}: the split needs at least one")
    target = config.data.target
    if not any(target in track.stems for track in chosen):
        found = sorted({stem for track in chosen for stem in track.parts()})
        raise InputError(
            f"no {split} track has a {target!r} stem, the stems are {', '.join(found)}: "
            "choose one with --set data.target=NAME"
        )
    for track in chosen:
        if track.sample_rate != config.model.sample_rate:
            raise InputError(
                f"track {track.name} is at {track.sample_rate} Hz, the model works at "
                f"{config.model.sample_rate} Hz: resample it, or --set model.sample_rate="
                f"{track.sample_rate}"
            )
    return chosen


def training_examples(tracks: Sequence[Track], config: Config, first: int = 0) -> tf.data.Dataset:
    """Endless batches of random segments; the same ones for the same seed.

    Args:
        tracks: of the training split.
        config: sections `data` and `model`, and the seed.
        first: number of the first example, so that a resumed run goes on where it stood.
    """
    stems = _stems(tracks, config)
    read, calls = segment_reader(tracks, stems, config.segment)
    lengths = tf.constant([track.frames for track in tracks], tf.int64)

    def draw(number):
        """The stems of one example, (stems, segment, channels), each cut, swapped and amplified."""
        # one table of random numbers per example: a row for the example, then one for each stem
        chance = tf.random.stateless_uniform((1 + len(stems), 4), (config.seed, number))
        remixed = chance[0, 0] < config.data.remix
        songs = tf.where(remixed, chance[1:, 0], chance[0, 1])
        songs = tf.cast(songs * len(tracks), tf.int64)
        room = tf.maximum(tf.gather(lengths, songs) - config.segment, 0)
        places = tf.where(remixed, chance[1:, 1], chance[0, 2])
        starts = tf.cast(places * tf.cast(room, tf.float32), tf.int64)
        segments = [
            _fit_channels(read(songs[i], i, starts[i]), config.model.channels)
            for i in range(len(stems))
        ]
        decibels = (2.0 * chance[1:, 2] - 1.0) * config.data.gain_db
        audible = tf.where(chance[0, 3] < config.data.silent_target, 0.0, 1.0)
        gains = 10.0 ** (decibels / 20.0) * tf.concat([[audible], tf.ones(len(stems) - 1)], 0)
        swapped = (chance[1:, 3] < config.data.swap_channels)[:, None, None]
        segments = tf.stack(segments)
        return tf.where(swapped, segments[:, :, ::-1], segments) * gains[:, None, None]

    return (
        tf.data.Dataset.range(first, np.iinfo(np.int64).max)
        .map(draw, num_parallel_calls=calls)
        .map(_sum_stems)
        .batch(config.data.batch_size, drop_remainder=True)  # one shape for every step
        .map(lambda mixture, target: _normalise(mixture, target, config))
        .prefetch(tf.data.AUTOTUNE)
    )


def validation_examples(tracks: Sequence[Track], config: Config) -> tf.data.Dataset:
    """Batches of the same segments every time: spread evenly over each track, nothing augmented."""
    stems = _stems(tracks, config)
    read, calls = segment_reader(tracks, stems, config.segment)
    places = []
    for song, track in enumerate(tracks):
        count = max(1, min(config.data.valid_segments, track.frames // config.segment))
        room = max(track.frames - config.segment, 0)
        places += [(song, start) for start in np.linspace(0, room, count, dtype=np.int64)]

    def load(place):
        segments = [read(place[0], i, place[1]) for i in range(len(stems))]
        return tf.stack([_fit_channels(each, config.model.channels) for each in segments])

    return (
        tf.data.Dataset.from_tensor_slices(np.array(places, np.int64))
        .map(load, num_parallel_calls=calls)
        .map(_sum_stems)
        .batch(config.data.batch_size)
        .map(lambda mixture, target: _normalise(mixture, target, config))
        .prefetch(tf.data.AUTOTUNE)
    )


def _stems(tracks: Sequence[Track], config: Config) -> list[str]:
    """The target first, then every other stem."""
    target = config.data.target
    return [target, *sorted({stem for track in tracks for stem in track.parts()} - {target})]


def _sum_stems(segments):
    return tf.reduce_sum(segments, axis=0), segments[0]


def _normalise(mixture, target, config: Config):
    gain = mixture_gain(mixture, config.model.normalisation)
    return mixture * gain, target * gain


def _fit_channels(samples, channels: int):
    """Mono spreads to all channels, any other count is averaged down to mono first."""
    samples = tf.cond(
        tf.shape(samples)[1] == channels,
        lambda: samples,
        lambda: tf.repeat(tf.reduce_mean(samples, axis=1, keepdims=True), channels, axis=1),
    )
    return tf.ensure_shape(samples, (None, channels))
