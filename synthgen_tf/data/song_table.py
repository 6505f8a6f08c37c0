"""The songs that examples are cut from: where they lie, and where their stems sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthgen_tf.data.store import ACTIVE_ABOVE, active_seconds
from synthgen_tf.tracks import Track


@dataclass(frozen=True)
class Sounding:
    """The seconds in which a stem sounds, over several songs.

    Attributes:
        seconds: one song's after the other's, int64.
        songs: those that have some, int64.
        ends: where their seconds end in `seconds`, int64.
    """

    seconds: np.ndarray
    songs: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, active: Sequence[np.ndarray]) -> "Sounding":
        """Make it of whether the stem sounds, for each song bool (seconds,)."""
        songs = np.array([song for song, each in enumerate(active) if each.any()], np.int64)
        seconds = [np.flatnonzero(active[song]) for song in songs]
        ends = np.cumsum([len(each) for each in seconds], dtype=np.int64)
        return cls(np.concatenate([*seconds, []]).astype(np.int64), songs, ends)


@dataclass(frozen=True)
class SongTable:
    """The songs that examples are cut from: where they lie, and where their stems sound.

    Attributes:
        firsts: frame in memory at which each begins, int64 (songs,); 0 where it is a file.
        lengths: their frames, int64 (songs,).
        rate: Hz.
        sounding: of each stem, the target at `TARGET`.
    """

    firsts: np.ndarray
    lengths: np.ndarray
    rate: int
    sounding: tuple[Sounding, ...]

    @classmethod
    def of_tracks(cls, tracks: Sequence[Track], stems: Sequence[str], row: int = 0) -> "SongTable":
        """Make the table of tracks that are files, or lie in memory end to end.

        Args:
            tracks: all at one sample rate, one at least.
            stems: in the order of `in_order`.
            row: frames; in memory each track begins at a multiple of it. 0 for files.
        """
        lengths = np.array([track.frames for track in tracks], np.int64)
        firsts = np.zeros_like(lengths)
        if row:
            firsts[1:] = np.cumsum(-(-lengths[:-1] // row) * row)
        sounding = [Sounding.of([active_seconds(each, stem) for each in tracks]) for stem in stems]
        return cls(firsts, lengths, tracks[0].sample_rate, tuple(sounding))

    @classmethod
    def of_levels(
        cls,
        firsts: Sequence[int],
        lengths: Sequence[int],
        levels: Sequence[np.ndarray],
        rate: int,
    ) -> "SongTable":
        """Make the table of songs in memory.

        Args:
            firsts: frame at which each begins.
            lengths: their frames.
            levels: of each, those of its stems as `Track.levels` has them: uint8 (stems, seconds).
            rate: Hz.
        """
        active = [each < ACTIVE_ABOVE for each in levels]
        sounding = [Sounding.of(stem) for stem in zip(*active, strict=True)]
        return cls(np.array(firsts, np.int64), np.array(lengths, np.int64), rate, tuple(sounding))

    def room(self, songs: np.ndarray, frames: np.ndarray) -> np.ndarray:
        """Return how late cuts of so many frames may begin in songs of those numbers."""
        return np.maximum(self.lengths[songs] - frames, 0)

    def place(
        self, stem: int, chances: np.ndarray, frames: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Choose songs, and starts such that a second in which a stem sounds lies in the cut.

        Args:
            stem: which sounds somewhere.
            chances: from 0 to 1, (n, 3).
            frames: of the cuts, (n,).
        """
        sounding = self.sounding[stem]
        index = (chances[:, 0] * len(sounding.songs)).astype(np.int64)
        song = sounding.songs[index]
        begins = np.where(index > 0, sounding.ends[index - 1], 0)
        count = sounding.ends[index] - begins
        second = sounding.seconds[begins + (count * chances[:, 1]).astype(np.int64)]
        middle = (second * 2 + 1) * self.rate // 2
        start = middle - (frames * chances[:, 2]).astype(np.int64)
        return song, np.clip(start, 0, self.room(song, frames))

    def can_place(self, stem: int) -> bool:
        """Tell whether a stem is known to sound in some song."""
        return stem < len(self.sounding) and len(self.sounding[stem].songs) > 0
