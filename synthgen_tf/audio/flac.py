"""Where a FLAC file ends by its last frame, for its header may say too little."""

import functools
from pathlib import Path

SEARCHED = 1 << 17
"""Bytes at the end in which the last frame begins."""
BLOCKS = {1: 192} | {n: 576 << n - 2 for n in range(2, 6)} | {n: 256 << n - 8 for n in range(8, 16)}
"""Four bits of a frame's header -> samples in it (RFC 9639, 9.1.1)."""


def samples_by_last_frame(path: Path) -> int:
    """Return the number of samples up to the end of the last frame; 0 where none is found.

    Raises:
        OSError: when the file cannot be read.
    """
    status = path.stat()
    return _samples(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(4096)
def _samples(path: Path, size: int, changed: int) -> int:
    """Size and time of change tell a file from an earlier one."""
    with path.open("rb") as file:
        head = file.read(42)
        if head[:4] != b"fLaC":
            return 0
        file.seek(max(42, size - SEARCHED))
        content = file.read()
    told = int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF
    at = len(content)
    borders = [at]
    while (at := content.rfind(b"\xff", 0, at)) >= 0:
        end = _end_of(content[at : at + 16], int.from_bytes(head[8:10], "big"))
        if end is None:
            continue
        # sound may look like a header by chance, but does not match a checksum as well
        if end == told or any(_crc(content[at:border], 16, 0x8005) == 0 for border in borders):
            return end
        borders.append(at)
    return 0


def _end_of(head: bytes, usual: int) -> int | None:
    """Return the sample after a frame that begins so; `usual` is the length of frames. None: no
    frame."""
    if len(head) < 16 or head[1] & 0xFE != 0xF8 or head[3] & 1 or head[4] == 0xFF:
        return None
    ones = 8 - (head[4] ^ 0xFF).bit_length()  # how many bytes the number takes, 0 for one
    more = max(0, ones - 1)
    number = head[4] & (0x7F >> ones)
    for byte in head[5 : 5 + more]:
        number = number << 6 | byte & 0x3F
    at, code = 5 + more, head[2] >> 4
    samples = BLOCKS.get(code)
    if code in (6, 7):
        size = code - 5
        samples = int.from_bytes(head[at : at + size], "big") + 1
        at += size
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if samples is None or at >= len(head) or _crc(head[:at], 8, 0x07) != head[at]:
        return None
    return (number if head[1] & 1 else number * usual) + samples


def _crc(content: bytes, bits: int, polynomial: int) -> int:
    crc, top = 0, 1 << bits - 1
    for byte in content:
        crc ^= byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial) & (2 * top - 1) if crc & top else crc << 1
    return crc
