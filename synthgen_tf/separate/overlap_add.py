"""Streaming overlap-add: a song of any length through a model that likes blocks of one length.

Shape legend: b batch, t samples, c channels. The song is laid out with a margin of `segment - hop`
zeros before it, so that each of its samples, the first included, lies under a full crossfade:

    block 0   0 0 0 / song ------- \\
    block 1                 / ------------- \\
    block 2                           / ------ 0 0 0
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from synthgen_tf.config import GRID, grid_step
from synthgen_tf.errors import InputError

OVERLAP = 0.25
MAX_OVERLAP = 0.9
BASS_FRAMES = 2000
"""Of a period of the deepest notes; shorter pieces of music may well lie on one side of zero."""


def hop_of(segment: int, overlap: float = OVERLAP) -> int:
    """Frames from the start of a block to that of the next; whole steps if the block is.

    Steps are those of `grid_step`, or of `GRID` for blocks that are no multiple of it.

    Args:
        segment: frames of a block, from 1.
        overlap: share of a block that the next one covers too, 0 to 0.9.

    Raises:
        InputError: for a segment or an overlap out of range.
    """
    if segment < 1:
        raise InputError(f"segment is {segment}: expected 1 frame or more")
    if not 0 <= overlap <= MAX_OVERLAP:
        raise InputError(f"overlap is {overlap}: expected 0 to {MAX_OVERLAP}")
    hop = segment - round(segment * overlap)
    for step in (grid_step(segment), GRID):
        if segment % step == 0:
            return max(1, round(hop / step)) * step
    return max(1, hop)


def crossfade_window(segment: int, overlap: float = OVERLAP) -> np.ndarray:
    """Weights of a block's frames: ones between two raised-cosine fades; float32 (segment,).

    The fades are as long as the overlap, half a block at most. No weight is 0, so the sum of
    shifted windows can always be divided out; up to an overlap of a half that sum is 1.
    """
    fade = min(segment - hop_of(segment, overlap), segment // 2)
    window = np.ones(segment)
    rise = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / max(1, fade)) ** 2
    window[:fade] = rise
    window[segment - fade :] = rise[::-1]
    return window.astype(np.float32)


def overlap_add(
    predict: Callable[[np.ndarray], np.ndarray],
    blocks: Iterable[np.ndarray],
    segment: int,
    overlap: float = OVERLAP,
    batch_size: int = 4,
) -> Iterator[np.ndarray]:
    """Predict a song block by block, with crossfades and no change of length.

    Holds `batch_size` blocks and the one being added; how the song comes cut does not matter. An
    offset (a mean that music does not have) is taken from what is predicted, so that it is no part
    of the estimate.

    Args:
        predict: float32 (b, segment, c) -> the same shape; b is `batch_size`, or less at the end.
        blocks: the song in pieces (t, c) of any length.
        segment: frames of a block. The last block is filled up with zeros.
        overlap: share of a block that the next one covers too, 0 to 0.9.
        batch_size: blocks per prediction.

    Yields:
        The estimate in pieces (t, c) of up to a hop, as many frames in all as came in. What is
        given never runs ahead of what was taken.

    Raises:
        InputError: for a segment or overlap out of range.
    """
    hop = hop_of(segment, overlap)
    window = crossfade_window(segment, overlap)[:, None]
    total = np.zeros((hop, 1), np.float32)  # of the windows over any one hop of the song
    for at in range(0, segment, hop):
        total[: segment - at] += window[at : at + hop]

    added = None  # what the blocks so far give for the frames that later blocks still reach
    skip = segment - hop  # of the margin
    for batch, ends in _batches(_blocks(blocks, segment, hop), batch_size):
        for estimate, end in zip(predict(batch), ends, strict=True):
            if added is None:
                added = np.zeros((segment, batch.shape[2]), np.float32)
            added += estimate * window
            ready = (added[:hop] / total)[skip:end]
            skip = max(0, skip - hop)
            added[:-hop] = added[hop:]
            added[-hop:] = 0
            if len(ready):
                yield ready


def _blocks(
    pieces: Iterable[np.ndarray], segment: int, hop: int
) -> Iterator[tuple[np.ndarray, int]]:
    """The song with its margin as blocks (segment, c), and how much of each one's hop is song."""
    parts: list[np.ndarray] = []
    held, margin = 0, segment - hop
    ahead = margin  # frames of the margin that are still in the buffer
    for piece in pieces:
        if not parts:
            parts, held = [np.zeros((margin, piece.shape[1]), np.float32)], margin
        parts.append(piece)
        held += len(piece)
        if held < segment:
            continue
        buffer = np.concatenate(parts)
        while len(buffer) >= segment:
            yield _without_offset(buffer[:segment], ahead), hop
            buffer, ahead = buffer[hop:], max(0, ahead - hop)
        parts, held = [buffer], len(buffer)
    buffer = np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
    while len(buffer):
        missing = max(0, segment - len(buffer))
        block = _without_offset(buffer[:segment], ahead)
        yield np.pad(block, ((0, missing), (0, 0))), min(hop, len(buffer))
        buffer, ahead = buffer[hop:], max(0, ahead - hop)


def _without_offset(block: np.ndarray, ahead: int) -> np.ndarray:
    """A block (t, c) less the offset of each channel's song, which begins after `ahead` frames.

    A mean is an offset where music cannot have it: that of noise is about 1 / sqrt(t) of its RMS,
    that of a bass note at most a half period's part of it.
    """
    song = block[ahead:]
    if not len(song):
        return block
    mean = song.mean(axis=0, dtype=np.float64)
    rms = np.sqrt(np.einsum("tc,tc->c", song, song, dtype=np.float64) / len(song))
    own = rms * (8 / np.sqrt(len(song)) + BASS_FRAMES / len(song))
    offset = np.where(np.abs(mean) > own, mean, 0.0).astype(np.float32)
    return np.concatenate([block[:ahead], song - offset]) if offset.any() else block


def _batches(
    blocks: Iterator[tuple[np.ndarray, int]], batch_size: int
) -> Iterator[tuple[np.ndarray, list[int]]]:
    batch = []
    for block in blocks:
        batch.append(block)
        if len(batch) == batch_size:
            yield np.stack([samples for samples, _ in batch]), [end for _, end in batch]
            batch = []
    if batch:
        yield np.stack([samples for samples, _ in batch]), [end for _, end in batch]
