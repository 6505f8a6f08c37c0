"""Sample rate conversion (soxr, very high quality, linear phase): nothing shifts in time."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr


class Resampler:
    """A converter for a stream of blocks; however it is cut, the same samples come out.

    Args:
        rate_from: Hz of what comes in.
        rate_to: Hz of what goes out.
        channels: of both.
    """

    def __init__(self, rate_from: int, rate_to: int, channels: int):
        self.channels = channels
        self.stream = None
        if rate_from != rate_to:
            self.stream = soxr.ResampleStream(
                rate_from, rate_to, channels, dtype="float32", quality="VHQ"
            )

    def push(self, block: np.ndarray) -> np.ndarray:
        """Take float32 (time, channels), give what is ready, also (time, channels), maybe empty."""
        if self.stream is None:
            return block
        return self.stream.resample_chunk(np.ascontiguousarray(block, np.float32))

    def finish(self) -> np.ndarray:
        """Return the last samples; `frames * rate_to / rate_from`, rounded, have then come out in
        all."""
        empty = np.zeros((0, self.channels), np.float32)
        return empty if self.stream is None else self.stream.resample_chunk(empty, last=True)


def resample_blocks(
    blocks: Iterable[np.ndarray], rate_from: int, rate_to: int, channels: int
) -> Iterator[np.ndarray]:
    """Bring a stream of float32 (time, channels) blocks to another rate; none that comes out is
    empty."""
    resampler = Resampler(rate_from, rate_to, channels)
    for block in blocks:
        if len(ready := resampler.push(block)):
            yield ready
    if len(ready := resampler.finish()):
        yield ready


def resample(samples: np.ndarray, rate_from: int, rate_to: int) -> np.ndarray:
    """Bring float32 (time, channels) or (time,) to another rate, time in place.

    Returns:
        `frames * rate_to / rate_from` frames, rounded; as many dimensions as came in.
    """
    samples = np.asarray(samples, np.float32)
    wide = samples.reshape(len(samples), -1)
    resampler = Resampler(rate_from, rate_to, wide.shape[1])
    result = np.concatenate([resampler.push(wide), resampler.finish()])
    return result.reshape(-1, *samples.shape[1:])
