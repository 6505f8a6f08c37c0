"""What libsndfile does not know (m4a, mp4, wma, webm ...): the first audio stream, through PyAV.

Such files are decoded from their beginning each time: their seeks are not exact to the sample.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from synthgen_tf.audio.info import AudioInfo
from synthgen_tf.audio.refusals import changed, damaged, no_audio, silent
from synthgen_tf.errors import InputWarning
from synthgen_tf.files import shown

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,aac,mp3,ogg,flac,wav,w64,aiff,au,caf,ac3,eac3,amr,"
    "ape,wv,tta,mpc,mpc8,dsf,avi,flv,mpeg,mpegts"
)
"""Formats that may be opened. Playlists are not: one named .wav would make ffmpeg open other files
and addresses."""

ESTIMATING = {"aac", "mp3", "ac3", "eac3", "avi", "flv", "mpeg", "mpegts", "amr"}
"""Formats that state no length; ffmpeg guesses it from the bit rate."""

TAGS = (b"ID3", b"TAG", b"APETAGEX")
"""What tags begin with; in the middle of joined mp3 files they are no sound, and no damage."""
MOST_LOST = 16
"""Pieces that may be damaged in any file before it is refused, beside one in nine of all."""
LEAD_FRAMES = 16
"""Frames of an mp3 to decode before a part that is read, for they lean on earlier ones."""
SPEAKERS = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR")
"""Loudspeakers as ffmpeg calls them, in the order of WAV's mask."""


def probe(path: Path) -> AudioInfo:
    """Tell what a file says of itself, as `reader.probe` does; it decodes one frame, because AAC
    headers may name half the sample rate."""
    with opened(path) as (source, stream):
        frame = next((found for found, _ in _frames(path, source, stream) if found), None)
        if frame is None:
            raise silent(path)
        seconds = _stated_seconds(source, stream)
        codec, mask = stream.codec_context.name.upper(), 0
        for channel in frame.layout.channels:
            mask |= 1 << SPEAKERS.index(channel.name) if channel.name in SPEAKERS else 0
        channels = len(frame.layout.channels)
        if mask.bit_count() != channels:
            mask = 0
        return AudioInfo(frame.sample_rate, channels, None, codec, seconds, mask)


def decode(
    path: Path, start: int = 0, frames: int | None = None, exact_seeks: bool = False
) -> Iterator[np.ndarray]:
    """Yield what `reader.blocks` yields, in pieces of the codec's own lengths and with values as
    they come.

    Frames that are damaged become silence of their length; one warning tells how many did.

    Args:
        path: of the file.
        start, frames: as for `reader.blocks`.
        exact_seeks: the file's seeks are exact to the sample; else it is decoded from the
            beginning.
    """
    at = 0
    with opened(path) as (source, stream):
        base = None
        if exact_seeks and start > 0:
            base = _seek(path, source, stream, start)
        for frame_at, piece in _samples(path, source, stream, base):
            if frame_at is not None:
                at = frame_at
            if frames is not None and at >= start + frames:
                return
            end = len(piece) if frames is None else start + frames - at
            wanted = piece[max(0, start - at) : max(0, end)]
            at += len(piece)
            if len(wanted):
                yield wanted
        _check_length(path, source, stream, at)


def _check_length(path: Path, source: "InputContainer", stream: "AudioStream", frames: int) -> None:
    """Warn when much less came out than the container states, as after damage between pieces."""
    seconds = 0.0
    if not ESTIMATING & set(source.format.name.split(",")):
        seconds = _stated_seconds(source, stream, alone=len(source.streams) == 1)
    decoded = frames / (stream.codec_context.sample_rate or 1)
    if decoded + 1.0 < seconds:
        warnings.warn(
            f"{shown(path)} is damaged or cut off: its header states {seconds:.1f} s, "
            f"{decoded:.1f} s can be decoded and are used",
            InputWarning,
            stacklevel=2,
        )


def _stated_seconds(source: "InputContainer", stream: "AudioStream", alone: bool = True) -> float:
    """Return a stream's length by its container's account, of all streams if need be; 0.0 for
    none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return source.duration / 1e6 if source.duration and alone else 0.0  # microseconds


def _seek(path: Path, source: "InputContainer", stream: "AudioStream", start: int) -> int:
    """Go to a place from which frame `start` decodes as from the beginning; the time stamp of 0."""
    first = next(found for found, _ in _frames(path, source, stream) if found)
    target = max(0, start - LEAD_FRAMES * stream.codec_context.frame_size)
    begin, unit = _time_of(path, first)
    time_base = stream.time_base or unit
    source.seek(begin + int(target / first.sample_rate / time_base), stream=stream)
    return begin


def _samples(
    path: Path, source: "InputContainer", stream: "AudioStream", base: int | None = None
) -> Iterator[tuple[int | None, np.ndarray]]:
    """Yield all that follows, float32 (time, channels). After a seek the first piece comes with its
    place, counted from the time stamp `base`; None stands for right after the piece before."""
    import av

    # packed samples: of planes, PyAV reads one too many where there are 8 channels, and crashes
    resampler, early = av.AudioResampler(format="flt"), 0
    layout: tuple[int, int] | None = None  # Hz, channels
    for frame, silence in _frames(path, source, stream, base is not None):
        if frame is None:
            if layout:
                yield None, np.zeros((silence, layout[1]), np.float32)
            else:
                early += silence
            continue
        mine = frame.sample_rate, len(frame.layout.channels)
        if layout is None:
            layout, place = mine, None
            if base is not None:
                stamp, time_base = _time_of(path, frame)
                place = round((stamp - base) * time_base * frame.sample_rate)
            elif early:
                yield None, np.zeros((early, layout[1]), np.float32)
        if mine != layout:
            raise changed(path, layout, mine)
        for converted in resampler.resample(frame):  # the sample format only
            yield place, converted.to_ndarray().reshape(-1, layout[1])
            place = None


def _frames(
    path: Path, source: "InputContainer", stream: "AudioStream", sought: bool = False
) -> Iterator[tuple["AudioFrame | None", int]]:
    """Yield PyAV's frames of a stream from where it stands, each with 0; in the place of those that
    are damaged None and how many samples they should have. After a seek nothing but a frame is
    first."""
    import av

    last, size, lost, whole, when = None, 0, 0, 0, 0.0
    try:
        for packet in source.demux(stream):
            try:
                for last in packet.decode():
                    whole, size = whole + 1, packet.size or size
                    yield last, 0
            except av.FFmpegError:
                if bytes(packet).startswith(TAGS) or (sought and not whole):
                    continue
                lost += 1
                if lost == 1 and packet.pts is not None:
                    when = max(0.0, float(packet.pts * packet.time_base))
                yield None, _length(packet, last, size, source, stream)
    except (av.FFmpegError, ValueError) as error:  # the latter of a codec that is not known
        raise damaged(path, error) from None
    if lost > MOST_LOST + whole / 8 or (lost and not whole):
        raise damaged(path)
    if not whole and not sought:
        raise silent(path)
    if lost:
        warnings.warn(
            f"{shown(path)} is damaged: {lost} of its pieces, the first at {when:.1f} s, cannot be "
            "decoded and are silent",
            InputWarning,
            stacklevel=2,
        )


def _time_of(path: Path, frame: "AudioFrame") -> tuple[int, Fraction]:
    """Return the time stamp of a frame and the seconds that it counts in; seeks need both."""
    if frame.pts is None or frame.time_base is None:
        raise damaged(path)
    return frame.pts, frame.time_base


def _length(
    packet: "Packet[AudioStream]",
    last: "AudioFrame | None",
    size: int,
    source: "InputContainer",
    stream: "AudioStream",
) -> int:
    """Return how many samples a packet that cannot be decoded has, after one of `size` bytes
    that could."""
    fixed = stream.codec_context.frame_size or not packet.duration
    if last is not None and fixed:
        # without a container what lies between two frames is one packet, however many it was
        several = size and source.format.name in ("mp3", "aac")
        return last.samples * (min(4, max(1, round(packet.size / size))) if several else 1)
    rate = last.sample_rate if last is not None else stream.codec_context.sample_rate
    return round((packet.duration or 0) * packet.time_base * rate)


def read_tags(path: Path) -> dict[str, str]:
    """Return the tags of a file by the names that soundfile gives them."""
    with opened(path) as (source, stream):
        found = {**stream.metadata, **source.metadata}
    found = {name.lower(): text for name, text in found.items()}
    return found | {"tracknumber": found.get("track", "")}


@contextmanager
def opened(path: Path, stream: int = 0) -> Iterator[tuple["InputContainer", "AudioStream"]]:
    """Open a file while the block runs; gives it and one of its audio streams, the first by
    default."""
    import av  # takes a quarter of a second, and most files do without

    # an open file instead of its name, which ffmpeg could take for an address ("a:b.m4a")
    with path.open("rb") as file:
        try:
            source = _open(file)
        except (av.FFmpegError, ValueError):
            raise no_audio(path) from None
        with source:
            if not source.streams.audio:
                raise no_audio(path, ", this file has no audio stream")
            yield source, source.streams.audio[stream]


def _open(file: BinaryIO) -> "InputContainer":
    import av

    options = {"format_whitelist": FORMATS}
    try:
        return av.open(file, "r", options=options)
    except UnicodeDecodeError:  # tags that are no text; PyAV 19 takes them and knows no such option
        file.seek(0)
        return av.open(file, "r", options=options, metadata_errors="ignore")
