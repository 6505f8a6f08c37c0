"""A wordless singer: glottal pulses behind formants that move from vowel to vowel."""

import numpy as np

from ..dsp import (
    Envelope,
    band_noise,
    fade_out,
    smooth_noise,
    time_axis,
    to_frames,
    to_hz,
)
from ..tables import cycles_of, make_bank, num_harmonics, read_bank
from .base import Engine, Stroke, sustain_frames
from .drums import decay

# Centres of the first three formants of an adult male, in Hz (Peterson and Barney, 1952).
VOWELS = {
    "ee": (270.0, 2290.0, 3010.0),
    "eh": (530.0, 1840.0, 2480.0),
    "ah": (730.0, 1090.0, 2440.0),
    "aw": (570.0, 840.0, 2410.0),
    "oo": (300.0, 870.0, 2240.0),
    "er": (490.0, 1350.0, 1690.0),
}
FORMANT_GAINS = (1.0, 0.55, 0.3, 0.2, 0.1)
BANDWIDTHS_HZ = (80.0, 110.0, 160.0, 250.0, 400.0)

# Noise band in Hz, seconds, level: s, sh, t, k, h, and a breath.
CONSONANTS = (
    (5000.0, 11000.0, 0.11, 0.28),
    (2200.0, 6500.0, 0.1, 0.3),
    (3000.0, 9000.0, 0.03, 0.5),
    (1200.0, 3500.0, 0.04, 0.5),
    (600.0, 5000.0, 0.07, 0.12),
)


class Voice(Engine):
    """A singer, or a few who sing the same.

    Args:
        rng: source of the voice and of what it sings.
    """

    # Vowels, consonants and drift make every note different, so none is used twice.
    takes = 1_000_000
    glides = True

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = {
            "size": float(rng.uniform(0.95, 1.3)),
            "slope": float(rng.uniform(0.8, 1.5)),
            "breath": float(rng.uniform(0.01, 0.12)),
            "vibrato_hz": float(rng.uniform(4.6, 6.4)),
            "vibrato_cents": float(rng.uniform(5, 65)),
            "scoop_semitones": float(rng.uniform(0.0, 1.6)),
            "consonants": float(rng.uniform(0.3, 0.9)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.1)
        time = time_axis(frames)
        hz = to_hz(self._pitch(stroke, time))
        path = [str(vowel) for vowel in rng.choice(list(VOWELS), 2 + (stroke.seconds > 0.7))]
        position = np.clip(time / max(stroke.seconds, 0.1), 0, 1) ** rng.uniform(0.6, 2.0)
        cycles = cycles_of(hz)
        bank = self._bank(float(hz.mean()), float(hz.max()), path)
        sound = read_bank(bank, cycles, position)
        # Breath comes in puffs, one a cycle, while the glottis is open.
        puffs = 0.5 + 0.5 * np.cos(2 * np.pi * cycles)
        sound += values["breath"] * puffs * band_noise(rng, frames, 900, 7500)
        attack = float(rng.uniform(0.02, 0.09))
        level = Envelope(attack, 1.0, 0.85, 0.1).curve(frames, stroke.seconds)
        level *= 1 + 0.08 * smooth_noise(rng, frames, 8.0)
        sound = (sound * level).astype(np.float32)
        if rng.random() < values["consonants"]:
            self._add_consonant(sound)
        return fade_out(sound * np.float32(0.4 + 0.6 * stroke.velocity))

    def _pitch(self, stroke: Stroke, time: np.ndarray) -> np.ndarray:
        """Pitch curve in semitones: slide or scoop, drift, delayed vibrato."""
        values, rng = self.parameters, self.rng
        frames = len(time)
        start = stroke.slide if abs(stroke.slide) in (1, 2, 3, 4, 5) else -values["scoop_semitones"]
        glide = start * np.exp(-time / rng.uniform(0.02, 0.06))
        drift = 0.12 * smooth_noise(rng, frames, 3.0) + 0.03 * smooth_noise(rng, frames, 25.0)
        rate = values["vibrato_hz"] * (1 + 0.06 * smooth_noise(rng, frames, 2.0))
        vibrato = np.sin(2 * np.pi * cycles_of(rate, rng.random()))
        depth = values["vibrato_cents"] / 100 * np.clip((time - 0.25) / 0.4, 0, 1)
        return stroke.pitch + glide + drift + depth * vibrato

    def _bank(self, mean_hz: float, highest_hz: float, path: list[str]) -> np.ndarray:
        """Cycles along a path of vowels, four steps from one to the next."""
        values = self.parameters
        number = np.arange(1, num_harmonics(highest_hz) + 1)
        frequency = mean_hz * number
        formants = np.array([(*VOWELS[vowel], 3500.0, 4600.0) for vowel in path])
        places = np.linspace(0, len(path) - 1, 4 * (len(path) - 1) + 1)
        known = np.arange(len(path))
        rows = []
        for place in places:
            gain = np.full(len(number), 0.015)
            for index, (level, width) in enumerate(zip(FORMANT_GAINS, BANDWIDTHS_HZ, strict=True)):
                centre = values["size"] * np.interp(place, known, formants[:, index])
                gain = gain + level / (1 + ((frequency - centre) / width) ** 2)
            amplitude = gain * number ** -values["slope"] * np.sqrt(number)
            rows.append(amplitude / np.sqrt(np.sum(amplitude**2) / 2))
        phases = np.exp(-0.5j * np.pi * (1 + 0.3 * np.sqrt(number)))
        return make_bank(np.array(rows) * phases)

    def _add_consonant(self, sound: np.ndarray) -> None:
        """Begin the note with a burst of noise, in place; the vowel waits until it is over."""
        low, high, seconds, level = CONSONANTS[self.rng.integers(len(CONSONANTS))]
        frames = min(to_frames(seconds * self.rng.uniform(0.7, 1.5)), len(sound) // 2)
        if frames < 64:
            return
        hold = np.linspace(0, 1, frames, dtype=np.float32) ** 4
        sound[:frames] *= hold
        burst = band_noise(self.rng, frames, low, high) * decay(frames, 2.5 * seconds)
        rise = np.minimum(np.arange(frames) / 300.0, 1.0).astype(np.float32)
        fall = 1 - hold
        sound[:frames] += np.float32(level) * burst * rise * fall
