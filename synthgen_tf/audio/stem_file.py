"""Stem files (`.stem.mp4`): an audio stream for each stem, any part of which can be read (PyAV).

Samples are those that ffmpeg decodes, in the same places, to less than a step of 16 bits. The
container tells where every packet lies; a part is decoded from its own packets and a few before.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from synthgen_tf.audio import container
from synthgen_tf.audio.info import AudioInfo
from synthgen_tf.audio.truncation import check_complete
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

CODECS = ("aac", "alac")
"""Both give one frame for one packet, of the same length but for the last."""

LEAD_PACKETS = 2
"""Decoded before a part that is read: an AAC packet is whole only after the one before it."""

FILES_REMEMBERED = 128
"""Files whose packets' places are kept, half a MB for a song: all of MUSDB's train folder."""


@dataclass(frozen=True, eq=False)
class Stream:
    """One audio stream and where its packets lie.

    Attributes:
        codec: one of `CODECS`.
        setup: what the decoder must know beforehand.
        sample_rate: Hz.
        channels: one or more.
        packets: (packets, 2) whole numbers, place in the file and size, bytes.
        packet_frames: frames of every packet but the last.
        priming: frames that the encoder put before the sound.
        frames: length of the sound.
        steady: (packets,) bool, those known to decode alike whatever was decoded before.
    """

    codec: str
    setup: bytes
    sample_rate: int
    channels: int
    packets: np.ndarray = field(repr=False)
    packet_frames: int
    priming: int
    frames: int
    steady: np.ndarray = field(repr=False)


def probe(path: Path) -> list[AudioInfo]:
    """Tell what a file says of its audio streams, in their order; lengths are exact.

    Raises:
        InputError: when it is missing, cut off, no such file, or its streams differ.
    """
    streams = _streams(path)
    infos = [
        AudioInfo(
            stream.sample_rate,
            stream.channels,
            stream.frames,
            stream.codec.upper(),
            stream.frames / stream.sample_rate,
        )
        for stream in streams
    ]
    for place, info in enumerate(infos):
        if info != infos[0]:
            raise InputError(
                f"{shown(path)} has streams that differ, 0 is {_described(infos[0])} and {place} "
                f"is {_described(info)}: expected one length, rate and format"
            )
    return infos


def decode(path: Path, stream: int) -> Iterator[np.ndarray]:
    """Yield a whole stream from its beginning, packet by packet, float32 (time, channels).

    Args:
        path: of the file.
        stream: its place among the audio streams.

    Raises:
        InputError: as `probe`, and when a packet cannot be decoded.
    """
    found = _streams(path)[stream]
    at, end = -found.priming, found.frames
    decoder = _decoder(found.codec, found.setup)
    for piece in _decode(path, found, range(len(found.packets)), decoder):
        wanted = piece[:, max(0, -at) : end - at].T
        at += piece.shape[1]
        if len(wanted):
            yield wanted


def read(path: Path, stream: int, start: int, frames: int) -> np.ndarray:
    """Read a part of a stream, the same samples that `decode` gives there.

    Args:
        path: of the file.
        stream: its place among the audio streams.
        start: first frame, from 0.
        frames: how many.

    Returns:
        float32 (time, channels), never more than the stream holds.

    Raises:
        InputError: as `decode`.
    """
    found = _streams(path)[stream]
    begin = found.priming + min(start, found.frames)
    end = found.priming + min(start + frames, found.frames)
    if begin >= end:
        return np.zeros((0, found.channels), np.float32)
    first, last = begin // found.packet_frames, -(-end // found.packet_frames)
    lead = max(0, first - LEAD_PACKETS)

    def part(decoder: "AudioCodecContext") -> np.ndarray:
        samples = np.empty(((last - lead) * found.packet_frames, found.channels), np.float32)
        at = 0
        for piece in _decode(path, found, range(lead, last), decoder):
            samples[at : at + piece.shape[1]] = piece.T
            at += piece.shape[1]
        return samples[begin - lead * found.packet_frames : end - lead * found.packet_frames]

    decoder = _decoder(found.codec, found.setup)
    samples = part(decoder)
    if lead == 0 or found.steady[first:last].all():
        return samples
    # Some encoders leave noise to the decoder, which draws it from a sequence that runs through the
    # stream. A part with such noise comes out differently the second time; only when decoded from
    # the beginning is it what every other reader of the file gets.
    if np.array_equal(samples, part(decoder)):
        found.steady[first:last] = True
    else:
        decoder = _decoder(found.codec, found.setup)
        for _ in _frames(path, found.packets[:lead].tolist(), decoder):
            pass
        samples = part(decoder)
    return samples


def _streams(path: Path) -> tuple[Stream, ...]:
    check_complete(path)
    status = path.stat()
    return _index(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(FILES_REMEMBERED)
def _index(path: Path, size: int, changed: int) -> tuple[Stream, ...]:
    """Index all audio streams of a file; size and time of change tell it from an earlier one."""
    with container.opened(path) as (source, _):
        return tuple(_indexed(path, size, stream) for stream in source.streams.audio)


def _indexed(path: Path, size: int, stream: "AudioStream") -> Stream:
    """Gather what PyAV's stream says of its packets; the first and the last are decoded for the
    rest."""
    context, entries = stream.codec_context, list(stream.index_entries)
    if context.name not in CODECS or stream.frames == 0 or not entries:
        raise InputError(
            f"{shown(path)} has a stream of {context.name} that cannot be read in parts: expected "
            f"{' or '.join(CODECS)} in an mp4 file without fragments, convert it with ffmpeg"
        )
    places = [(entry.pos, entry.size) for entry in entries]
    packets = np.array(places, np.uint32 if size < 1 << 32 else np.int64)
    end = int(packets.sum(axis=1).max())
    if end > size:
        raise InputError(
            f"{shown(path)} is cut off: its last packet ends at byte {end}, the file has {size}: "
            "get the whole file"
        )
    setup = bytes(context.extradata or b"")
    first, last = (
        next(_frames(path, [packet], _decoder(context.name, setup)))
        for packet in packets[[0, -1]].tolist()
    )
    priming = max(0, round(-entries[0].timestamp * (stream.time_base or 0) * first.sample_rate))
    return Stream(
        codec=context.name,
        setup=setup,
        sample_rate=first.sample_rate,
        channels=len(first.layout.channels),
        packets=packets,
        packet_frames=first.samples,
        priming=priming,
        frames=(len(packets) - 1) * first.samples + last.samples - priming,
        steady=np.zeros(len(packets), bool),
    )


def _decoder(codec: str, setup: bytes) -> "AudioCodecContext":
    import av  # takes a quarter of a second

    decoder = cast("AudioCodecContext", av.CodecContext.create(codec, "r"))  # of `CODECS`
    decoder.extradata = setup
    return decoder


def _frames(
    path: Path, packets: Iterable[tuple[int, int]], decoder: "AudioCodecContext"
) -> Iterator["AudioFrame"]:
    """Yield PyAV's frames of packets, given by place and size, one for each."""
    import av

    with path.open("rb") as file:
        for place, size in packets:
            file.seek(place)
            try:
                (frame,) = decoder.decode(av.Packet(file.read(size)))
            except (av.FFmpegError, ValueError):
                raise InputError(
                    f"{shown(path)} cannot be decoded at byte {place}: it is damaged, get it again"
                ) from None
            yield frame


def _decode(
    path: Path, stream: Stream, packets: range, decoder: "AudioCodecContext"
) -> Iterator[np.ndarray]:
    """Decode packets to float32 (channels, time), as decoders have it."""
    places = stream.packets[packets.start : packets.stop].tolist()
    for number, frame in zip(packets, _frames(path, places, decoder), strict=True):
        if frame.samples != stream.packet_frames and number < len(stream.packets) - 1:
            raise InputError(
                f"{shown(path)} has packets of {stream.packet_frames} and of {frame.samples} "
                "frames: expected one length, convert it with ffmpeg"
            )
        samples = frame.to_ndarray()
        if samples.dtype.kind == "i":
            samples = samples.astype(np.float32) / np.float32(2.0 ** (8 * samples.itemsize - 1))
        yield samples


def _described(info: AudioInfo) -> str:
    return f"{info.frames} frames of {info.subtype} at {info.sample_rate} Hz, {info.channels} ch"
