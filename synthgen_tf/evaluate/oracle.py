"""The best that a mask on the mixture's spectrogram could do if it knew the answer."""

import numpy as np
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

WINDOW, HOP = 4096, 1024
BLOCK = 512 * HOP
"""Frames that are masked at a time: memory does not grow with the length of a song."""


def ideal_ratio_mask(target: np.ndarray, mixture: np.ndarray, sample_rate: int) -> np.ndarray:
    """Estimate a stem by the ideal ratio mask, with the mixture's phase.

    It is made block by block, with a window's length around each: as from the whole at once.

    Formula: in each bin `|Y|^2 / (|Y|^2 + |R|^2)` of the mixture, with R the rest.

    Args:
        target, mixture: (time, channels).
        sample_rate: Hz.

    Returns:
        float32 (time, channels).

    Reference: Wang, Narayanan, Wang, On training targets for supervised speech separation, 2014;
    as oracle of SiSEC 2018 (IRM2).
    """
    estimate = np.empty(mixture.shape, np.float32)
    for start in range(0, len(mixture), BLOCK):
        before = min(start, WINDOW)
        part = slice(start - before, start + BLOCK + WINDOW)
        masked = _masked(target[part], mixture[part], sample_rate)
        estimate[start : start + BLOCK] = masked[before : before + BLOCK]
    return estimate


def _masked(target: np.ndarray, mixture: np.ndarray, sample_rate: int) -> np.ndarray:
    transform = ShortTimeFFT(hann(WINDOW, sym=False), HOP, sample_rate)
    frames = max(WINDOW, len(mixture))
    padding = ((0, 0), (0, frames - len(mixture)))
    stem, rest, whole = (
        transform.stft(np.pad(signal.T, padding)) for signal in (target, mixture - target, mixture)
    )
    power = np.square(np.abs(stem))
    mask = power / np.maximum(power + np.square(np.abs(rest)), 1e-20)
    estimate = transform.istft(mask * whole, k1=frames)
    return estimate.T[: len(mixture)]
