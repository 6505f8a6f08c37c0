"""Stems into files: all of them together at the end, or none; and what happens at full scale."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.files import writing
from synthgen_tf.separate.output_format import OutputFormat

Piece = tuple[np.ndarray, np.ndarray]
"""Mixture and estimate, both float32 (time, channels)."""


@dataclass(frozen=True)
class SeparatedFile:
    """What was written of one input.

    Attributes:
        files: each stem's.
        sample_rate: Hz.
        frames: length.
        levels_db: RMS in dB full scale of the mixture and of each stem; None for silence.
        gain_db: taken from all stems by `rescale`; else 0.
        clamped: samples that `clamp` cut.
    """

    files: Mapping[str, Path]
    sample_rate: int
    frames: int = 0
    levels_db: Mapping[str, float | None] = field(default_factory=dict)
    gain_db: float = 0.0
    clamped: int = 0


class StemFiles:
    """The files of one song's stems in the making.

    Args:
        folder: of the files.
        output: which files, one of them may be `rest`'s; its stems have names.
        stem: name of what the model extracts.
        info: of the input, whose rate and channels the files get.
        tags: of the files, see `audio.read_tags`.
    """

    def __init__(
        self,
        folder: Path,
        output: OutputFormat,
        stem: str,
        info: audio.AudioInfo,
        tags: Mapping[str, str],
    ):
        self.files, self.subtype, self.clip = output.files(folder), output.subtype, output.clip
        self.stem, self.info, self.tags = stem, info, tags
        self.frames = self.clamped = 0
        self.gain = np.float32(1.0)
        self.energy = dict.fromkeys(["mixture", *self.files], 0.0)

    def write(self, pieces: Iterable[Piece], rest: str) -> None:
        """Write all pieces; `rest` is the name of what the stem leaves.

        Raises:
            InputError: when a file cannot be written; with clip `none`, when a stem does not fit.
        """
        limited = self.subtype != "FLOAT"
        with ExitStack() as stack:
            if limited and self.clip == "rescale":
                spool = stack.enter_context(_Spool(next(iter(self.files.values())).parent))
                spool.fill(pieces)
                self.gain, pieces = np.float32(min(1.0, _fitting(spool.peak))), spool
            info = self.info
            layout = info.sample_rate, info.channels, self.subtype, self.tags, info.mask
            writers = {
                stem: stack.enter_context(audio.Writer(file, *layout))
                for stem, file in self.files.items()
            }
            for mixture, estimate in pieces:
                mixture, estimate = self.gain * mixture, self.gain * estimate
                # the rest takes up what rounding and clamping take from the stem
                stored = self._stored(estimate)
                parts = {"mixture": mixture, self.stem: estimate, rest: mixture - stored}
                for name, writer in writers.items():
                    self._check(name, parts[name])
                    writer.write(parts[name] if self.subtype else self._stored(parts[name]))
                self._measure(parts)
                self.frames += len(mixture)

    def outcome(self) -> SeparatedFile:
        """What was written, once all of it is."""
        samples = max(1, self.frames * self.info.channels)
        levels = {
            name: round(10 * float(np.log10(energy / samples)), 2) if energy else None
            for name, energy in self.energy.items()
        }
        gain_db = round(20 * float(np.log10(self.gain)), 2)
        return SeparatedFile(
            self.files, self.info.sample_rate, self.frames, levels, gain_db, self.clamped
        )

    def _check(self, name: str, part: np.ndarray) -> None:
        """Count what is beyond the full scale of the file, or refuse it."""
        if self.subtype == "FLOAT":
            return
        step = 2.0 ** (1 - audio.BITS[self.subtype]) if self.subtype else 0.0
        most = 1.0 - step / 2 if step else np.nextafter(np.float32(1.0), 2.0)  # mp3 holds 1
        over = int(np.count_nonzero((part < -1.0 - step / 2) | (part >= most)))
        if over and self.clip == "none":
            peak = float(np.abs(part).max())
            raise InputError(
                f"stem {name} reaches {peak:.3f} of full scale, which {self.subtype or 'mp3'} "
                "cannot hold: choose --clip clamp or rescale, or wav with --subtype FLOAT"
            )
        self.clamped += over

    def _stored(self, part: np.ndarray) -> np.ndarray:
        """What the file will hold of it; decoders of mp3 differ beyond full scale."""
        return np.clip(part, -1, 1) if self.subtype is None else audio.as_stored(part, self.subtype)

    def _measure(self, parts: Mapping[str, np.ndarray]) -> None:
        for name in self.energy:
            self.energy[name] += float(np.square(parts[name], dtype=np.float64).sum())


def _fitting(peak: float) -> float:
    """The gain that brings a peak two 16-bit steps below full scale, room for rounding."""
    return (1.0 - 2.0**-14) / max(peak, 1e-9)


class _Spool:
    """Pieces kept on the disk until the loudest of them is known, then given once more."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.shapes: list[tuple[int, ...]] = []
        self.peak = 0.0

    def __enter__(self) -> "_Spool":
        with writing(self.folder):
            self.file = tempfile.TemporaryFile(dir=self.folder)
        return self

    def __exit__(self, *error) -> None:
        self.file.close()

    def fill(self, pieces: Iterable[Piece]) -> None:
        """Take all pieces."""
        for mixture, estimate in pieces:
            with writing(self.folder):
                for part in (mixture, estimate):
                    self.file.write(np.ascontiguousarray(part, np.float32).data)
            loudest = (np.abs(part).max(initial=0.0) for part in (estimate, mixture - estimate))
            self.peak = max(self.peak, *map(float, loudest))
            self.shapes.append((2, *mixture.shape))

    def __iter__(self) -> Iterator[Piece]:
        self.file.seek(0)
        for shape in self.shapes:
            content = self.file.read(4 * int(np.prod(shape)))
            mixture, estimate = np.frombuffer(content, np.float32).reshape(shape)
            yield mixture, estimate
