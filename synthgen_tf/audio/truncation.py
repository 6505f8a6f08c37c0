"""Where a file must end by its own account: decoders take a cut-off WAV for a short one."""

import struct
from pathlib import Path
from typing import BinaryIO

from synthgen_tf.audio.info import check_is_file, shown
from synthgen_tf.errors import InputError

UNKNOWN_LENGTHS = (0xFFFFFFFF, 0x7FFFF000)
"""What ffmpeg and sox write for the length of the sound when they write to a pipe."""


def check_complete(path: Path) -> None:
    """Refuse what is no file, or not all of one.

    Raises:
        InputError: when it is missing, a folder, empty, unreadable or shorter than it says.
    """
    try:
        facts = path.stat()
        check_is_file(path, facts.st_mode)
        size = facts.st_size
        if size == 0:
            raise InputError(f"{shown(path)} is empty: expected an audio file")
        promised = promised_bytes(path)
    except FileNotFoundError:
        raise InputError(f"{shown(path)} does not exist: expected an audio file") from None
    except OSError as error:
        raise InputError(
            f"{shown(path)} cannot be read ({error.strerror}): check the file and its permissions"
        ) from None
    if promised is not None and promised > size:
        raise InputError(
            f"{shown(path)} is cut off: its header promises {promised} bytes, the file has {size}: "
            "get the whole file"
        )


def promised_bytes(path: Path) -> int | None:
    """The least size of a file in bytes, as told by its header.

    Known for WAV and RF64 (the end of their `data`), AIFF, and mp4 with its kin; None for others.

    Raises:
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12:
            return None
        if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
            return _wave_end(file)
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return 8 + struct.unpack(">I", head[4:8])[0]
        if head[4:8] == b"ftyp":
            return _last_box_end(file)
    return None


def _wave_end(file: BinaryIO) -> int | None:
    """The end of the chunk `data`; None where there is none or its length is left open."""
    long_length = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        start = file.tell()
        if name == b"ds64":
            fields = file.read(16)
            long_length = struct.unpack("<8xQ", fields)[0] if len(fields) == 16 else None
        if name == b"data":
            if length == 0xFFFFFFFF and long_length is not None:
                return start + long_length
            return None if length in UNKNOWN_LENGTHS else start + length
        file.seek(start + length + length % 2)  # chunks begin at even places
    return None


def _last_box_end(file: BinaryIO) -> int:
    """The end of the last top-level box of an mp4 file that begins inside the file."""
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
