"""Holds the responses of the synth's filters, and runs sound through filters that move."""

from collections.abc import Callable

import numpy as np
from scipy import fft

FILTERS = ("lowpass", "steep lowpass", "bandpass", "highpass", "notch", "comb")

WINDOW = 1024
HOP = WINDOW // 2


def response(kind: str, ratio: np.ndarray, quality: float) -> np.ndarray:
    """Return the complex response of a filter.

    Args:
        kind: one of `FILTERS`; analogue resonant filters of 12 dB an octave, `steep` ones of 24,
            and a comb that echoes at one cycle of the cutoff.
        ratio: frequency over cutoff, any shape.
        quality: gain at the cutoff: 0.7 has no peak, 8 whistles.

    Returns:
        complex64, in the shape of `ratio`.
    """
    turn = 1j * ratio.astype(np.float32)
    if kind == "comb":
        feedback = np.float32(1 - 0.6 / (0.6 + quality))
        return (1 - feedback) / (1 - feedback * np.exp(-2 * np.pi * turn))
    below = 1 + turn / np.float32(quality) + turn**2
    if kind == "lowpass":
        return 1 / below
    if kind == "steep lowpass":
        # The second pair has no resonance of its own.
        return 1 / (below * (1 + turn / np.float32(0.7071) + turn**2))
    if kind == "bandpass":
        return turn / np.float32(quality) * np.float32(1.4) / below
    if kind == "highpass":
        return turn**2 / below
    if kind == "notch":
        return (1 + turn**2) / below
    raise ValueError(f"filter is {kind!r}; expected one of {', '.join(FILTERS)}")


def filter_moving(
    sound: np.ndarray, responses: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Run sound through a filter that moves, by overlapping blocks.

    Args:
        sound: (time,).
        responses: takes the middles of the blocks, (blocks, 1) in seconds times the sample rate,
            and the bins' frequencies, (1, bins) in cycles a frame; returns (blocks, bins). The
            filter must forget within about `HOP` frames.

    Returns:
        (time,) float32.
    """
    frames = len(sound)
    blocks = -(-frames // HOP) + 1
    padded = np.pad(sound.astype(np.float32), (HOP, blocks * HOP + WINDOW - frames))
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:blocks] * window
    middles = (HOP * np.arange(blocks, dtype=np.float32))[:, None]
    bins = fft.rfftfreq(WINDOW).astype(np.float32)[None]
    wet = fft.irfft(fft.rfft(pieces, axis=1) * responses(middles, bins), WINDOW, axis=1) * window
    result = np.zeros((blocks + 1, HOP), np.float32)
    result[:-1] += wet[:, :HOP]
    result[1:] += wet[:, HOP:]
    return result.reshape(-1)[HOP : HOP + frames]
