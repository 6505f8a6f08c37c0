"""Where a file must end by what it says of itself: decoders take a cut-off file for a short one."""

import struct
import warnings
from pathlib import Path
from typing import BinaryIO

from synthgen_tf.audio import headers, ogg
from synthgen_tf.audio.info import check_is_file
from synthgen_tf.errors import InputError, InputWarning
from synthgen_tf.files import shown

OPEN = 1 << 62
"""Sizes of 64 bits from here on mean that the length was not known when they were written."""
SEGMENT = b"\x18\x53\x80\x67"
"""The element of webm and mkv that holds all the rest."""
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""The object in the header of a wma file that says how long the file is."""


def check_complete(path: Path) -> None:
    """Refuse what is no file, or not all of one.

    Warns of an Ogg file without its last page: it may be cut off, or come from a broadcast.

    Raises:
        InputError: when it is missing, a folder, empty, unreadable or shorter than it says; when
            there are more than 4 GB in it, which its header cannot tell.
    """
    try:
        status = path.stat()
        check_is_file(path, status.st_mode)
        size = status.st_size
        if size == 0:
            raise InputError(f"{shown(path)} is empty: expected an audio file")
        samples = headers.find_samples(path)
        promised = samples.start + samples.size if samples else promised_bytes(path)
        links = ogg.links(path)
    except FileNotFoundError:
        raise InputError(f"{shown(path)} does not exist: expected an audio file") from None
    except OSError as error:
        raise InputError(
            f"{shown(path)} cannot be read ({error.strerror}): check the file and its permissions"
        ) from None
    if samples and samples.wrapped:
        raise InputError(
            f"{shown(path)} holds more than the 4 GB that its header can tell: convert it with "
            "`ffmpeg -ignore_length 1 -i IN.wav -c copy -rf64 auto OUT.wav`"
        )
    if promised is not None and promised > size:
        raise InputError(
            f"{shown(path)} is cut off: its header promises {promised} bytes, the file has {size}: "
            "get the whole file"
        )
    if links and not links[-1].ended:
        warnings.warn(
            f"{shown(path)} has no last page, it may be cut off: what is there is read",
            InputWarning,
            stacklevel=2,
        )


def promised_bytes(path: Path) -> int | None:
    """Return the least size of a file in bytes, as told by its header.

    Known for mp4 and its kin, webm, mkv, avi, wma, caf, au, w64 and dsf, where the length is not
    left open; None for others.

    Raises:
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(40)
        if len(head) < 32:
            return None
        if head[4:8] == b"ftyp":
            return _last_box_end(file)
        if head[:4] == b"\x1aE\xdf\xa3":
            return _segment_end(file)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            (size,) = struct.unpack("<I", head[4:8])
            return size + 8 if 0 < size < headers.PIPE_SIZES[0] else None
        if head[:4] == b"caff":
            return _caf_end(file)
        if head[:4] in (b".snd", b"dns."):
            start, size = struct.unpack(">II" if head[:4] == b".snd" else "<II", head[4:12])
            return None if size == 0xFFFFFFFF else start + size
        if head[:16] == b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00":
            return _w64_end(file)
        if head[:16] == ASF:
            at = (head + file.read(4096)).find(ASF_FILE)
            file.seek(at + 40)  # behind its name, its size and the file's name
            return int.from_bytes(file.read(8), "little") if at > 0 else None
        if head[:4] == b"DSD ":
            return int.from_bytes(head[12:20], "little")
    return None


def _last_box_end(file: BinaryIO) -> int:
    """Find the end of the last top-level box of an mp4 file that begins inside the file."""
    end = 0
    file.seek(0)
    while len(box := file.read(8)) == 8:
        size = struct.unpack(">I", box[:4])[0]
        if size == 1:  # the size proper follows in 64 bits
            size = int.from_bytes(file.read(8), "big")
        if size < 8:  # 0: to the end of the file; anything else is no box
            break
        end += size
        file.seek(end)
    return end


def _segment_end(file: BinaryIO) -> int | None:
    """Find the end of the segment of a webm or mkv file; None where it is a stream without one."""
    file.seek(4)
    header = _vint(file)
    if header is None:
        return None
    file.seek(header, 1)
    if file.read(4) != SEGMENT:
        return None
    size = _vint(file)
    return None if size is None else file.tell() + size


def _vint(file: BinaryIO) -> int | None:
    """Read a number of one to eight bytes, its first bit set tells how many; all ones: unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    number = int.from_bytes(first + file.read(more), "big") - (1 << 7 * (more + 1))
    return None if number == (1 << 7 * (more + 1)) - 1 else number


def _caf_end(file: BinaryIO) -> int | None:
    """Find the end of the last chunk of a caf file that begins inside it; None for open ends."""
    end = 8
    file.seek(end)
    while len(chunk := file.read(12)) == 12:
        size = int.from_bytes(chunk[4:], "big", signed=True)
        if size < 0 or size >= OPEN:
            return None
        end += 12 + size
        file.seek(end)
    return end


def _w64_end(file: BinaryIO) -> int | None:
    """Find the end of the samples of a w64 file; None where it is left open."""
    at = 40
    file.seek(at)
    while len(chunk := file.read(24)) == 24:
        size = int.from_bytes(chunk[16:], "little")
        if not 24 <= size < OPEN:
            return None
        if chunk[:4] == b"data":
            return at + size
        at += -(-size // 8) * 8  # chunks begin at multiples of 8
        file.seek(at)
    return None
