"""The mouth: from syllables to curves, and a filter whose formants follow them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from synthgen_tf.render.engines.base import add_at
from synthgen_tf.render.engines.voice.words import CONSONANTS, VOWELS, Consonant, Syllable
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    NYQUIST_HZ,
    SAMPLE_RATE,
    coloured_noise,
    to_frames,
)

WINDOW, HOP, SIZE = 1024, 512, 2048
"""Frames of the filter's window, between two windows, and of its transform."""

BANDWIDTHS_HZ = (75.0, 95.0, 140.0)
UPPER = (
    (3450.0, 200.0), (4550.0, 300.0), (5600.0, 450.0), (6700.0, 550.0), (7900.0, 700.0),
    (9200.0, 900.0), (10800.0, 1200.0),
)  # fmt: skip
"""Formants that do not move with the words: centre and bandwidth in Hz."""


@dataclass(frozen=True)
class Hiss:
    """A burst or a hiss of one consonant; seconds within the phrase."""

    start_seconds: float
    seconds: float
    consonant: Consonant


@dataclass(frozen=True)
class Speech:
    """What the mouth does in a phrase: (points, 3) Hz, and (points,) levels from 0 to 1."""

    formants_hz: np.ndarray
    voicing: np.ndarray
    breath: np.ndarray
    hisses: list[Hiss]


def articulate(
    rng: np.random.Generator,
    starts: np.ndarray,
    ends: np.ndarray,
    syllables: Sequence[Syllable | None],
    time: np.ndarray,
    hurry: float = 1.0,
) -> Speech:
    """Put syllables on notes: the vowel falls on the beat, its consonants come before it.

    Args:
        rng: source of small differences.
        starts, ends: (notes,) seconds within the phrase.
        syllables: one a note; None goes on with the vowel of the note before.
        time: (points,) of a control curve.
        hurry: factor on the length of consonants.
    """
    curves = _Curves(rng)
    sung = [(index, syllable) for index, syllable in enumerate(syllables) if syllable is not None]
    free, plans = 0.0, []
    for index, syllable in sung:
        wanted = hurry * sum(CONSONANTS[name].seconds for name in syllable.onset)
        start = starts[index]
        # Consonants take their time from the note before, but leave it half of its own.
        taken = min(wanted, max(start - free, 0.02))
        plans.append((syllable, start - taken, taken / wanted if wanted else 1.0))
        free = start + 0.5 * (ends[index] - start)
    for place, (syllable, begin, squeeze) in enumerate(plans):
        following = sung[place + 1][0] if place + 1 < len(sung) else len(syllables)
        end = ends[following - 1]
        if place + 1 < len(plans):
            end = min(end, plans[place + 1][1])
        first, last = VOWELS[syllable.vowels[0]], VOWELS[syllable.vowels[-1]]
        for name in syllable.onset:
            seconds = hurry * squeeze * CONSONANTS[name].seconds
            curves.consonant(CONSONANTS[name], begin, seconds, first)
            begin += seconds
        coda = hurry * sum(CONSONANTS[name].seconds for name in syllable.coda)
        fit = min(1.0, 0.35 * (end - begin) / coda) if coda else 1.0
        stop = end - fit * coda
        curves.vowel(begin, max(stop, begin + 0.02), first, last, bare=not syllable.onset)
        for name in syllable.coda:
            seconds = hurry * fit * CONSONANTS[name].seconds
            curves.consonant(CONSONANTS[name], stop, seconds, last)
            stop += seconds
        if place + 1 == len(plans) or plans[place + 1][1] > end + 0.06:
            curves.silence(end)
    return curves.read(time)


class _Curves:
    """Corner points of a phrase, as they come."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self._mouth: list[tuple] = []
        self._voice: list[tuple] = [(0.0, 0.0)]
        self._air: list[tuple] = [(0.0, 0.0)]
        self._hisses: list[Hiss] = []

    def consonant(self, sound: Consonant, start: float, seconds: float, vowel: tuple) -> None:
        """One consonant next to a vowel, which it leans towards."""
        place = [
            0.65 * own + 0.35 * near for own, near in zip(sound.formants_hz, vowel, strict=True)
        ]
        if sound.breath_seconds and not sound.noise:  # h has no place of its own
            place = list(vowel)
        self._mouth += [(start + share * seconds, *place) for share in (0.35, 0.85)]
        ramp = min(0.012, 0.3 * seconds)
        self._begin(start)
        level = sound.voicing
        self._voice += [(start + ramp, level), (start + seconds - 0.3 * ramp, level)]
        if sound.noise:
            # A stop is silent until it opens.
            wait = 0.72 * seconds if sound.stop else 0.0
            self._hisses.append(Hiss(start + wait, seconds - wait, sound))
        if sound.breath_seconds:
            begin = start + (0.75 if sound.stop else 0.1) * seconds
            end = start + seconds + sound.breath_seconds
            self._air += [(begin, 0.0), (begin + 0.01, 1.0), (end - 0.02, 0.8), (end, 0.0)]
            self._voice.append((start + seconds + 0.6 * sound.breath_seconds, 0.05))

    def vowel(self, start: float, end: float, first: tuple, last: tuple, *, bare: bool) -> None:
        """From one vowel to the next; `bare` without a consonant, it begins more softly."""
        lean = np.exp(self._rng.normal(0, 0.04, 3))
        opened, closed = lean * first, lean * last
        length = end - start
        self._mouth.append((start + min(0.035, 0.3 * length), *opened))
        self._mouth.append((start + 0.55 * length, *(0.8 * opened + 0.2 * closed)))
        self._mouth.append((end, *closed))
        self._begin(start - 0.03)
        after = max(self._voice[-1][0], start)
        if bare:
            self._voice.append((start - 0.02, 0.25))
        self._voice += [(after + (0.06 if bare else 0.02), 1.0), (end, 1.0)]

    def _begin(self, start: float) -> None:
        """Stay silent until `start` if the voice rests."""
        seconds, level = self._voice[-1]
        if level == 0.0 and start > seconds:
            self._voice.append((start, 0.0))

    def silence(self, end: float) -> None:
        """The end of a word after which the voice rests."""
        self._voice.append((max(end, self._voice[-1][0]) + 0.07, 0.0))

    def read(self, time: np.ndarray) -> Speech:
        """The curves through all corner points."""
        mouth = np.array(sorted(self._mouth))
        formants = np.stack(
            [np.interp(time, mouth[:, 0], mouth[:, column]) for column in (1, 2, 3)], axis=1
        )
        voice, air = (np.array(sorted(points)) for points in (self._voice, self._air))
        voicing = np.interp(time, voice[:, 0], voice[:, 1])
        breath = np.interp(time, air[:, 0], air[:, 1])
        return Speech(formants, voicing, breath, self._hisses)


def resonator(hz: float, bandwidth_hz: float, grid_hz: np.ndarray) -> np.ndarray:
    """Response of one formant on a grid of frequencies, 1 at 0 Hz, complex."""
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE)
    middle = -2 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE)
    delay = np.exp(-2j * np.pi * grid_hz / SAMPLE_RATE)
    return (1 + middle + radius**2) / (1 + middle * delay + radius**2 * delay**2)


def upper_response(size: float, ring: float, edge_hz: float) -> np.ndarray:
    """The formants that stand still, (SIZE // 2 + 1,) complex.

    Args:
        size: factor on all frequencies; a child's is 1.3 or so.
        ring: 0 to 1, how close the third to fifth stand together, as in trained voices.
        edge_hz: where microphone and voice grow dull.
    """
    grid = np.linspace(0, NYQUIST_HZ, SIZE // 2 + 1)
    response = np.ones(len(grid), complex)
    for centre, width in UPPER:
        if centre < 5000:
            centre = centre + ring * 0.6 * (2900.0 - centre)
        if size * centre < 0.9 * NYQUIST_HZ:
            response *= resonator(size * centre, width, grid)
    # What is left of all formants above: without it the voice would end at 10 kHz.
    return response * (1 + (grid / 4500.0) ** 2) / (1 + 1j * grid / edge_hz)


def through_mouth(
    sound: np.ndarray, formants_hz: np.ndarray, width: float, upper: np.ndarray
) -> np.ndarray:
    """Filter a phrase with moving formants.

    Args:
        sound: (time,) what the throat makes.
        formants_hz: (points, 3) control curves.
        width: factor on the bandwidths.
        upper: from `upper_response`.

    Returns:
        (time,) float32.
    """
    count = -(-len(sound) // HOP) + 1
    padded = np.zeros((count + 1) * HOP, np.float32)
    padded[HOP : HOP + len(sound)] = sound
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32)
    spectra = fft.rfft(windows * shape, SIZE)
    # Formants where the middle of each window lies.
    points = np.minimum(np.arange(len(windows)) * (HOP // CONTROL), len(formants_hz) - 1)
    spectra *= _moving_response(formants_hz[points], width)
    spectra *= upper.astype(np.complex64)
    pieces = fft.irfft(spectra, SIZE)
    result = np.zeros((len(pieces) + 3, HOP), np.float32)
    for part in range(SIZE // HOP):
        result[part : part + len(pieces)] += pieces[:, part * HOP : (part + 1) * HOP]
    return result.reshape(-1)[HOP : HOP + len(sound)]


def _moving_response(formants_hz: np.ndarray, width: float) -> np.ndarray:
    """All-pole response of three formants for every row, (rows, bins) complex64.

    The denominators are polynomials of sixth order, so their responses are one matrix product.
    """
    poly = np.ones((len(formants_hz), 1))
    for index, bandwidth in enumerate(BANDWIDTHS_HZ):
        radius = np.exp(-np.pi * width * bandwidth / SAMPLE_RATE)
        middle = -2 * radius * np.cos(2 * np.pi * formants_hz[:, index] / SAMPLE_RATE)
        grown = np.zeros((len(poly), poly.shape[1] + 2))
        grown[:, :-2] += poly
        grown[:, 1:-1] += middle[:, None] * poly
        grown[:, 2:] += radius**2 * poly
        poly = grown / (1 + middle + radius**2)[:, None]
    angles = np.outer(np.arange(7), np.linspace(0, np.pi, SIZE // 2 + 1))
    # Single precision would do for the sums, not for what they are sums of.
    real, imaginary = (np.float32(poly @ wave) for wave in (np.cos(angles), np.sin(angles)))
    power = 1 / (real * real + imaginary * imaginary)
    response = np.empty(real.shape, np.complex64)
    response.real, response.imag = real * power, imaginary * power
    return response


def hissed(
    rng: np.random.Generator, hisses: Sequence[Hiss], frames: int, size: float
) -> np.ndarray:
    """The noise of all consonants of a phrase, (frames,) float32."""
    sound = np.zeros(frames, np.float32)
    for hiss in hisses:
        length = to_frames(hiss.seconds)
        if length < 32:
            continue
        consonant = hiss.consonant
        low, high = size * consonant.low_hz, min(size * consonant.high_hz, 16000.0)
        low *= rng.uniform(0.93, 1.07)
        burst = coloured_noise(rng, length, low, high, 2)
        share = np.linspace(0, 1, length, dtype=np.float32)
        if consonant.stop:
            burst *= np.minimum(share * length / 30, 1) * np.exp(-4 * share)
        else:
            burst *= np.sqrt(np.maximum(np.sin(np.pi * share), 0.0))
        add_at(sound, np.float32(consonant.noise) * burst, to_frames(hiss.start_seconds))
    return sound
