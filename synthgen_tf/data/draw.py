"""What each training example is made of, drawn from its number and the seed alone.

Shape legend: n examples, s stems (the target at `TARGET`), p points of an equalizer.
"""

import functools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from synthgen_tf.config import Config
from synthgen_tf.data.example import TARGET
from synthgen_tf.data.song_table import SongTable

EQUALIZER_HZ = (60.0, 150.0, 400.0, 1000.0, 2500.0, 6000.0, 15_000.0)
"""Where an equalizer's gains are drawn; between them it runs straight over log frequency."""

SPECTRUM = 16_384
"""Frames that an equalizer transforms at a time, few enough for a core's cache."""

BLOCK = 64
"""Frames over which the limiter holds one peak: 1.5 ms at 44 100 Hz."""
REACH = 8
"""Blocks before and after a peak that the limiter turns down with it."""
TAPS = 4096
"""Length of an equalizer's filter, frames: blocks overlap by as much."""

PLAIN = 13
"""Random numbers an example and each of its stems take, before those of the equalizers."""


class Draw(NamedTuple):
    """What examples are made of, as arrays over the examples, or one as tensors in a graph.

    Attributes:
        songs: indices of the songs that the stems are cut from, (n, s).
        borrowed: whether a stem comes from another song than the target's, (n, s).
        firsts, lengths: where those songs begin in memory, and their frames, (n, s).
        starts: first frames of the cuts within their songs, (n, s).
        frames: length of the cuts, more or less than a segment where the speed is changed, (n,).
        gains: factors, negative ones flip the polarity, 0 leaves the stem out, (n, s).
        swapped: whether left and right change places, (n, s).
        mono: whether the channels of the example become their mean, (n,).
        limit_db: by which a limiter takes off the peaks, 0 for none, (n,).
        bitrate: share of mp3's range of bit rates, negative for no coding, (n,).
        curves: gains of each stem's equalizer at `EQUALIZER_HZ`, dB, (n, s, p).
        mix_curve: gains of an equalizer for the whole example, dB, (n, p).
        widths: factors of the difference between left and right, 1 to leave it, (n, s).
        drives: by which a saturation raises what is quiet, dB, 0 for none, (n, s).
    """

    songs: np.ndarray
    borrowed: np.ndarray
    firsts: np.ndarray
    lengths: np.ndarray
    starts: np.ndarray
    frames: np.ndarray
    gains: np.ndarray
    swapped: np.ndarray
    mono: np.ndarray
    limit_db: np.ndarray
    bitrate: np.ndarray
    curves: np.ndarray
    mix_curve: np.ndarray
    widths: np.ndarray
    drives: np.ndarray


class Dice:
    """What draws training examples: each follows from its number and the seed.

    Args:
        stems: how many there are, the target among them.
        config: section `data`, the segment and the seed.
    """

    def __init__(self, stems: int, config: Config):
        self.config, self.stems = config, stems

    def throw(
        self,
        numbers: Iterable[int | np.integer],
        songs: SongTable,
        others: SongTable | None = None,
    ) -> Draw:
        """Draw the examples of some numbers, always the same for the same songs and configuration.

        Args:
            numbers: of the examples, from 0.
            songs: that targets come from.
            others: that remixed stems come from; the same by default.
        """
        return self.decide(np.stack([self._chances(number) for number in numbers]), songs, others)

    def _chances(self, number: int | np.integer) -> np.ndarray:
        """Return numbers from 0 to 1: a row for the example, then one for each stem."""
        # the counter's lowest word runs on within an example
        random = np.random.Philox(key=self.config.seed, counter=[0, int(number), 0, 0])
        shape = (1 + self.stems, PLAIN + len(EQUALIZER_HZ))
        return np.random.Generator(random).random(shape)

    def decide(
        self, chances: np.ndarray, songs: SongTable, others: SongTable | None = None
    ) -> Draw:
        """Turn random numbers into examples, for `throw`.

        Args:
            chances: from 0 to 1, (n, 1 + s, PLAIN + p): for an example, then for each of its stems.
            songs, others: as of `throw`.
        """
        data, others = self.config.data, others or songs
        whole, each = chances[:, 0], chances[:, 1:]
        semitones = (2.0 * whole[:, 4] - 1.0) * data.speed_semitones
        semitones *= whole[:, 3] < data.speed
        frames = (self.config.segment * 2.0 ** (semitones / 12.0)).astype(np.int64)
        is_target = np.arange(self.stems) == TARGET
        borrowed = (whole[:, 0] < data.remix)[:, None] & ~is_target

        silent = (whole[:, 5] < data.silent_target)[:, None]
        alone = (whole[:, 5] >= 1.0 - data.target_only)[:, None]
        left_out = each[:, :, 9] < data.leave_out
        kept = np.where(is_target, ~silent, silent | ~(alone | left_out))
        lowered = (whole[:, 12] * (whole[:, 11] < data.loud_target))[:, None] * ~is_target
        decibels = (2.0 * each[:, :, 2] - 1.0) * data.gain_db - lowered * data.loud_target_db
        gains = 10.0 ** (decibels / 20.0) * kept
        # one number says whether and how much
        width = np.where(each[:, :, 5] < data.width, 2.0 * each[:, :, 5] / (data.width or 1.0), 1.0)
        drive = each[:, :, 11] / (data.saturate or 1.0) * (each[:, :, 11] < data.saturate)
        curves = (2.0 * each[:, :, PLAIN:] - 1.0) * data.equalize_db
        curves *= ((each[:, :, 10] < data.equalize) & kept)[..., None]  # silence needs none
        mix_curve = (2.0 * whole[:, PLAIN:] - 1.0) * data.equalize_mix_db
        mix_curve *= (whole[:, 2] < data.equalize_mix)[:, None]
        return Draw(
            **self._places(whole, each, frames, borrowed, songs, others),
            borrowed=borrowed,
            frames=frames,
            gains=np.where(each[:, :, 3] < data.flip_polarity, -gains, gains).astype(np.float32),
            swapped=each[:, :, 4] < data.swap_channels,
            mono=whole[:, 10] < data.mono,
            limit_db=(whole[:, 7] * data.limit_db * (whole[:, 6] < data.limit)).astype(np.float32),
            bitrate=np.where(whole[:, 8] < data.code, whole[:, 9], -1.0).astype(np.float32),
            curves=curves.astype(np.float32),
            mix_curve=mix_curve.astype(np.float32),
            widths=width.astype(np.float32),
            drives=(drive * data.saturate_db * kept).astype(np.float32),
        )

    def _places(
        self,
        whole: np.ndarray,
        each: np.ndarray,
        frames: np.ndarray,
        borrowed: np.ndarray,
        songs: SongTable,
        others: SongTable,
    ) -> dict[str, np.ndarray]:
        """Return songs and starts of the stems: all from one place, or each from its own."""
        song = (each[:, TARGET, 0] * len(songs.lengths)).astype(np.int64)
        start = (each[:, TARGET, 1] * songs.room(song, frames)).astype(np.int64)
        if songs.can_place(TARGET):
            crop = whole[:, 1] < self.config.data.target_crops
            on_song, on_start = songs.place(TARGET, each[:, TARGET, 6:9], frames)
            song, start = np.where(crop, on_song, song), np.where(crop, on_start, start)
        theirs = (each[:, :, 0] * len(others.lengths)).astype(np.int64)
        at = (each[:, :, 1] * others.room(theirs, frames[:, None])).astype(np.int64)
        placed = range(self.stems) if self.config.data.other_crops else ()
        for stem in filter(others.can_place, placed):
            crop = each[:, stem, 12] < self.config.data.other_crops
            on_song, on_start = others.place(stem, each[:, stem, 6:9], frames)
            theirs[:, stem] = np.where(crop, on_song, theirs[:, stem])
            at[:, stem] = np.where(crop, on_start, at[:, stem])
        chosen = np.where(borrowed, theirs, song[:, None])

        def of(values: str) -> np.ndarray:
            borrowable = getattr(others, values)[theirs]
            return np.where(borrowed, borrowable, getattr(songs, values)[song][:, None])

        starts = np.where(borrowed, at, start[:, None])
        return {
            "songs": chosen,
            "firsts": of("firsts"),
            "lengths": of("lengths"),
            "starts": starts,
        }


@functools.cache
def curve_shares(sample_rate: int) -> np.ndarray:
    """Return how much each frequency takes of each point of an equalizer's curve.

    Shape: float32 (SPECTRUM / 2 + 1, p); each row sums to 1. Between two points a curve runs
    straight over log frequency, beyond the outermost it stays.
    """
    hertz = np.arange(SPECTRUM // 2 + 1) * sample_rate / SPECTRUM
    octaves, marks = np.log(np.maximum(hertz, 1.0)), np.log(EQUALIZER_HZ)
    shares = [np.interp(octaves, marks, point) for point in np.eye(len(marks))]
    return np.stack(shares, axis=1).astype(np.float32)
