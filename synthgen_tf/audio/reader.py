"""Files to float32 (time, channels), whole or in blocks, in bounded memory.

libsndfile decodes what it knows, PyAV the rest: trying to open a file tells which it needs.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from synthgen_tf.audio import container
from synthgen_tf.audio.info import AudioInfo, shown
from synthgen_tf.audio.truncation import check_complete
from synthgen_tf.errors import InputError

BLOCK_FRAMES = 1 << 16
UNKNOWN_FORMAT = 1
"""libsndfile's error code for a file that is none of its formats."""
LOSSY = ("MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III", "VORBIS", "OPUS")


def probe(path: Path) -> AudioInfo:
    """What a file says of itself, without decoding it.

    Raises:
        InputError: when it is missing, a folder, empty, cut off, without sound or not audio.
    """
    path = Path(path)
    source = _open(path)
    if source is None:
        return container.probe(path)
    with source:
        seconds = source.frames / source.samplerate
        return AudioInfo(source.samplerate, source.channels, source.frames, source.subtype, seconds)


def read(path: Path, start: int = 0, frames: int | None = None) -> tuple[np.ndarray, int]:
    """Samples of a file as it decodes, never rescaled.

    Integer samples span [-1, 1); float samples are as they are, beyond 1 where the file has that.
    What mp3 and m4a decode to, encoder delay removed where the file names it, counts as the sound.
    A part of an mp3 may differ from the same part of the whole in the last bit of float32.

    Args:
        path: of the file.
        start: first frame, from 0.
        frames: how many; None reads to the end. Never more than the file holds.

    Returns:
        float32 (time, channels), contiguous, and the sample rate in Hz.

    Raises:
        InputError: as `probe` and `blocks`.
        ValueError: for a negative start or count.
    """
    info = probe(path)
    parts = list(blocks(path, BLOCK_FRAMES, start, frames))
    samples = np.concatenate(parts) if parts else np.zeros((0, info.channels), np.float32)
    return samples, info.sample_rate


def blocks(
    path: Path, block_frames: int = BLOCK_FRAMES, start: int = 0, frames: int | None = None
) -> Iterator[np.ndarray]:
    """The samples that `read` gives, block by block, in memory that does not grow with the file.

    Args:
        path: of the file.
        block_frames: length of a block; the last one may be shorter, none is empty.
        start, frames: as for `read`.

    Raises:
        InputError: as `probe`; and when the file turns out to be damaged, cut off, or to hold
            values that are not finite.
        ValueError: for a block below 1 frame, or a negative start or count.
    """
    if block_frames < 1 or start < 0 or (frames is not None and frames < 0):
        raise ValueError(
            f"block_frames {block_frames}, start {start}, frames {frames}: "
            "expected at least 1, 0 and 0"
        )
    path = Path(path)
    source = _open(path)
    if source is None:
        pieces = container.decode(path, start, frames)
    else:
        pieces = _decode(path, source, start, frames)
    return even(_finite(path, pieces, start), block_frames)


def _open(path: Path) -> soundfile.SoundFile | None:
    """The file as libsndfile opens it, or None where that does not know its format."""
    check_complete(path)
    try:
        # bytes, because names on POSIX need not be text; Windows' are text
        source = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path))
    except TypeError:  # soundfile asks for the sample rate of a name ending in .raw
        raise InputError(
            f"{shown(path)} is named as raw samples, whose sample rate nothing tells: give a WAV"
        ) from None
    except soundfile.LibsndfileError as error:
        if error.code != UNKNOWN_FORMAT:  # known and broken, or a rare codec that PyAV may have
            try:
                container.probe(path)
            except InputError as unreadable:
                reason = error.error_string.rstrip(".")
                raise InputError(f"{unreadable} ({reason})") from None
        return None
    if source.frames == 0:
        source.close()
        raise InputError(f"{shown(path)} holds no sound: expected one sample or more")
    return source


def _decode(
    path: Path, source: soundfile.SoundFile, start: int, frames: int | None
) -> Iterator[np.ndarray]:
    """Pieces of always the same length, for the last bit of an mp3 depends on how it is cut."""
    with source:
        first = min(start, source.frames)
        end = source.frames if frames is None else min(source.frames, first + frames)
        at = first
        try:
            source.seek(first)
            while at < end:
                block = source.read(min(BLOCK_FRAMES, end - at), dtype="float32", always_2d=True)
                if not len(block):
                    break
                at += len(block)
                yield block
        except soundfile.LibsndfileError as error:
            reason = error.error_string.rstrip(".")
            raise InputError(
                f"{shown(path)} cannot be decoded after {at / source.samplerate:.1f} s ({reason}): "
                "it is damaged or cut off, get the whole file"
            ) from None
        # an mp3's header is only nearly right
        slack = source.samplerate if source.subtype in LOSSY else 0
        if end - at > slack:
            raise InputError(
                f"{shown(path)} is cut off: its header promises {source.frames} frames, "
                f"{at} can be decoded: get the whole file"
            )


def _finite(path: Path, pieces: Iterator[np.ndarray], start: int) -> Iterator[np.ndarray]:
    at = start
    for block in pieces:
        if not np.isfinite(block).all():
            frame = at + int(np.argmin(np.isfinite(block).all(axis=1)))
            raise InputError(
                f"{shown(path)} holds a value that is not finite at frame {frame}: "
                "expected numbers, export the file anew"
            )
        at += len(block)
        yield block


def even(pieces: Iterator[np.ndarray], block_frames: int) -> Iterator[np.ndarray]:
    """The same samples in blocks of one length; the last one may be shorter."""
    held, frames = [], 0
    for piece in pieces:
        held.append(piece)
        frames += len(piece)
        if frames < block_frames:
            continue
        samples = np.concatenate(held)
        whole = frames - frames % block_frames
        for at in range(0, whole, block_frames):
            yield samples[at : at + block_frames]
        held, frames = [samples[whole:]], frames - whole
    if frames:
        yield np.concatenate(held)
