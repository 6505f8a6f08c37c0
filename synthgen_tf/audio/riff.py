"""The header of a WAV file, with room to become RF64 when the file outgrows 4 GB.

libsndfile writes RF64 only when told so beforehand, and the time of day into every float WAV.
"""

import struct
from collections.abc import Mapping

RIFF_LIMIT = 0xFFFFFFFF
"""Largest size that a RIFF header can hold; larger files are RF64 (EBU Tech 3306)."""

PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
FORMAT_GUID = bytes.fromhex("000000001000800000aa00389b71")
"""What follows the format's number in an extensible header."""
PLAIN_MASKS = {1: (0, 4), 2: (0, 3)}
"""Number of channels to the masks that a plain header means anyway."""

TAGS = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "tracknumber": b"ITRK",
    "date": b"ICRD",
    "genre": b"IGNR",
    "comment": b"ICMT",
    "copyright": b"ICOP",
}
"""Names of tags to their chunks."""


def header(
    sample_rate: int,
    channels: int,
    sample_bytes: int,
    frames: int,
    float32: bool,
    tags: Mapping[str, str] | None = None,
    mask: int = 0,
) -> bytes:
    """Return all that precedes the samples of a WAV or RF64 file, as many bytes whatever `frames`
    is.

    Args:
        sample_rate: Hz.
        channels: one or more.
        sample_bytes: of one sample: 2, 3 or 4.
        frames: in the file.
        float32: samples are float and not integers.
        tags: texts by the names of `TAGS`.
        mask: loudspeakers of the channels, as `AudioInfo` has it; 0 for none in particular.
    """
    frame_bytes = sample_bytes * channels
    data_bytes = frames * frame_bytes
    plain = mask in PLAIN_MASKS.get(channels, (0,))
    format, bits = IEEE_FLOAT if float32 else PCM, 8 * sample_bytes
    layout = struct.pack(
        "<HHIIHH",
        format if plain else EXTENSIBLE,
        channels,
        sample_rate,
        sample_rate * frame_bytes,
        frame_bytes,
        bits,
    )
    if not plain:
        layout += struct.pack("<HHIH", 22, bits, mask, format) + FORMAT_GUID
    elif float32:  # all but PCM say how many bytes follow, here none
        layout += bytes(2)
    middle = _chunk(b"fmt ", layout)
    if float32:
        middle += _chunk(b"fact", struct.pack("<I", min(frames, 0xFFFFFFFF)))
    if tags:
        texts = (_chunk(TAGS[name], text.encode() + b"\0") for name, text in tags.items())
        middle += _chunk(b"LIST", b"INFO" + b"".join(texts))
    # "WAVE", the chunk of 36 bytes that is JUNK or ds64, the middle, the head of `data`, padding
    riff_bytes = 4 + 36 + len(middle) + 8 + data_bytes + data_bytes % 2
    if riff_bytes + 8 > RIFF_LIMIT:
        sizes = struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0)
        start = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + _chunk(b"ds64", sizes)
        return start + middle + struct.pack("<4sI", b"data", 0xFFFFFFFF)
    start = struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE") + _chunk(b"JUNK", bytes(28))
    return start + middle + struct.pack("<4sI", b"data", data_bytes)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)
