"""From music to the stem and the rest of it, whose sum is the music exactly.

    mixture -> model's sample rate -> overlap-add of the model -> mixture's sample rate -> estimate
    mixture - estimate -> rest

Both resamplings are skipped where the rates agree. What the model's rate cannot hold (48 kHz music
has treble that 44.1 kHz lacks) is not lost: it is in the rest.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.config import GRID, block_frames
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown
from synthgen_tf.separate.files import SeparatedFile, StemFiles
from synthgen_tf.separate.output_format import Clip, OutputFormat
from synthgen_tf.separate.overlap_add import OVERLAP, hop_of, overlap_add
from synthgen_tf.separate.pieces import Progress, Waiting, counted, followed, measured
from synthgen_tf.separate.predictor import AveragedShifts, FittedChannels, Predictor
from synthgen_tf.separate.prefetch import prefetched
from synthgen_tf.tracks import REST

BLOCK_FRAMES = 1 << 16
TAIL_SECONDS = 0.05
"""Silence after the music when it is resampled, so that the filters give all of its end."""

METHOD = 2
"""Number of the way from blocks to stems: another one makes other stems of the same model."""

MAX_SEGMENT_SECONDS = 600

MAX_CHANNELS = 64
"""More channels in an array are time and channels swapped."""


class Separator:
    """Takes a stem out of music with any predictor.

    Args:
        predictor: the model, see `Predictor`.
        overlap: share of a block that the next one covers too, 0 to 0.9.
        shifts: predictions at as many delays are averaged; each costs the time of one.
        segment_seconds: length of a block; None for what the model likes. Memory grows with it,
            up to the length of the music.
        batch_size: blocks of the model's own length per call of it, 1 or more; fewer of longer
            ones. Memory grows with it.

    Raises:
        InputError: for values out of range.

    Example: `Separator(predictor).separate(mixture, 44_100)["synth"]`
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        overlap: float = OVERLAP,
        shifts: int = 1,
        segment_seconds: float | None = None,
        batch_size: int = 4,
    ):
        if batch_size < 1:
            raise InputError(f"batch size is {batch_size}: expected 1 or more")
        if segment_seconds is not None and not 0 < segment_seconds <= MAX_SEGMENT_SECONDS:
            raise InputError(
                f"segment is {segment_seconds} s: expected up to {MAX_SEGMENT_SECONDS} s"
            )
        self.predictor = predictor
        self.segment = predictor.segment
        if segment_seconds is not None:
            self.segment = block_frames(segment_seconds, predictor.sample_rate)
        hop_of(self.segment, overlap)  # checks both
        AveragedShifts(predictor, shifts)  # checks it
        self.overlap, self.shifts, self.batch_size = overlap, shifts, batch_size

    @property
    def stem(self) -> str:
        """Name of what the model extracts."""
        return self.predictor.stem

    @property
    def settings(self) -> str:
        """All that decides what comes out, as one line."""
        return (
            f"{self.predictor.identity} {self.stem} rate={self.predictor.sample_rate} "
            f"channels={self.predictor.channels} segment={self.segment} overlap={self.overlap:g} "
            f"shifts={self.shifts} method={METHOD}"
        )

    @property
    def stems(self) -> tuple[str, str]:
        """Names of what comes out: the model's stem, and `rest`."""
        return self.stem, REST

    def separate(
        self, mixture: np.ndarray, sample_rate: int, progress: Progress | None = None
    ) -> dict[str, np.ndarray]:
        """Separate music in memory.

        Args:
            mixture: (time, channels) or (time,), floating point; its level does not matter.
            sample_rate: Hz.
            progress: told the frames done so far.

        Returns:
            The stem and `rest`, float32, of the mixture's shape and rate; they sum to the mixture.

        Raises:
            InputError: for an array of another kind or shape, without samples, or with values
                that are not finite; for a sample rate below 1.
        """
        mixture = _checked(np.asarray(mixture), sample_rate)
        shape, mixture = mixture.shape, mixture.reshape(len(mixture), -1)
        pieces = (mixture[at : at + BLOCK_FRAMES] for at in range(0, len(mixture), BLOCK_FRAMES))
        estimate, done = np.empty_like(mixture), 0
        for piece, part in self._stream(pieces, sample_rate, mixture.shape[1]):
            estimate[done : done + len(piece)] = part
            done += len(piece)
            if progress:
                progress(done)
        rest = mixture - estimate
        return {self.stem: estimate.reshape(shape), REST: rest.reshape(shape)}

    def separate_file(
        self,
        path: Path,
        out_dir: Path,
        *,
        stems: Sequence[str] | None = None,
        format: str = "wav",
        subtype: str | None = None,
        clip: Clip = "clamp",
        progress: Progress | None = None,
    ) -> SeparatedFile:
        """Separate a file into files `out_dir/<stem>.<format>`, in memory bounded by the block.

        Rate, channels, length and tags are the input's; levels are not touched. The files sum to
        the input: FLOAT to float rounding, PCM exactly where input and stems hold in its bits and
        within [-1, 1), mp3 only nearly. All files appear at the end together; after an error or
        Ctrl-C there is none, and no new folder.

        Args:
            path: audio file of any kind that `audio.read` takes.
            out_dir: folder, made when missing; files of the same names are replaced.
            stems: which of `self.stems` to write; None for all.
            format: `wav`, `flac` or `mp3`.
            subtype: `FLOAT`, `PCM_16`, `PCM_24`, or None for the format's default.
            clip: what integer formats do beyond full scale, see `choices.Clip`.
            progress: told the frames done so far.

        Returns:
            The files, and what they hold.

        Raises:
            InputError: for a file that cannot be read or written, an unknown stem, format, subtype
                or clip policy, or outputs that would replace the input.
        """
        return self.write_stems(path, out_dir, OutputFormat(stems, format, subtype, clip), progress)

    def write_stems(
        self, path: Path, out_dir: Path, output: OutputFormat, progress: Progress | None = None
    ) -> SeparatedFile:
        """What `separate_file` does, told of the files to write in one.

        Raises:
            InputError: as `separate_file`.
        """
        path, out_dir = Path(path), Path(out_dir)
        output = output.of_model(self.stems)
        info = audio.probe(path)
        for file in output.files(out_dir).values():
            if file.exists() and file.samefile(path):
                raise InputError(
                    f"{shown(path)} would be replaced by its own stem: choose another output folder"
                )
        written = StemFiles(out_dir, output, self.stem, info, audio.read_tags(path))
        pieces = prefetched(audio.blocks(path, BLOCK_FRAMES))
        pairs = prefetched(self._stream(pieces, info.sample_rate, info.channels))
        with audio.new_folder(out_dir), closing(pairs):
            written.write(counted(pairs, progress), REST)
        return written.outcome()

    def stream(
        self, pieces: Iterable[np.ndarray], sample_rate: int, channels: int
    ) -> Iterator[dict[str, np.ndarray]]:
        """Separate music as it comes, in memory that does not grow with it.

        Args:
            pieces: the music in order, float32 (time, channels) of any lengths.
            sample_rate: Hz.
            channels: of every piece.

        Yields:
            The stem and `rest`, float32 (time, channels), as many frames in all as came in. What is
            given lags behind what was taken by a block or two.

        Raises:
            InputError: for a piece of another number of channels, or as `separate`.

        Example: `for parts in separator.stream(audio.blocks(path), 44_100, 2): ...`
        """
        checked = (_piece(piece, sample_rate, channels) for piece in pieces if np.size(piece))
        for mixture, estimate in self._stream(checked, sample_rate, channels):
            yield {self.stem: estimate, REST: mixture - estimate}

    def _stream(
        self, pieces: Iterable[np.ndarray], sample_rate: int, channels: int
    ) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
        """Pieces of mixture beside their estimates, in order, all of the mixture."""
        model_rate = self.predictor.sample_rate
        waiting = Waiting(channels)
        stream = waiting.listen(pieces)
        if sample_rate != model_rate:
            tail = np.zeros((round(TAIL_SECONDS * sample_rate), channels), np.float32)
            stream = audio.resample_blocks(
                followed(stream, tail), sample_rate, model_rate, channels
            )
        segment, usual = self.segment, self.predictor.segment
        if segment > usual:  # longer than the music it need not be
            length, stream = measured(stream, segment)
            segment = max(usual, min(segment, -(-length // GRID) * GRID))
        items = max(1, min(self.batch_size, self.batch_size * usual // segment))
        fitted = FittedChannels(self.predictor, channels, items)
        batch_size = max(1, items // fitted.lanes)
        predict = AveragedShifts(fitted, self.shifts) if self.shifts > 1 else fitted
        stream = overlap_add(predict, stream, segment, self.overlap, batch_size)
        for estimate in audio.resample_blocks(stream, model_rate, sample_rate, channels):
            mixture = waiting.take(len(estimate))
            if len(mixture):  # not so in the tail
                yield mixture, estimate[: len(mixture)]


def _piece(piece: np.ndarray, sample_rate: int, channels: int) -> np.ndarray:
    """A piece of a stream as float32 (time, channels)."""
    piece = np.asarray(piece)
    if piece.shape[1:] != (channels,) and not (piece.ndim == channels == 1):
        raise InputError(
            f"a piece has shape {piece.shape}: expected (time, {channels}), as channels={channels} "
            "was given"
        )
    return _checked(piece, sample_rate).reshape(-1, channels)


def _checked(mixture: np.ndarray, sample_rate: int) -> np.ndarray:
    """The mixture as float32."""
    if not np.issubdtype(mixture.dtype, np.floating):
        raise InputError(
            f"mixture holds {mixture.dtype}: expected floating point, full scale at 1; "
            "divide 16-bit samples by 32768"
        )
    if mixture.ndim not in (1, 2) or (mixture.ndim == 2 and mixture.shape[1] > MAX_CHANNELS):
        raise InputError(f"mixture has shape {mixture.shape}: expected (time, channels) or (time,)")
    if not mixture.size:
        raise InputError(f"mixture has shape {mixture.shape}: expected one sample or more")
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused
        mixture = mixture.astype(np.float32)
    if not np.isfinite(mixture).all():
        raise InputError("mixture holds values that are not finite: expected numbers")
    if sample_rate < 1:
        raise InputError(f"sample rate is {sample_rate}: expected Hz, for instance 44100")
    return mixture
