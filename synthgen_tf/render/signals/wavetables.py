"""Band-limited wavetables whose timbre can change while they play.

A bank holds one cycle of a wave at several *positions* of some timbre axis: the cutoff of a
filter, the index of a frequency modulation, the vowel of a voice. Reading a bank interpolates
between cycles and inside them, so a filter sweep costs two look-ups and no filter.
"""

import numpy as np
from scipy import fft

from synthgen_tf.render.signals.dsp import NYQUIST_HZ, SAMPLE_RATE

MAX_HARMONICS = 600
MAX_LENGTH = 8192
"""Points of a cycle. Longer tables would no longer fit into the processor's cache."""


def num_harmonics(highest_hz: float) -> int:
    """Harmonics below 0.95 Nyquist of a tone that never rises above `highest_hz`; at least 1."""
    return int(np.clip(0.95 * NYQUIST_HZ / highest_hz, 1, MAX_HARMONICS))


def make_bank(spectra: np.ndarray) -> np.ndarray:
    """Turn harmonic spectra into cycles.

    Args:
        spectra: (positions, harmonics) complex; entry h - 1 is the amplitude of
            exp(2 pi i h phase), and the wave is its real part.

    Returns:
        (positions, length + 1) float32; the last column repeats the first, so that a look-up may
        always read its right neighbour. The length is a power of two, 16 times the harmonics or
        more where that stays within `MAX_LENGTH`: linear interpolation then leaves its images
        far below the wave.
    """
    positions, harmonics = spectra.shape
    length = min(1 << int(np.ceil(np.log2(max(1024, 16 * harmonics)))), MAX_LENGTH)
    bins = np.zeros((positions, length // 2 + 1), np.complex64)
    bins[:, 1 : harmonics + 1] = spectra
    cycles = fft.irfft(bins, axis=1) * (length / 2)
    return np.concatenate([cycles, cycles[:, :1]], axis=1).astype(np.float32)


def cycles_of(frequency_hz: np.ndarray, start: float = 0.0) -> np.ndarray:
    """Phase in cycles of a tone of the given frequency curve, (frames,) float64."""
    return start + np.cumsum(frequency_hz, dtype=np.float64) / SAMPLE_RATE


def read_bank(bank: np.ndarray, cycles: np.ndarray, position: np.ndarray | float) -> np.ndarray:
    """Play a bank.

    Args:
        bank: (positions, length + 1), from `make_bank`.
        cycles: (frames,) phase in cycles, any real number.
        position: 0 (first row) to 1 (last row), (frames,) or one number for the whole sound.

    Returns:
        (frames,) float32.
    """
    rows, width = bank.shape
    place = (cycles - np.floor(cycles)) * (width - 1)
    index = place.astype(np.int32)
    fraction = (place - index).astype(np.float32)
    # Rounding may put a phase of nearly one cycle on the last column, which has no neighbour.
    np.minimum(index, width - 2, out=index)

    row = np.clip(position, 0.0, 1.0) * (rows - 1)
    if np.ndim(row) == 0:
        first = min(int(row), max(rows - 2, 0))
        part = np.float32(row - first)
        cycle = bank[first] if part == 0.0 else bank[first] + part * (bank[first + 1] - bank[first])
        return _interpolate(cycle, index, fraction)
    low = np.minimum(row.astype(np.int32), rows - 2)
    share = (row - low).astype(np.float32)
    flat = bank.reshape(-1)
    index += low * width
    lower = _interpolate(flat, index, fraction)
    index += width
    upper = _interpolate(flat, index, fraction)
    upper -= lower
    upper *= share
    lower += upper
    return lower


def _interpolate(flat: np.ndarray, index: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Linear interpolation of `flat` at index + fraction."""
    left = flat.take(index)
    right = flat[1:].take(index)
    right -= left
    right *= fraction
    left += right
    return left
