"""What libsndfile does not know (m4a, mp4, wma, webm ...): the first audio stream, through PyAV.

Such files are decoded from their beginning each time: their seeks are not exact to the sample.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from synthgen_tf.audio.info import AudioInfo, shown
from synthgen_tf.errors import InputError

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,aac,mp3,ogg,flac,wav,w64,aiff,au,caf,ac3,eac3,amr,"
    "ape,wv,tta,mpc,mpc8,dsf,avi,flv,mpeg,mpegts"
)
"""Without playlists: one named .wav would make ffmpeg open other files and addresses."""


def probe(path: Path) -> AudioInfo:
    """As `reader.probe`; decodes one frame, because AAC headers may name half the sample rate."""
    with opened(path) as (source, stream):
        frame = next(frames_of(path, source, stream), None)
        if frame is None:
            raise InputError(f"{shown(path)} holds no sound: expected one sample or more")
        seconds = 0.0
        if stream.duration:
            seconds = float(stream.duration * stream.time_base)
        elif source.duration:
            seconds = source.duration / 1e6  # microseconds
        codec = stream.codec_context.name.upper()
        return AudioInfo(frame.sample_rate, len(frame.layout.channels), None, codec, seconds)


def decode(path: Path, start: int = 0, frames: int | None = None) -> Iterator[np.ndarray]:
    """As `reader.blocks`, in pieces of the codec's own lengths and with values as they come."""
    at = 0
    for piece in _samples(path):
        if frames is not None and at >= start + frames:
            return
        end = len(piece) if frames is None else start + frames - at
        wanted = piece[max(0, start - at) : max(0, end)]
        at += len(piece)
        if len(wanted):
            yield wanted


def _samples(path: Path) -> Iterator[np.ndarray]:
    """All of the file as decoded, float32 (time, channels)."""
    import av

    with opened(path) as (source, stream):
        resampler, facts = av.AudioResampler(format="fltp"), None
        for frame in frames_of(path, source, stream):
            mine = frame.sample_rate, len(frame.layout.channels)
            if mine != (facts := facts or mine):
                raise InputError(
                    f"{shown(path)} changes from {facts} to {mine} (Hz, channels) on its way: "
                    "expected one format throughout, convert it with ffmpeg"
                )
            for converted in resampler.resample(frame):  # the sample format only
                yield np.ascontiguousarray(converted.to_ndarray().T)


def read_tags(path: Path) -> dict[str, str]:
    """The tags of a file by the names that soundfile gives them."""
    with opened(path) as (source, stream):
        found = {**stream.metadata, **source.metadata}
    found = {name.lower(): text for name, text in found.items()}
    return found | {"tracknumber": found.get("track", "")}


def frames_of(path: Path, source, stream) -> Iterator:
    """PyAV's frames of a stream, from where the source stands."""
    import av

    try:
        yield from source.decode(stream)
    except av.FFmpegError as error:
        raise InputError(
            f"{shown(path)} cannot be decoded ({error.strerror}): it is damaged or cut off, "
            "get the whole file"
        ) from None


@contextmanager
def opened(path: Path, stream: int = 0) -> Iterator[tuple]:
    """The open file and one of its audio streams, the first by default."""
    import av  # takes a quarter of a second, and most files do without

    unknown = f"{shown(path)} is not audio that can be read: expected wav, flac, mp3, m4a or ogg"
    # an open file instead of its name, which ffmpeg could take for an address ("a:b.m4a")
    with path.open("rb") as file:
        try:
            source = _open(file)
        except (av.FFmpegError, ValueError):
            raise InputError(unknown) from None
        with source:
            if not source.streams.audio:
                raise InputError(f"{unknown}, this file has no audio stream")
            yield source, source.streams.audio[stream]


def _open(file: BinaryIO):
    import av

    options = {"format_whitelist": FORMATS}
    try:
        return av.open(file, options=options)
    except UnicodeDecodeError:  # tags that are no text; PyAV 19 takes them and knows no such option
        file.seek(0)
        return av.open(file, options=options, metadata_errors="ignore")
