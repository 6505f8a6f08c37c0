"""A song on disk and its stems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError

MIXTURE = "mixture"


@dataclass(frozen=True)
class Track:
    """A song whose stems sum to its mixture.

    Attributes:
        name: of the song, unique within its split.
        split: `train`, `valid` or `test`.
        stems: stem name to audio file, `mixture` among them where it is a file.
        sample_rate: Hz, the same for all stems.
        frames: length, the same for all stems.
        channels: of every stem.
        subtype: sample format as soundfile names it, for instance `PCM_16`.
        genre: or style, None where unknown.
    """

    name: str
    split: str
    stems: Mapping[str, Path] = field(repr=False)
    sample_rate: int
    frames: int
    channels: int
    subtype: str
    genre: str | None = None

    def parts(self) -> list[str]:
        """The stems that add up to the mixture, in alphabetical order."""
        return sorted(stem for stem in self.stems if stem != MIXTURE)

    def read(self, stem: str, start: int = 0, frames: int | None = None) -> np.ndarray:
        """Samples of a stem, or of the `mixture`, as float32 (time, channels).

        Args:
            stem: a name in `stems`, or `mixture`, summed from the stems where it is no file.
            start: first frame.
            frames: how many; None reads to the end. Never more than the file holds.

        Raises:
            InputError: for a stem that the song does not have, or a file that cannot be read.
        """
        if stem == MIXTURE and MIXTURE not in self.stems:
            return np.sum([self.read(part, start, frames) for part in self.parts()], axis=0)
        if stem not in self.stems:
            raise InputError(
                f"track {self.name} has no stem {stem!r}: it has {', '.join(self.parts())}"
            )
        return self._read_file(stem, start, frames)

    def _read_file(self, stem: str, start: int, frames: int | None) -> np.ndarray:
        samples, _ = audio.read(self.stems[stem], start, frames)
        return samples


@dataclass(frozen=True)
class StemFileTrack(Track):
    """A MUSDB18 song: one `.stem.mp4` that holds the mixture and four stems as streams."""

    def _read_file(self, stem: str, start: int, frames: int | None) -> np.ndarray:
        import stempeg  # needs ffmpeg

        count = (self.frames - start) if frames is None else min(frames, self.frames - start)
        samples, _ = stempeg.read_stems(
            str(self.stems[stem]),
            start=start / self.sample_rate,
            duration=count / self.sample_rate,
            stem_id=STREAMS.index(stem),
            dtype=np.float32,
        )
        # ffmpeg cuts at its own packet times: hand out exactly what was asked for
        samples = samples[:count].astype(np.float32)
        return np.pad(samples, ((0, count - len(samples)), (0, 0)))


STREAMS = (MIXTURE, "drums", "bass", "other", "vocals")
"""Streams of a `.stem.mp4` in their order."""
