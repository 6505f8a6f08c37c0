"""Harmonic spectra of the classic oscillators, and the response of a resonant filter.

A spectrum is (harmonics,) complex: entry h - 1 is the amplitude of exp(2 pi i h phase), whose
real part is the wave. All are scaled to unit power over their first 600 harmonics or so.
"""

import numpy as np
from scipy import fft

GRID = 8192
"""Points of a cycle on which waves without a closed-form spectrum are drawn."""

WAVES = ("saw", "square", "pulse", "triangle", "spectrum", "fm", "sync")


def spectrum(wave: str, shape: float, timbre: int, harmonics: int) -> np.ndarray:
    """Spectrum of one oscillator.

    Args:
        wave: one of `WAVES`.
        shape: 0 to 1; width of a pulse, slope of a random spectrum, index of a frequency
            modulation, ratio of a sync; the others do not use it.
        timbre: any integer; seeds a random spectrum and colours all others slightly, by a smooth
            curve within about 3 dB, so that no two timbres share one spectrum.
        harmonics: number of harmonics.

    Returns:
        (harmonics,) complex64.
    """
    number = np.arange(1, harmonics + 1)
    rng = np.random.default_rng(timbre)
    if wave == "saw":
        values = -1j / number
    elif wave == "square":
        values = -1j / number * (number % 2)
    elif wave == "triangle":
        values = -1j / number**2 * (number % 2) * np.where(number % 4 == 1, 1, -1)
    elif wave == "pulse":
        width = 0.06 + 0.4 * shape
        values = -1j / number * (1 - np.exp(-2j * np.pi * number * width))
    elif wave == "spectrum":
        values = _random_spectrum(rng, shape, number)
    elif wave == "fm":
        ratio = int(rng.choice([1, 1, 2, 3, 4, 7]))
        values = _drawn(lambda x: _fm(x, ratio, 0.5 + 5.5 * shape), harmonics)
    elif wave == "sync":
        ratio = 1.1 + 4.0 * shape
        values = _drawn(lambda x: 2 * ((x * ratio) % 1.0) - 1, harmonics)
    else:
        raise ValueError(f"wave is {wave!r}; expected one of {', '.join(WAVES)}")
    values = values * _colour(rng, number)
    return (values / np.sqrt(np.sum(np.abs(values) ** 2) / 2)).astype(np.complex64)


def _random_spectrum(rng: np.random.Generator, slope: float, number: np.ndarray) -> np.ndarray:
    """Random harmonics under a falling curve: a digital wavetable."""
    # Drawn for all harmonics first, so that a high note has the beginning of a low note's list.
    levels, phases = rng.random(1024) ** 3, rng.random(1024)
    fall = number ** -(0.4 + 1.2 * slope) * np.exp(-number * 0.02)
    return (levels * np.exp(2j * np.pi * phases))[: len(number)] * fall


def _drawn(wave, harmonics: int) -> np.ndarray:
    """Spectrum of a wave drawn over one cycle."""
    values = fft.rfft(wave(np.arange(GRID) / GRID))[1:] * (2 / GRID)
    return values[:harmonics]


def _fm(phase: np.ndarray, ratio: int, index: float) -> np.ndarray:
    """A sine whose phase is modulated by another of `ratio` times its frequency."""
    return np.sin(2 * np.pi * phase + index * np.sin(2 * np.pi * ratio * phase))


def _colour(rng: np.random.Generator, number: np.ndarray) -> np.ndarray:
    """A smooth random gain over the harmonics, about +-3 dB, one value an octave."""
    gains_db = rng.normal(0.0, 2.0, 12)
    return 10 ** (np.interp(np.log2(number), np.arange(12), gains_db) / 20)


def lowpass_response(
    frequency_hz: np.ndarray, cutoff_hz: np.ndarray, quality: float, poles: int
) -> np.ndarray:
    """Complex response of an analogue resonant low-pass.

    Args:
        frequency_hz: frequencies, any shape.
        cutoff_hz: cutoffs, to broadcast against them.
        quality: gain at the cutoff; 0.7 has no peak, 8 whistles.
        poles: 2 (12 dB an octave) or 4 (24 dB; the second pair has no resonance).
    """
    ratio = 1j * frequency_hz / cutoff_hz
    response = 1.0 / (1.0 + ratio / quality + ratio**2)
    if poles == 4:
        response = response / (1.0 + ratio / 0.7071 + ratio**2)
    return response
