"""Songs as a device holds them: shards of one shape, filled from tracks or by renderers.

Shape legend: s stems (the target at `TARGET`), r rows of `ROW` frames, c channels.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from synthgen_tf.data.song_table import SongTable
from synthgen_tf.data.store import FULL_SCALE
from synthgen_tf.tracks import MIXTURE, Track

Frames = TypeVar("Frames", int, np.ndarray)

ROW = 64
"""Frames that lie together: cuts begin at multiples of it, 1.5 ms at 44 100 Hz, and a device
fetches them a row at a time."""

SHARD_SONGS = 32
"""Songs of half a minute, about, that go into a shard; two shards take part in each step."""


@dataclass(frozen=True)
class Shard:
    """Several songs that lie end to end in one array.

    Attributes:
        samples: int16 (s, r, ROW, c); a song begins at a row.
        songs: where they lie in it, and where their stems sound.
    """

    samples: np.ndarray
    songs: SongTable


@dataclass(frozen=True)
class MemoryTrack(Track):
    """A song whose stems lie in memory.

    Attributes:
        sound: int16 (s, frames, c), in the order of `stems`.
    """

    sound: np.ndarray = field(kw_only=True, repr=False)

    def read(self, stem: str, start: int = 0, frames: int | None = None) -> np.ndarray:
        """Return samples of a stem or of the `mixture`, as `Track.read` does, out of memory."""
        end = self.frames if frames is None else min(start + frames, self.frames)
        if stem == MIXTURE:
            return np.sum([self.read(part, start, frames) for part in self.parts()], axis=0)
        cut = self.sound[list(self.stems).index(stem), start:end]
        return cut.astype(np.float32) / FULL_SCALE


def rows_of(frames: Frames) -> Frames:
    """Return how many rows a song of so many frames takes, or each of several songs."""
    return -(-frames // ROW)


def fit_channels(samples: np.ndarray, channels: int) -> np.ndarray:
    """Give samples another number of channels: (time, any) to (time, channels).

    Mono spreads to all; any other count is averaged to mono first.
    """
    if samples.shape[1] == channels:
        return samples
    return np.repeat(samples.mean(axis=1, keepdims=True), channels, axis=1)


def shard_rows(lengths: Sequence[int], segment: int) -> int:
    """Return how many rows every shard has: enough for several songs, and for the longest of all.

    Args:
        lengths: frames of the songs.
        segment: frames of an example, which a shard holds at least.
    """
    rows = [rows_of(length) for length in lengths]
    several = min(SHARD_SONGS, max(1, len(rows) // 2)) * int(np.median(rows))
    return max(several, max(rows), rows_of(segment))


def shards_of_tracks(
    tracks: Sequence[Track], stems: Sequence[str], channels: int, rows: int
) -> Generator[Shard, None, None]:
    """Read tracks, in their order, into shards of one shape.

    Args:
        tracks: none takes more than `rows`.
        stems: in the order of `in_order`; a track without one is silent there.
        channels: of the model.
        rows: of each shard; the last may be silent towards its end.

    Raises:
        InputError: when a file cannot be read.
    """
    held: list[Track] = []
    for track in tracks:
        used = sum(rows_of(each.frames) for each in held)
        if held and used + rows_of(track.frames) > rows:
            yield _filled(held, stems, channels, rows)
            held = []
        held.append(track)
    yield _filled(held, stems, channels, rows)


def _filled(tracks: Sequence[Track], stems: Sequence[str], channels: int, rows: int) -> Shard:
    samples = np.zeros((len(stems), rows * ROW, channels), np.int16)
    first = 0
    for track in tracks:
        for number, stem in enumerate(stems):
            if stem in track.stems:
                read = fit_channels(track.read(stem), channels)
                read = np.clip(np.rint(read * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
                samples[number, first : first + len(read)] = read
        first += rows_of(track.frames) * ROW
    shape = (len(stems), rows, ROW, channels)
    return Shard(samples.reshape(shape), SongTable.of_tracks(tracks, stems, ROW))
