"""Files as libsndfile decodes them, with what it cannot know by itself.

Headers of files that came from a pipe are shown to it as they should be, the streams that follow
one another in an Ogg file one by one, and channels are brought into WAV's order.
"""

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from synthgen_tf.audio import flac, headers, ogg
from synthgen_tf.audio.info import AudioInfo, channel_mask
from synthgen_tf.audio.refusals import changed
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_FRAMES = 1 << 16
ENDLESS = 1 << 40
"""Frames; libsndfile says so and more of a FLAC file of unknown length."""
LOSSY = ("VORBIS", "OPUS")

Patches = Sequence[tuple[int, bytes]]
"""Places in a file and the bytes that stand there instead."""


class Part(io.RawIOBase):
    """A part of a file that reads as if it were a file itself, with some bytes replaced.

    Args:
        path: of the file.
        start, end: its bytes.
        patches: place in the file to bytes that stand there instead.
    """

    def __init__(self, path: Path, start: int, end: int, patches: Patches = ()):
        self.file, self.start, self.size, self.at = path.open("rb"), start, end - start, 0
        self.patches = patches

    def close(self) -> None:
        self.file.close()
        super().close()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = max(0, (0, self.at, self.size)[whence] + offset)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        place, view = self.start + self.at, memoryview(buffer).cast("B")
        self.file.seek(place)
        count = self.file.readinto(view[: max(0, min(len(view), self.size - self.at))])
        for offset, content in self.patches:
            first = max(offset, place)
            last = min(offset + len(content), place + count)
            if first < last:
                view[first - place : last - place] = content[first - offset : last - offset]
        self.at += count
        return count


class Source:
    """A file that libsndfile knows, open for decoding, as a context manager.

    Args:
        path: of the file.

    Attributes:
        info: as `reader.probe` gives it; None where only decoding by other means tells its length.

    Raises:
        InputError: when its streams differ in rate or channels.
        soundfile.LibsndfileError: when libsndfile cannot open it.
    """

    def __init__(self, path: Path):
        self.path = path
        self.parts: list[soundfile.SoundFile] = []
        self.files: list[Part] = []
        self.info: AudioInfo | None = None
        self.order: tuple[int, ...] | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        links, samples = ogg.links(self.path), headers.find_samples(self.path)
        if len(links) > 1:
            for link in links:
                self._add(Part(self.path, link.start, link.end))
        elif samples and samples.patches:
            self._add(Part(self.path, 0, samples.start + samples.size, samples.patches))
        else:
            # bytes, because names on POSIX need not be text; Windows' are text
            self._add(os.fsencode(self.path) if os.name == "posix" else str(self.path))
        if links:
            self.order = ogg.order_of(links[0].head)
        first = self.parts[0]
        rate, channels = first.samplerate, first.channels
        for part in self.parts:
            if (part.samplerate, part.channels) != (rate, channels):
                raise changed(self.path, (rate, channels), (part.samplerate, part.channels))
        self.frames = sum(part.frames for part in self.parts)
        if self._is_uncertain(first):
            return
        mask = samples.mask if samples else 0
        if links or first.format == "FLAC":
            mask = channel_mask(channels)
        seconds = self.frames / rate
        self.info = AudioInfo(rate, channels, self.frames, first.subtype, seconds, mask)

    def _is_uncertain(self, first: soundfile.SoundFile) -> bool:
        """Tell whether only decoding by other means tells the length."""
        if first.format == "FLAC":
            told = 0 < self.frames < ENDLESS
            return not told or flac.samples_by_last_frame(self.path) > self.frames
        return first.subtype.startswith("MPEG")  # in a WAV; see `mpeg`

    def _add(self, file: bytes | str | Part) -> None:
        if isinstance(file, Part):
            self.files.append(file)
        self.parts.append(soundfile.SoundFile(file))

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and all parts of it that are open."""
        for file in (*self.parts, *self.files):
            file.close()

    def decode(self, start: int, frames: int | None) -> Iterator[np.ndarray]:
        """Yield the frames from `start`, so many or to the end, in pieces; the file is closed after
        them.

        Raises:
            InputError: when it is damaged or ends before its own account.
        """
        with self:
            first = min(start, self.frames)
            end = self.frames if frames is None else min(self.frames, first + frames)
            at = first
            try:
                for block in self._blocks(first, end):
                    at += len(block)
                    yield block
            except soundfile.LibsndfileError as error:
                reason, rate = error.error_string.rstrip("."), self.parts[0].samplerate
                raise InputError(
                    f"{shown(self.path)} cannot be decoded after {at / rate:.1f} s"
                    f" ({reason}): it is damaged or cut off, get the whole file"
                ) from None
            slack = self.info.sample_rate if self.info and self.info.subtype in LOSSY else 0
            if at < end - slack:
                raise InputError(
                    f"{shown(self.path)} is cut off: its header promises {self.frames} frames, the "
                    f"file has {at}: get the whole file"
                )

    def _blocks(self, at: int, end: int) -> Iterator[np.ndarray]:
        before = 0
        for part in self.parts:
            first, last = max(0, at - before), min(part.frames, end - before)
            before += part.frames
            if first >= last:
                continue
            part.seek(first)
            while first < last:
                count = min(BLOCK_FRAMES, last - first)
                block = part.read(count, dtype="float32", always_2d=True)
                if not len(block):
                    break
                first += len(block)
                yield block if self.order is None else np.ascontiguousarray(block[:, self.order])
