"""A song on disk and its stems."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError

MIXTURE = "mixture"
REST = "rest"
"""Mixture without the stem that is extracted."""


@dataclass(frozen=True)
class Track:
    """A song whose stems sum to its mixture.

    Attributes:
        name: of the song, unique within its split.
        split: `train`, `valid` or `test`; `far` and `hard` where a data set has them.
        stems: stem name to the audio files whose sum it is; `mixture` too, where it is a file.
        sample_rate: Hz. A file at another rate is resampled as it is read.
        frames: length. A shorter file ends in silence, a longer one is cut.
        channels: of every stem; a mono file among stereo ones is heard on both sides.
        subtype: sample format as soundfile names it, for instance `PCM_16`; `mixed` where files
            differ in format, rate, length or channels.
        genre: or style, None where unknown.
        holds: stem name to what is known to sound in it, in the data set's own words.
        levels: stem name to uint8 (seconds,): how many dB the RMS of each second, over time and
            channels, is below full scale; 0 to 100, and 100 is silence. 0 is a square wave at full
            scale. The last second may be a part of one. Empty where nobody measured it.
    """

    name: str
    split: str
    stems: Mapping[str, tuple[Path, ...]] = field(repr=False)
    sample_rate: int
    frames: int
    channels: int
    subtype: str
    genre: str | None = None
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    levels: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def parts(self) -> list[str]:
        """The stems that add up to the mixture, in alphabetical order."""
        return sorted(stem for stem in self.stems if stem != MIXTURE)

    def read(self, stem: str, start: int = 0, frames: int | None = None) -> np.ndarray:
        """Samples of a stem, or of the `mixture`, as float32 (time, channels).

        Args:
            stem: a name in `stems`, or `mixture`, summed from the stems where it is no file.
            start: first frame.
            frames: how many; None reads to the end. Never more than the song holds.

        Raises:
            InputError: for a stem that the song does not have, or a file that cannot be read.
        """
        count = max(0, min(frames if frames is not None else self.frames, self.frames - start))
        files = self._files(stem)
        total = self._read_file(files[0], start, count)
        for file in files[1:]:
            total = total + self._read_file(file, start, count)
        return total

    def _files(self, stem: str) -> tuple:
        """What to add up for a stem; each element is for `_read_file`."""
        if stem == MIXTURE and MIXTURE not in self.stems:
            return tuple(file for part in self.parts() for file in self.stems[part])
        if stem not in self.stems:
            raise InputError(
                f"track {self.name} has no stem {stem!r}: it has {', '.join(self.parts())}"
            )
        return tuple(self.stems[stem])

    def _read_file(self, file: Any, start: int, count: int) -> np.ndarray:
        """Exactly `count` frames of a file, at the song's rate and with its channels."""
        # files that are all alike need no second look
        rate = audio.probe(file).sample_rate if self.subtype == "mixed" else self.sample_rate
        if rate == self.sample_rate:
            samples, _ = audio.read(file, start, count)
        else:  # from the beginning, for a resampled part is only then a part of the whole
            samples, _ = audio.read(file)
            samples = audio.resample(samples, rate, self.sample_rate)[start : start + count]
        if samples.shape == (count, self.channels):
            return samples
        samples = np.pad(samples, ((0, count - len(samples)), (0, 0)))
        return (
            samples if samples.shape[1] == self.channels else np.repeat(samples, self.channels, 1)
        )

    def blocks(self, stem: str, block_frames: int = audio.BLOCK_FRAMES) -> Iterator[np.ndarray]:
        """The samples that `read` gives, in bounded memory: float32 blocks (time, channels).

        Args:
            stem: as for `read`.
            block_frames: length of a block; only the last one may be shorter.

        Raises:
            InputError: as `read`.
        """
        sources = [self._file_blocks(file, block_frames) for file in self._files(stem)]
        for start in range(0, self.frames, block_frames):
            total = np.zeros((min(block_frames, self.frames - start), self.channels), np.float32)
            for source in sources:
                block = next(source, total[:0])[: len(total)]
                total[: len(block)] += block  # mono spreads
            yield total

    def _file_blocks(self, file: Any, block_frames: int) -> Iterator[np.ndarray]:
        """A file at the song's rate; mono stays so, and the length is the file's own."""
        info = audio.probe(file)
        pieces = audio.blocks(file, block_frames)
        if info.sample_rate == self.sample_rate:
            return pieces
        rates = info.sample_rate, self.sample_rate
        return audio.even(audio.resample_blocks(pieces, *rates, info.channels), block_frames)


@dataclass(frozen=True)
class StemFileTrack(Track):
    """A MUSDB18 song: one `.stem.mp4` that holds the mixture and four stems as streams.

    Attributes:
        streams: what the streams of the file are, in their order.
    """

    streams: tuple[str, ...] = ()

    def _files(self, stem: str) -> tuple:
        (path,) = super()._files(stem)
        return ((path, self.streams.index(stem)),)

    def _read_file(self, file: Any, start: int, count: int) -> np.ndarray:
        path, stream = file
        return audio.stem_file.read(path, stream, start, count)

    def _file_blocks(self, file: Any, block_frames: int) -> Iterator[np.ndarray]:
        return audio.even(audio.stem_file.decode(*file), block_frames)
