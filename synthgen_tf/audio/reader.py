"""Files to float32 (time, channels), whole or in blocks, in bounded memory.

libsndfile decodes what it knows, PyAV mp3 and the rest: trying to open a file tells which it needs.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from synthgen_tf.audio import container, mpeg
from synthgen_tf.audio.info import AudioInfo
from synthgen_tf.audio.mpeg import Account
from synthgen_tf.audio.refusals import silent
from synthgen_tf.audio.sndfile import BLOCK_FRAMES, Source
from synthgen_tf.audio.truncation import check_complete
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

UNKNOWN_FORMAT = 1
"""libsndfile's error code for a file that is none of its formats."""


def probe(path: Path) -> AudioInfo:
    """Tell what a file says of itself, without decoding all of it.

    Raises:
        InputError: when it is missing, a folder, empty, cut off, without sound or not audio.
    """
    path = Path(path)
    source = _open(path)
    if isinstance(source, Source):
        source.close()
    if source is None or source.info is None:
        return container.probe(path)
    return source.info


def read(path: Path, start: int = 0, frames: int | None = None) -> tuple[np.ndarray, int]:
    """Read the samples of a file as it decodes, never rescaled.

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
    """Yield the samples that `read` gives, block by block, in memory that does not grow with the
    file.

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
    if isinstance(source, Source):
        pieces = source.decode(start, frames)
    else:
        pieces = container.decode(path, start, frames, source is not None and source.even)
    return even(_finite(path, pieces, start), block_frames)


def _open(path: Path) -> Source | Account | None:
    """Open a file by libsndfile, or tell what is known of an mp3; None for all others."""
    check_complete(path)
    if mpeg.is_mpeg(path):
        return mpeg.account(path)
    try:
        source = Source(path)
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
    if source.info is None:
        source.close()
        return None
    if source.frames == 0:
        source.close()
        raise silent(path)
    return source


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
    """Yield the same samples in blocks of one length; the last one may be shorter."""
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
