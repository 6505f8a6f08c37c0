"""Headers of WAV and AIFF: where the samples lie, and what must change for them to be true.

Who writes to a pipe cannot go back to the header: it then holds 0 or some large number as length.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PIPE_SIZES = (0x7F000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Large numbers that stand for an unknown length: sox (AIFF), lame and opusdec, arecord, ffmpeg."""
NEAR = 0x2000
"""How far off them a length may be: headers are added, and frames make it round (0x7FFFF000)."""
WRAP = 1 << 32
"""What a size of 32 bits cannot hold."""
EXTENSIBLE = 0xFFFE


@dataclass(frozen=True)
class Samples:
    """Where the samples of a WAV or AIFF file lie.

    Attributes:
        start: their first byte in the file.
        size: bytes, as many as the header promises, or up to the end of what came from a pipe.
        mask: which loudspeakers the channels are for, as WAV counts them; 0 where nothing says so.
        piped: the lengths in the header mean nothing, the file was written to a pipe.
        wrapped: there are more than 4 GB, and the header holds a remainder.
        patches: place in the file to bytes that belong there, for the header to be true.
    """

    start: int
    size: int
    mask: int = 0
    piped: bool = False
    wrapped: bool = False
    patches: tuple[tuple[int, bytes], ...] = ()


def find_samples(path: Path) -> Samples | None:
    """Find where the samples of a file lie; None where it is no WAV, RF64 or AIFF, or has none.

    Raises:
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        head, total = file.read(12), file.seek(0, 2)
        file.seek(12)
        if head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:] == b"WAVE":
            return _wave(file, head, total)
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _aiff(file, head, total)
    return None


def is_plain_wave(path: Path) -> bool:
    """Tell whether a file is a WAV whose header is true, which readers other than ours want.

    A file that cannot be read counts as one: reading it will say why.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != b"RIFF":
                return False
        samples = find_samples(path)
    except OSError:
        return True
    return samples is not None and not samples.piped and not samples.wrapped


def _of_a_pipe(size: int) -> bool:
    return any(abs(size - known) <= NEAR for known in PIPE_SIZES)


def _is_open(file: BinaryIO, start: int, size: int, outer: int, total: int, order: str) -> bool:
    """Tell whether a length was left open. `outer` is the size that the file as a whole claims."""
    end = start + size
    if end > total:
        return _of_a_pipe(size) or _of_a_pipe(outer)
    if size == 0:
        return start < total != outer + 8 and not _only_chunks(file, start, total, order)
    return end < total and _of_a_pipe(size) and not _only_chunks(file, end, total, order)


def _only_chunks(file: BinaryIO, at: int, total: int, order: str) -> bool:
    """Tell whether nothing but chunks follows, to the very end."""
    at += at % 2
    while total - at >= 8:
        file.seek(at)
        name, length = struct.unpack(order + "4sI", file.read(8))
        if not name.isascii() or not name.decode("ascii").isprintable():
            return False
        at += 8 + length + length % 2
    return at in (total, total + 1)


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, place of the content and length of each chunk; the file may be moved
    meanwhile."""
    at = 12
    while True:
        file.seek(at)
        if len(head := file.read(8)) < 8:
            return
        name, length = struct.unpack(order + "4sI", head)
        yield name, at + 8, length
        at += 8 + length + length % 2  # chunks begin at even places


def _wave(file: BinaryIO, head: bytes, total: int) -> Samples | None:
    order = ">" if head[:4] == b"RIFX" else "<"
    (outer,) = struct.unpack(order + "I", head[4:8])
    long_size, mask, block = None, 0, 1
    for name, start, size in _chunks(file, order):
        if name == b"ds64" and len(fields := file.read(16)) == 16:
            (long_size,) = struct.unpack("<8xQ", fields)
        if name == b"fmt " and len(fields := file.read(min(size, 24))) >= 16:
            tag, block = struct.unpack(order + "H10xH", fields[:14])
            if tag == EXTENSIBLE and len(fields) == 24:
                (mask,) = struct.unpack(order + "20xI", fields)
        if name != b"data":
            continue
        if size == 0xFFFFFFFF and long_size is not None:
            if long_size in (0, WRAP - 1, (1 << 64) - 1):  # RF64 from a pipe
                return Samples(start, total - start, mask, piped=True)
            return Samples(start, long_size, mask)
        rest = total - start
        if not _is_open(file, start, size, outer, total, order):
            wrapped = head[:4] != b"RF64" and rest - size >= WRAP
            return Samples(start, size, mask, wrapped=wrapped)
        whole = rest - rest % max(1, block)
        sizes = struct.pack(order + "I", min(WRAP - 1, start - 8 + whole))
        inner = struct.pack(order + "I", min(WRAP - 1, whole))
        patches = ((4, sizes), (start - 4, inner))
        return Samples(start, whole, mask, True, whole >= WRAP, patches)
    return None


def _aiff(file: BinaryIO, head: bytes, total: int) -> Samples | None:
    (outer,) = struct.unpack(">I", head[4:8])
    counted, frame_bytes = None, 0
    for name, start, size in _chunks(file, ">"):
        if name == b"COMM" and len(fields := file.read(min(size, 22))) >= 18:
            counted = start + 2
            channels, bits = struct.unpack(">H4xH", fields[:8])
            bits = {b"ulaw": 8, b"alaw": 8, b"ULAW": 8, b"ALAW": 8}.get(fields[18:22], bits)
            frame_bytes = channels * -(-bits // 8)
        if name != b"SSND":
            continue
        # 8 bytes precede the samples; sizes of 0 and 8 both mean none
        samples, promised = start + 8, max(0, size - 8)
        if not _is_open(file, samples, promised, outer, total, ">"):
            return Samples(samples, max(promised, outer + 8 - samples))
        if counted is None or not frame_bytes:
            return Samples(samples, total - samples, piped=True)
        frames = (total - samples) // frame_bytes
        whole = frames * frame_bytes
        if samples + whole >= WRAP:
            return Samples(samples, whole, piped=True, wrapped=True)
        patches = (
            (4, struct.pack(">I", samples + whole - 8)),
            (counted, struct.pack(">I", frames)),
            (start - 4, struct.pack(">I", whole + 8)),
        )
        return Samples(samples, whole, piped=True, patches=patches)
    return None
