"""Makes harmonic spectra of oscillators, whose shape may change while they sound.

A spectrum is (rows, harmonics) complex64, one row for every shape asked for: entry h - 1 of a row
is the amplitude of exp(2 pi i h phase), whose real part is the wave. Rows have about unit power.
"""

from collections.abc import Callable

import numpy as np
from scipy import fft

WAVES = ("saw", "pulse", "triangle", "sine", "sync", "fm", "table", "vowel", "organ")

FRAMES = 6
"""Spectra between which a wavetable moves."""

FM_RATIOS = (
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 7),
    (2, 1),
    (2, 3),
    (2, 7),
    (3, 4),
    (4, 7),
    (1, 14),
)
"""Carrier and modulator as multiples of the oscillator's own frequency."""

VOWELS = (
    ((730, 0.0), (1090, -5.0), (2440, -18.0), (3400, -24.0)),  # ah
    ((530, 0.0), (1840, -12.0), (2480, -16.0), (3500, -24.0)),  # eh
    ((270, 0.0), (2290, -16.0), (3010, -20.0), (3600, -26.0)),  # ee
    ((570, 0.0), (840, -5.0), (2410, -24.0), (3300, -28.0)),  # oh
    ((300, 0.0), (870, -9.0), (2240, -28.0), (3200, -32.0)),  # oo
)
"""Formants in Hz with their levels in dB."""


def spectra(
    wave: str, shape: np.ndarray, timbre: int, harmonics: int, frequency_hz: float
) -> np.ndarray:
    """Make the spectra of one oscillator.

    Args:
        wave: one of `WAVES`.
        shape: (rows,) in 0 to 1: width of a pulse, slant of a triangle towards a saw, ratio of a
            sync, index of a frequency modulation, place in a wavetable or between vowels, drawbars
            of an organ; a saw and a sine grow brighter.
        timbre: any integer; seeds wavetables, ratios and vowels, and colours all waves slightly,
            by a smooth curve within about 3 dB, so that no two timbres share one spectrum.
        harmonics: columns of the result, 1 to 1024.
        frequency_hz: of the tone, for what does not move along with it, such as formants.

    Returns:
        (rows, harmonics) complex64.
    """
    number = np.arange(1, harmonics + 1)
    rng = np.random.default_rng(timbre)
    colour = _colour(rng, number)
    column = np.clip(shape, 0.0, 1.0)[:, None]
    if wave == "saw":
        values = -1j * number ** -(1.25 - 0.4 * column)
    elif wave == "pulse":
        values = -1j / number * (1 - np.exp(-2j * np.pi * number * (0.5 - 0.46 * column)))
    elif wave == "triangle":
        values = _slanted(column, number)
    elif wave == "sine":
        values = -1j * np.exp(-(number - 1) * (4.0 - 3.0 * column))
    elif wave == "sync":
        values = _drawn(_sync, column, harmonics)
    elif wave == "fm":
        ratio = FM_RATIOS[rng.integers(len(FM_RATIOS))]
        values = _drawn(lambda x, index: _fm(x, index, *ratio), column, harmonics)
    elif wave == "table":
        values = _table(rng, column[:, 0], number)
    elif wave == "vowel":
        values = -1j / number * _formants(rng, column[:, 0], number * frequency_hz)
    elif wave == "organ":
        values = _organ(rng, column, number)
    else:
        raise ValueError(f"wave is {wave!r}; expected one of {', '.join(WAVES)}")
    values = values * colour
    power = np.sum(np.abs(values) ** 2, axis=1, keepdims=True) / 2
    return (values / np.sqrt(power + 1e-12)).astype(np.complex64)


def _slanted(slant: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return a triangle whose peak moves from the middle towards the end, where it is a saw."""
    peak = 0.5 + 0.45 * slant
    turns = np.exp(-2j * np.pi * number * peak)
    return (1 - turns) / (number**2 * peak * (1 - peak))


def _sync(phase: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return a saw that starts anew with every cycle of a slower one."""
    return 2 * ((phase * (1.05 + 5.0 * shape)) % 1.0) - 1


def _fm(phase: np.ndarray, shape: np.ndarray, carrier: int, modulator: int) -> np.ndarray:
    """Return a sine whose phase is modulated by another."""
    index = 7.0 * shape**1.5
    swing = index * np.sin(2 * np.pi * modulator * phase)
    return np.sin(2 * np.pi * carrier * phase + swing)


def _drawn(
    wave: Callable[[np.ndarray, np.ndarray], np.ndarray], shape: np.ndarray, harmonics: int
) -> np.ndarray:
    """Return spectra of a wave without a closed form, drawn at four points a harmonic or more."""
    points = max(256, 1 << int(np.ceil(np.log2(4 * harmonics))))
    phase = np.arange(points, dtype=np.float32) / points
    values = fft.rfft(wave(phase, shape.astype(np.float32)), axis=1)
    return values[:, 1 : harmonics + 1] * np.float32(2 / points)


def _between(frames: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Read rows of `frames` (num, harmonics) at `place` (rows,) in 0 to 1, linear in between."""
    row = place * (len(frames) - 1)
    low = np.minimum(row.astype(int), len(frames) - 2)
    share = (row - low)[:, None]
    return (1 - share) * frames[low] + share * frames[low + 1]


def _table(rng: np.random.Generator, place: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Draw a wavetable: random harmonics under falling curves, with peaks and gaps that wander."""
    # Drawn for all harmonics first, so that a high note has the beginning of a low note's list.
    phases = rng.random(1024)[: len(number)]
    sparse = rng.uniform(0.5, 4.0)
    octave = np.log2(number)
    frames = []
    for _ in range(FRAMES):
        levels = rng.random(1024)[: len(number)] ** sparse * number ** -rng.uniform(0.3, 1.5)
        levels *= 1 + rng.uniform(0, 8) * np.exp(-((octave - rng.uniform(0, 6)) ** 2) * 4)
        if rng.random() < 0.25:
            levels *= np.where(number % rng.integers(2, 5) == 1, 1.0, 0.1)
        frames.append(levels / np.sqrt(np.sum(levels**2)))
    return _between(np.array(frames), place) * np.exp(2j * np.pi * phases)


def _formants(rng: np.random.Generator, place: np.ndarray, hz: np.ndarray) -> np.ndarray:
    """Draw the loudness of every harmonic in a throat that moves through a few vowels."""
    size = rng.uniform(0.85, 1.25)
    gains = []
    for vowel in rng.permutation(len(VOWELS))[:3]:
        peaks = [
            10 ** (level_db / 20) / (1 + ((hz / size - centre) / (0.06 * centre + 30)) ** 2)
            for centre, level_db in VOWELS[vowel]
        ]
        gains.append(np.sum(peaks, axis=0) + 0.004)
    return _between(np.array(gains), place)


def _organ(rng: np.random.Generator, shape: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Draw few harmonics, as drawbars set them; the shape opens the upper ones."""
    bars = np.isin(number, (1, 2, 3, 4, 5, 6, 8, 10, 12, 16))
    levels = rng.random(1024)[: len(number)] ** 2 + (number == 1)
    return -1j * bars * levels * np.exp(-(number - 1) * (1.2 - 1.1 * shape) * 0.6)


def _colour(rng: np.random.Generator, number: np.ndarray) -> np.ndarray:
    """Draw a smooth random gain over the harmonics, about +-3 dB, one value an octave."""
    gains_db = rng.normal(0.0, 2.0, 12)
    return 10 ** (np.interp(np.log2(number), np.arange(12), gains_db) / 20)
