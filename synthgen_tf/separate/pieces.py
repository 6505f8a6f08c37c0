"""Music in pieces on its way: held back, counted, followed by silence."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np

Progress = Callable[[int], None]
"""Is told how many frames of the input are done, counted from its start."""


class Waiting:
    """What has gone into the model and waits for its estimate: a first-in first-out of frames."""

    def __init__(self, channels: int):
        self.pieces: deque[np.ndarray] = deque()
        self.channels = channels

    def listen(self, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Hand the pieces on, keeping each."""
        for piece in pieces:
            self.pieces.append(piece)
            yield piece

    def take(self, frames: int) -> np.ndarray:
        """The next frames (time, channels); fewer only where the mixture ends."""
        taken = [np.zeros((0, self.channels), np.float32)]
        while frames and self.pieces:
            piece = self.pieces.popleft()
            taken.append(piece[:frames])
            if len(piece) > frames:
                self.pieces.appendleft(piece[frames:])
            frames -= len(taken[-1])
        return np.concatenate(taken)


def measured(pieces: Iterable[np.ndarray], frames: int) -> tuple[int, Iterator[np.ndarray]]:
    """How long the music is, or `frames` where it is at least as long, and all of its pieces."""
    pieces, first, length = iter(pieces), [], 0
    while length < frames and (piece := next(pieces, None)) is not None:
        first.append(piece)
        length += len(piece)
    return min(length, frames), chain(first, pieces)


def counted(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]], progress: Progress | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same pairs, and word of the frames so far."""
    done = 0
    for pair in pairs:
        yield pair
        done += len(pair[0])
        if progress:
            progress(done)


def followed(pieces: Iterable[np.ndarray], tail: np.ndarray) -> Iterator[np.ndarray]:
    """The pieces, then one more."""
    yield from pieces
    yield tail
