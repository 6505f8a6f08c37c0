"""float32 (time, channels) to wav, flac or mp3: complete under its name, or not there at all.

Levels are never changed. What goes beyond [-1, 1) stays so in FLOAT; integers clamp it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import soundfile

from synthgen_tf.audio import riff
from synthgen_tf.choices import FORMATS
from synthgen_tf.errors import InputError
from synthgen_tf.files import draft_beside, shown, sweep, writing

BITS = {"PCM_16": 16, "PCM_24": 24}
FLAC_CHANNELS = 8
FLAC_MAX_RATE = 655350
MP3_RATES = (16000, 22050, 24000, 32000, 44100, 48000)
"""Those of MPEG 1 and 2. MPEG 2.5 goes down to 8000 Hz, but at full bit rate decoders stumble."""


def check_format(format: str, subtype: str | None = None) -> str | None:
    """The subtype that a file of this format gets.

    Raises:
        InputError: for an unknown format or a subtype that it cannot hold.
    """
    if format not in FORMATS:
        raise InputError(f"unknown format {format!r}: choose one of {', '.join(FORMATS)}")
    choices = FORMATS[format]
    if subtype is None:
        return choices[0]
    if choices == (None,):
        raise InputError(f"{format} has no subtype, {subtype!r} was given: leave it out")
    if subtype not in choices:
        raise InputError(
            f"{format} cannot hold {subtype!r}: choose one of {', '.join(map(str, choices))}"
        )
    return subtype


def as_stored(samples: np.ndarray, subtype: str | None) -> np.ndarray:
    """The float32 values that reading gives back after writing `samples` with this subtype.

    Integers round to nearest and clamp to [-1, 1); FLOAT and mp3 (None, which is encoded as it is)
    change nothing.
    """
    if subtype not in BITS:
        return samples
    scale = 2.0 ** (BITS[subtype] - 1)
    return _integers(samples, subtype).astype(np.float32) / np.float32(scale)


def _integers(samples: np.ndarray, subtype: str) -> np.ndarray:
    if samples.dtype == np.int16:  # PCM_16 already
        return samples
    # our own rounding: libsndfile's differs between versions and scales to 32767
    scale = np.float32(2.0 ** (BITS[subtype] - 1))
    return np.clip(np.rint(samples * scale), -scale, scale - 1).astype(np.int32)


class Writer:
    """An audio file in the making, as a context manager.

    The file grows under a hidden name in the same folder. It takes its own name, replacing what
    had it, when the block ends; when the block raises (Ctrl-C included) it is removed.

    Args:
        path: ends in .wav, .flac or .mp3; its folder exists.
        sample_rate: Hz.
        channels: one or more.
        subtype: `FLOAT`, `PCM_16`, `PCM_24`, or None for the format's default. mp3 has none: it is
            320 kbit/s. A WAV above 4 GB becomes RF64.
        tags: of the file, see `tags.read_tags`.
        mask: loudspeakers of the channels, as `AudioInfo` has it; only WAV keeps it.

    Raises:
        InputError: when the format cannot hold this, or the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        channels: int,
        subtype: str | None = None,
        tags: Mapping[str, str] | None = None,
        mask: int = 0,
    ):
        self.mask = mask
        self.path, self.tags = Path(path), dict(tags or {})
        self.format = self.path.suffix.lower().lstrip(".")
        self.subtype = check_format(self.format, subtype)
        _check_limits(self.format, sample_rate, channels)
        self.sample_rate, self.channels = sample_rate, channels
        self.frames = 0

    def __enter__(self) -> "Writer":
        with self._explained(), ExitStack() as stack:
            sweep(self.path.parent)
            self.draft = stack.enter_context(draft_beside(self.path))
            self.sink = self._open_sink()
            self.stack = stack.pop_all()
        return self

    def _open_sink(self) -> "_WaveSink | soundfile.SoundFile":
        if self.format == "wav" and self.subtype:
            layout = self.sample_rate, self.channels
            return _WaveSink(self.draft, *layout, self.subtype, self.tags, self.mask)
        quality = {}
        if self.format == "mp3":
            quality = {"compression_level": 0.0, "bitrate_mode": "CONSTANT"}  # 320 kbit/s
        sink = soundfile.SoundFile(
            os.fsencode(self.draft) if os.name == "posix" else str(self.draft),
            "w",
            self.sample_rate,
            self.channels,
            self.subtype,
            format=self.format.upper(),
            **quality,
        )
        for name, text in self.tags.items():
            setattr(sink, name, text)
        return sink

    def write(self, block: np.ndarray) -> None:
        """Append float32 (time, channels), which may be empty; int16 goes into PCM_16 as it is.

        Raises:
            InputError: when the disk does not take it.
            ValueError: for another number of channels, or int16 in a file of another subtype.
        """
        if block.ndim != 2 or block.shape[1] != self.channels:
            raise ValueError(f"block has shape {block.shape}: expected (time, {self.channels})")
        if block.dtype == np.int16 and self.subtype != "PCM_16":
            raise ValueError(f"block is int16, the file {self.subtype}: expected float32")
        if self.format != "wav" and self.subtype in BITS:
            # libsndfile takes the upper bits of 32
            block = _integers(block, self.subtype).astype(np.int32) << (32 - BITS[self.subtype])
        with self._explained():
            self.sink.write(block)
        self.frames += len(block)

    def __exit__(self, kind, error, trace) -> None:
        with self.stack:  # whose end removes a draft that was not renamed
            if kind is not None:
                with suppress(OSError, soundfile.LibsndfileError):  # the error at hand counts
                    self.sink.close()
                return
            with self._explained():
                self.sink.close()
                self.draft.replace(self.path)

    def _explained(self) -> AbstractContextManager[None]:
        return writing(self.path, also=(soundfile.LibsndfileError,))


class _WaveSink:
    """The samples of a WAV file; the header is written anew with the true length at the end."""

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        channels: int,
        subtype: str,
        tags: Mapping[str, str],
        mask: int,
    ):
        self.subtype, self.tags, self.mask = subtype, tags, mask
        self.sample_bytes = BITS.get(subtype, 32) // 8
        self.layout = (sample_rate, channels, self.sample_bytes)
        self.frames = 0
        self.file = path.open("wb")
        self.file.write(self._header())

    def write(self, block: np.ndarray) -> None:
        self.frames += len(block)
        if self.subtype == "FLOAT":
            self.file.write(np.ascontiguousarray(block, "<f4").data)
            return
        whole = _integers(block, self.subtype)
        if self.subtype == "PCM_16":
            self.file.write(np.ascontiguousarray(whole, "<i2").data)
            return
        whole = np.ascontiguousarray(whole, "<i4")
        lower = whole.reshape(-1, 1).view(np.uint8)[:, : self.sample_bytes]
        self.file.write(lower.tobytes())

    def close(self) -> None:
        with self.file:
            if self.file.tell() % 2:  # chunks end at even places
                self.file.write(b"\0")
            self.file.seek(0)
            self.file.write(self._header())

    def _header(self) -> bytes:
        float32 = self.subtype == "FLOAT"
        return riff.header(*self.layout, self.frames, float32, self.tags, self.mask)


def _check_limits(format: str, sample_rate: int, channels: int) -> None:
    if format == "mp3" and (sample_rate not in MP3_RATES or channels > 2):
        raise InputError(
            f"mp3 cannot hold {channels} channels at {sample_rate} Hz: it takes one or two at "
            f"{', '.join(map(str, MP3_RATES))} Hz; choose wav or flac"
        )
    if format == "flac" and (channels > FLAC_CHANNELS or sample_rate > FLAC_MAX_RATE):
        raise InputError(
            f"flac cannot hold {channels} channels at {sample_rate} Hz: it takes up to "
            f"{FLAC_CHANNELS} at up to {FLAC_MAX_RATE} Hz; choose wav"
        )


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder, made with its parents; those made here go again if the block raises.

    Raises:
        InputError: when it cannot be made, or is a file.
    """
    path = Path(path)
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot make folder {shown(path)} ({error.strerror}): choose another"
            ) from None
        yield path
    except BaseException:
        for folder in missing:  # the innermost first
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise
