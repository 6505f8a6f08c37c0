"""MPEG audio (mp1, mp2, mp3): its length, told by its tag where that fits, by its frames else.

It is never given to libsndfile, whose libmpg123 believes the tag and prints to standard error.
"""

import functools
import struct
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.audio.info import AudioInfo
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

KBITS = {  # (MPEG 1, layer): of the 4 bits
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
KBITS[False, 3] = KBITS[False, 2]
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
SUBTYPES = {1: "MPEG_LAYER_I", 2: "MPEG_LAYER_II", 3: "MPEG_LAYER_III"}
OTHERS = (b"fLaC", b"RIFF", b"FORM", b"OggS")
"""What may stand after an ID3 tag and is not mp3."""
SEARCHED = 1 << 16
"""Bytes in which the first frame is searched for."""
MOST_BYTES = 3000
"""Of a frame, and a little more."""
SLACK_BYTES = 4096
"""A tag's account of the file's size may be off by so much: encoders and small tags at the end."""


@dataclass(frozen=True)
class Frame:
    """A frame's header; `side` are the bytes between it and the tag that it may hold."""

    rate: int
    channels: int
    size: int
    samples: int
    layer: int
    side: int


@dataclass(frozen=True)
class Account:
    """What is known of a file.

    Attributes:
        info: as `reader.probe` gives it.
        even: frame follows frame from the beginning, so that seeking is exact.
    """

    info: AudioInfo
    even: bool


def is_mpeg(path: Path) -> bool:
    """Whether a file begins like MPEG audio that PyAV can decode (free bit rate it cannot).

    Raises:
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        start = _after_tags(file)
        file.seek(start)
        head = file.read(4)
    if len(head) < 4 or head in OTHERS or (head[0] == 0xFF and head[1] & 0xF6 == 0xF0):  # AAC
        return False
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return start > 0
    return not (head[1] & 6 and head[2] >> 4 == 0 and head[2] & 12 != 12)


def account(path: Path) -> Account | None:
    """What is known of a file that `is_mpeg`; None where it does not begin with two frames.

    Raises:
        InputError: when it is cut off, or only begins like MPEG audio.
        OSError: when it cannot be read.
    """
    status = path.stat()
    return _account(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(1024)
def _account(path: Path, size: int, changed: int) -> Account | None:
    """Size and time of change tell a file from an earlier one."""
    with path.open("rb") as file:
        start = _after_tags(file)
        file.seek(start)
        head = file.read(SEARCHED)
    frame = _frame(head[:4])
    after = start + frame.size if frame else 0
    if frame is None or (after + 128 < size and not _frame(head[after - start :][:4])):
        if start == 0 and _next_frame(head, 1, len(head)) >= len(head) - MOST_BYTES:
            raise InputError(
                f"{shown(path)} is not audio that can be read: it only begins like mp3"
            )
        return None
    promised, promised_bytes, trimmed = _xing(head, frame)
    if promised and abs(start + promised_bytes - size) <= SLACK_BYTES:
        return _told(frame, promised * frame.samples - trimmed, True)
    return _counted(path, size, start, frame, promised and promised * frame.samples, trimmed)


def _told(frame: Frame, frames: int, even: bool) -> Account:
    frames = max(frames, 1)
    rate, subtype = frame.rate, SUBTYPES[frame.layer]
    info = AudioInfo(rate, frame.channels, frames, subtype, frames / rate)
    # ffmpeg's decoder of the other layers dithers: a part is not the same in the last of 16 bits
    return Account(info, even and frame.layer == 3)


def _counted(
    path: Path, size: int, start: int, first: Frame, promised: int | None, trimmed: int
) -> Account:
    """The same by counting frames. `promised` are samples, `trimmed` those that are not sound."""
    content = path.read_bytes() if size < 1 << 24 else _mapped(path)
    at, samples, even = start, 0, True
    while at + 4 <= size:
        frame = _frame(content[at : at + 4])
        if frame is None:
            tag = content[at : at + 10]
            even = even and tag[:3] == b"TAG" and size - at == 128
            skipped = _tag_bytes(tag) if tag[:3] == b"ID3" and len(tag) == 10 else 1
            at = _next_frame(content, at + skipped, size)
            continue
        if at + frame.size > size:
            break
        samples += frame.samples
        at += frame.size
    if promised:
        samples -= first.samples  # the tag's own
        if samples < promised - first.rate:
            raise InputError(
                f"{shown(path)} is cut off: its header promises {promised / first.rate:.1f} s, "
                f"the file has {samples / first.rate:.1f}: get the whole file"
            )
        even = even and samples <= promised + 2 * first.samples
    return _told(first, samples - trimmed, even)


def _mapped(path: Path):
    import mmap

    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _next_frame(content, at: int, size: int) -> int:
    """The next place where a frame begins and another follows it; the end where there is none."""
    while 0 <= (at := content.find(b"\xff", at)) < size:
        frame = _frame(content[at : at + 4])
        if frame is not None and (
            at + frame.size >= size or _frame(content[at + frame.size : at + frame.size + 4])
        ):
            return at
        at += 1
    return size


@functools.lru_cache(4096)
def _frame(head: bytes) -> Frame | None:
    """What the four bytes of a frame's header say; None where they are none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, bits = head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer == 4 or rate == 3 or not 0 < bits < 15:
        return None
    rate, kbits = RATES[version][rate], KBITS[version == 3, layer][bits]
    mono, padding = head[3] >> 6 == 3, head[2] >> 1 & 1
    if layer == 1:
        size, samples = 4 * (12000 * kbits // rate + padding), 384
    else:
        samples = 576 if layer == 3 and version != 3 else 1152
        size = samples * 125 * kbits // rate + padding
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return Frame(rate, 1 if mono else 2, size, samples, layer, side)


def _after_tags(file) -> int:
    """Where the ID3 tags at the beginning end, and zeros after them."""
    at = 0
    file.seek(0)
    while len(tag := file.read(10)) == 10 and tag[:3] == b"ID3":
        at += _tag_bytes(tag)
        file.seek(at)
    file.seek(at)
    padding = file.read(1 << 16)
    return at + len(padding) - len(padding.lstrip(b"\0")) if at else at


def _tag_bytes(tag: bytes) -> int:
    size = 0
    for byte in tag[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if tag[5] & 0x10 else 0)


def _xing(head: bytes, frame: Frame) -> tuple[int | None, int, int]:
    """Frames and bytes that the tag in the first frame counts, and samples that are not sound."""
    at = 4 + frame.side
    if head[at : at + 4] not in (b"Xing", b"Info"):
        return None, 0, 0
    (flags,) = struct.unpack(">I", head[at + 4 : at + 8])
    if not flags & 1:
        return None, 0, 0
    frames, counted = struct.unpack(">II", head[at + 8 : at + 16])
    at += 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    trimmed = 0
    if head[at : at + 4] in (b"LAME", b"Lavf", b"Lavc"):
        both = int.from_bytes(head[at + 21 : at + 24], "big")
        trimmed = (both >> 12) + (both & 0xFFF)
    return frames, counted if flags & 2 else 0, trimmed
