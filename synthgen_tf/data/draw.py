"""What each training example is made of, drawn from its number and the seed alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.data.store import active_seconds
from synthgen_tf.tracks import Track

EQUALIZER_HZ = (60.0, 150.0, 400.0, 1000.0, 2500.0, 6000.0, 15_000.0)
"""Where an equalizer's gains are drawn; between them it runs straight over log frequency."""

PLAIN = 12
"""Random numbers an example and each of its stems take, before those of the equalizers."""


class Draw(NamedTuple):
    """An example to be made. Vectors have one element for each stem, the target's first.

    Attributes:
        songs: indices of the songs that the stems are cut from.
        starts: first frames of the cuts.
        frames: length of the cuts; more or less than a segment where the speed is changed.
        gains: factors, negative ones flip the polarity, 0 leaves the stem out.
        swapped: whether left and right change places.
        mono: whether the channels of the example become their mean.
        limit_db: by which a limiter takes off the peaks, 0 for none.
        bitrate: share of mp3's range of bit rates, negative for no coding.
        curves: gains of each stem's equalizer at `EQUALIZER_HZ`, dB, (stems, points).
        mix_curve: the same for the whole example, (points,).
        widths: factors of what differs between left and right, 1 for none.
        drives: of the saturation, dB, 0 for none.
    """

    songs: tf.Tensor
    starts: tf.Tensor
    frames: tf.Tensor
    gains: tf.Tensor
    swapped: tf.Tensor
    mono: tf.Tensor
    limit_db: tf.Tensor
    bitrate: tf.Tensor
    curves: tf.Tensor
    mix_curve: tf.Tensor
    widths: tf.Tensor
    drives: tf.Tensor


class Dice:
    """Draws examples from songs.

    Args:
        tracks: the songs, indexed in this order.
        stems: the target first; a song without a stem is silent there.
        config: section `data`, the segment and the seed.
    """

    def __init__(self, tracks: Sequence[Track], stems: Sequence[str], config: Config):
        self.config, self.stems = config, len(stems)
        self.lengths = tf.constant([track.frames for track in tracks], tf.int64)
        self.rate = config.model.sample_rate
        active = [np.flatnonzero(active_seconds(track, stems[0])) for track in tracks]
        songs = [song for song, seconds in enumerate(active) if len(seconds)]
        self.targeted = bool(songs) and config.data.target_crops > 0.0
        if self.targeted:
            self.active_songs = tf.constant(songs, tf.int64)
            self.active_seconds = tf.constant(np.concatenate(active), tf.int32)
            counts = [len(active[song]) for song in songs]
            self.active_ends = tf.constant(np.cumsum(counts), tf.int64)
            self.active_counts = tf.constant(counts, tf.int64)

    def throw(self, number: tf.Tensor) -> Draw:
        """The example of a number: the same for the same configuration, whatever came before."""
        data, seed = self.config.data, (self.config.seed, number)
        # one table of random numbers per example: a row for the example, then one for each stem
        chance = tf.random.stateless_uniform(
            (1 + self.stems, PLAIN + 1 + len(EQUALIZER_HZ)), seed, dtype=tf.float64
        )
        whole, each = chance[0], chance[1:]
        semitones = (2.0 * whole[4] - 1.0) * data.speed_semitones
        semitones *= tf.cast(whole[3] < data.speed, tf.float64)
        frames = _part(self.config.segment, 2.0 ** (semitones / 12.0))
        songs, starts = self._places(whole, each, frames)
        silent = whole[5] < data.silent_target
        alone = whole[5] >= 1.0 - data.target_only
        first = tf.one_hot(0, self.stems, on_value=True, off_value=False, dtype=tf.bool)
        left_out = each[:, 9] < data.leave_out
        kept = tf.where(first, ~silent, silent | ~(alone | left_out))
        lowered = whole[PLAIN] * data.loud_target_db
        lowered *= tf.cast(~first & (whole[11] < data.loud_target), tf.float64)
        decibels = (2.0 * each[:, 2] - 1.0) * data.gain_db - lowered
        gains = 10.0 ** (decibels / 20.0)
        gains = tf.where(each[:, 3] < data.flip_polarity, -gains, gains)
        limited = whole[6] < data.limit
        curves = (2.0 * each[:, PLAIN + 1 :] - 1.0) * data.equalize_db
        curves *= tf.cast(each[:, 10:11] < data.equalize, tf.float64)
        mix_curve = (2.0 * whole[PLAIN + 1 :] - 1.0) * data.equalize_mix_db
        mix_curve *= tf.cast(whole[2] < data.equalize_mix, tf.float64)
        # one number says whether and how much: the table stays as it was
        widened, width = _within(each[:, 5], data.width)
        driven, drive = _within(each[:, 11], data.saturate)
        kept = tf.cast(kept, tf.float32)
        return Draw(
            songs,
            starts,
            frames,
            tf.cast(gains, tf.float32) * kept,
            each[:, 4] < data.swap_channels,
            whole[10] < data.mono,
            tf.cast(whole[7] * data.limit_db, tf.float32) * tf.cast(limited, tf.float32),
            tf.where(whole[8] < data.code, tf.cast(whole[9], tf.float32), -1.0),
            tf.cast(curves, tf.float32) * kept[:, None],  # silence needs no equalizer
            tf.cast(mix_curve, tf.float32),
            tf.cast(tf.where(widened, 2.0 * width, 1.0), tf.float32),
            tf.cast(tf.where(driven, drive * data.saturate_db, 0.0), tf.float32) * kept,
        )

    def _places(self, whole, each, frames) -> tuple[tf.Tensor, tf.Tensor]:
        """Songs and starts of the stems: all from one place, or each from its own."""
        data = self.config.data
        songs = _part(len(self.lengths), each[:, 0])
        starts = _part(self._room(songs, frames), each[:, 1])
        song, start = songs[0], starts[0]
        if self.targeted:
            crop = whole[1] < data.target_crops
            on_song, on_start = self._sounding(each[0, 6], each[0, 7], each[0, 8], frames)
            song, start = tf.where(crop, on_song, song), tf.where(crop, on_start, start)
        remixed = whole[0] < data.remix
        own = tf.range(self.stems) > 0
        return tf.where(own & remixed, songs, song), tf.where(own & remixed, starts, start)

    def _sounding(self, song_chance, second_chance, place_chance, frames):
        """A song, and a start such that a second in which the target sounds lies in the cut."""
        index = _part(len(self.active_songs), song_chance)
        song = self.active_songs[index]
        count = self.active_counts[index]
        second = self.active_seconds[self.active_ends[index] - count + _part(count, second_chance)]
        middle = (tf.cast(second, tf.int64) * 2 + 1) * self.rate // 2
        start = middle - _part(frames, place_chance)
        return song, tf.clip_by_value(start, 0, self._room(song, frames))

    def _room(self, songs, frames) -> tf.Tensor:
        return tf.maximum(tf.gather(self.lengths, songs) - frames, 0)


def _within(chance, share: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Whether a chance falls below a share, and if so how far: evenly from 0 to 1."""
    return chance < share, chance / max(share, 1e-9)


def _part(whole, share) -> tf.Tensor:
    """The integer below `share` of `whole`."""
    return tf.cast(tf.cast(whole, tf.float64) * share, tf.int64)
