"""Pages of an Ogg file: which streams follow one another, and in which order channels lie."""

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIRST, LAST = 2, 4
"""Flags of the page that begins a stream and of the one that ends it."""

VORBIS_ORDER = {3: (0, 2, 1), 5: (0, 2, 1, 3, 4), 6: (0, 2, 1, 5, 3, 4)} | {
    7: (0, 2, 1, 6, 5, 3, 4),
    8: (0, 2, 1, 7, 5, 6, 3, 4),
}
"""Number of channels -> where each of WAV's channels is among Vorbis' (Vorbis I, 4.3.9)."""


@dataclass(frozen=True)
class Link:
    """One of the streams that follow one another in a file (RFC 3533, "chained").

    Attributes:
        start, end: its bytes in the file.
        head: the first packet, at most 32 bytes.
        ended: its last page is there.
    """

    start: int
    end: int
    head: bytes
    ended: bool


def order_of(head: bytes) -> tuple[int, ...] | None:
    """Where WAV's channels are among those of a stream with this first packet; None: in place."""
    if head[1:7] == b"vorbis":
        return VORBIS_ORDER.get(head[11])
    if head[:8] == b"OpusHead" and head[18] == 1:  # family 255 has no order
        return VORBIS_ORDER.get(head[9])
    return None


def links(path: Path) -> tuple[Link, ...]:
    """The streams of a file, one after the other; none where it is no Ogg file.

    Streams that run beside each other (a film's) count as one link, whose head is the first's.

    Raises:
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return ()
    status = path.stat()
    return _links(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(256)
def _links(path: Path, size: int, changed: int) -> tuple[Link, ...]:
    """Size and time of change tell a file from an earlier one."""
    found: list[tuple[int, bytes]] = []  # where each begins, and its first page
    ended: list[bool] = []
    open_streams: set[int] = set()
    heads = False
    for start, flags, serial, head in _pages(path):
        if flags & FIRST:
            if not heads:  # not beside the one before
                found.append((start, head))
                ended.append(False)
                open_streams = set()
            open_streams.add(serial)
        heads = bool(flags & FIRST)
        if flags & LAST and found:
            open_streams.discard(serial)
            ended[-1] = not open_streams
    ends = [start for start, _ in found[1:]] + [size]
    return tuple(
        Link(start, end, head, whole)
        for (start, head), end, whole in zip(found, ends, ended, strict=True)
    )


def _pages(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    """Place, flags, stream and first bytes of each page; ends at what is no page."""
    with path.open("rb") as file:
        start = 0
        while len(page := file.read(27)) == 27 and page[:4] == b"OggS":
            flags, serial, segments = struct.unpack("<5xB8xI8xB", page)
            content = sum(file.read(segments))
            head = file.read(min(32, content)) if flags & FIRST else b""
            yield start, flags, serial, head
            start += 27 + segments + content
            file.seek(start)
