"""Keyboards that are no synths: piano, electric piano, organ, and mallets."""

import numpy as np

from ..dsp import (
    SAMPLE_RATE,
    Envelope,
    band_noise,
    decaying_modes,
    fade_out,
    highpass,
    time_axis,
    to_hz,
)
from ..tables import cycles_of, make_bank, read_bank
from .base import Engine, Stroke, stereo, sustain_frames
from .drums import decay


class StruckModes(Engine):
    """Instruments whose notes are decaying modes, damped when the key goes up.

    Args:
        rng: source of parameters and noise.
        damping: envelope over the modes, for the damper.
    """

    def __init__(self, rng: np.random.Generator, damping: Envelope):
        super().__init__(rng)
        self._damping = damping

    def _damped(self, sound: np.ndarray, stroke: Stroke) -> np.ndarray:
        envelope = self._damping.curve(len(sound), stroke.seconds)
        if sound.ndim == 2:
            envelope = envelope[:, None]
        return fade_out(sound * envelope)


class Piano(StruckModes):
    """Stiff strings, two of them a little apart, and the knock of the hammer."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, Envelope(0.0015, 60.0, 1.0, 0.35))
        self.parameters = {
            "stiffness": float(np.exp(rng.uniform(np.log(1e-4), np.log(6e-4)))),
            "hammer": float(rng.uniform(0.6, 1.8)),
            "ring_seconds": float(rng.uniform(7.0, 14.0)),
            "beat_cents": float(rng.uniform(0.3, 2.0)),
            "strike_place": float(rng.uniform(0.09, 0.14)),
            "knock": float(rng.uniform(0.01, 0.06)),
            "width": float(rng.uniform(0.1, 0.7)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.35)
        hz = float(to_hz(stroke.pitch))
        number = np.arange(1, int(min(45, 12000 / hz)) + 2)
        stiffness = values["stiffness"] * (hz / 220) ** 1.2
        partials = hz * number * np.sqrt((1 + stiffness * number**2) / (1 + stiffness))
        # A harder blow is a brighter one: the felt is compressed and touches for less time.
        softness = values["hammer"] * (1.5 - stroke.velocity)
        amplitudes = np.abs(np.sin(np.pi * number * values["strike_place"])) / number**0.6
        amplitudes *= np.exp(-softness * partials / 1800.0)
        seconds = values["ring_seconds"] * (220.0 / hz) ** 0.6 / (1 + 0.0006 * partials)
        detune = 2.0 ** (values["beat_cents"] / 1200)
        both = np.concatenate([partials, partials * detune])
        # The second string starts weaker and rings longer: the piano's two-stage decay.
        levels = np.concatenate([amplitudes, 0.3 * amplitudes])
        rings = np.concatenate([0.55 * seconds, 1.5 * seconds])
        phases = rng.uniform(0, 2 * np.pi, len(both))
        left = decaying_modes(both, levels, rings, phases, frames)
        right = decaying_modes(both, levels, rings, phases + values["width"], frames)
        knock = band_noise(rng, frames, 120, 900) * decay(frames, 0.09) * values["knock"]
        place = np.clip((stroke.pitch - 60) / 40, -1, 1) * 0.5 * values["width"]
        sound = stereo(np.sqrt(1 - place) * left + knock, np.sqrt(1 + place) * right + knock)
        loudness = float(np.sqrt(np.sum(amplitudes**2)))
        return self._damped(sound * np.float32(stroke.velocity**1.4 / loudness), stroke)


class ElectricPiano(StruckModes):
    """A tine and its bell behind a pickup, with the stereo tremolo of the suitcase."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, Envelope(0.002, 60.0, 1.0, 0.2))
        self.parameters = {
            "bell": float(rng.uniform(0.08, 0.4)),
            "bell_ratio": float(rng.uniform(6.1, 7.3)),
            "bark": float(rng.uniform(0.4, 2.2)),
            "ring_seconds": float(rng.uniform(4.0, 9.0)),
            "tremolo": float(rng.uniform(0.1, 0.5)) if rng.random() < 0.5 else 0.0,
            "tremolo_hz": float(rng.uniform(2.5, 6.0)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        values = self.parameters
        frames = sustain_frames(stroke, 0.2)
        hz = float(to_hz(stroke.pitch))
        partials = hz * np.array([1.0, 2.0, values["bell_ratio"], values["bell_ratio"] * 2.76])
        bell = values["bell"] * stroke.velocity
        ring = values["ring_seconds"] * (220 / hz) ** 0.4
        seconds = np.array([ring, 0.6 * ring, 0.5, 0.2])
        tine = decaying_modes(
            partials, np.array([1.0, 0.06, bell, 0.4 * bell]), seconds, np.zeros(4), frames
        )
        # The pickup is closer to one side of the tine: loud notes bark.
        bark = values["bark"] * stroke.velocity
        sound = np.tanh(bark * tine + 0.35 * bark * tine**2) / np.tanh(bark)
        return self._damped(sound * np.float32(stroke.velocity), stroke)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Tremolo that moves from side to side."""
        values = self.parameters
        # The pickup's asymmetry makes an offset as well as harmonics.
        sound = highpass(sound, 45.0)
        if not values["tremolo"]:
            return sound
        swing = np.sin(2 * np.pi * values["tremolo_hz"] * time_axis(len(sound)))
        swing *= np.float32(values["tremolo"])
        return sound * stereo(1 + swing, 1 - swing)


BARS = {
    "marimba": ((1.0, 3.93, 9.2), (1.0, 0.25, 0.08), 1.1),
    "vibraphone": ((1.0, 4.0, 10.3), (1.0, 0.15, 0.05), 4.5),
    "glockenspiel": ((1.0, 2.76, 5.4, 8.9), (1.0, 0.5, 0.25, 0.12), 2.5),
}
"""Partials, their amplitudes, and the seconds the lowest rings at 440 Hz."""


class Mallets(StruckModes):
    """Marimba, vibraphone or glockenspiel: bars with few, far partials."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, Envelope(0.001, 60.0, 1.0, 0.8))
        self.parameters = {
            "bars": str(rng.choice(list(BARS))),
            "tuning": float(rng.uniform(0.985, 1.015)),
            "ring": float(rng.uniform(0.7, 1.4)),
            "mallet": float(rng.uniform(0.02, 0.15)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        values = self.parameters
        ratios, amplitudes, ring = BARS[values["bars"]]
        octave = 1 if values["bars"] == "glockenspiel" else 0
        hz = float(to_hz(stroke.pitch + 12 * octave))
        partials = hz * np.array(ratios) * ([1.0] + [values["tuning"]] * (len(ratios) - 1))
        levels = np.array(amplitudes) * ([1.0] + [stroke.velocity] * (len(ratios) - 1))
        seconds = ring * values["ring"] * (440 / hz) ** 0.5 / np.array(ratios) ** 0.7
        frames = sustain_frames(stroke, 0.8)
        sound = decaying_modes(partials, levels, seconds, np.zeros(len(ratios)), frames)
        knock = band_noise(self.rng, frames, 500, 4000) * decay(frames, 0.02)
        sound += values["mallet"] * stroke.velocity * knock
        return self._damped(sound * np.float32(stroke.velocity), stroke)


class Organ(Engine):
    """Drawbars with key click, through a rotating loudspeaker."""

    takes = 1
    FOOTAGES = (1, 3, 2, 4, 6, 8, 10, 12, 16)
    """Harmonics of the nine drawbars, counted from an octave below the key."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        bars = rng.integers(0, 9, 9)
        bars[:3] = np.maximum(bars[:3], [4, 2, 6])
        self.parameters = {
            "drawbars": [int(bar) for bar in bars],
            "click": float(rng.uniform(0.02, 0.2)),
            "drive": float(rng.uniform(0.2, 2.5)),
            "rotor_hz": float(rng.choice([rng.uniform(0.6, 1.0), rng.uniform(5.5, 7.2)])),
            "rotor_depth": float(rng.uniform(0.15, 0.45)),
        }
        spectrum = np.zeros((1, max(self.FOOTAGES)), complex)
        for bar, harmonic in zip(bars, self.FOOTAGES, strict=True):
            # Every step of a drawbar is 3 dB; the phases of the tone wheels are anything.
            level = 10 ** ((bar - 8) * 3 / 20) if bar else 0.0
            spectrum[0, harmonic - 1] += level * np.exp(2j * np.pi * rng.random())
        self._bank = make_bank(spectrum / np.abs(spectrum).sum())

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32; organs know no velocity."""
        frames = sustain_frames(stroke, 0.03)
        # The bank's first harmonic sounds an octave below the key.
        hz = 0.5 * float(to_hz(stroke.pitch))
        sound = read_bank(self._bank, cycles_of(np.full(frames, hz)), 0.0)
        sound *= Envelope(0.003, 1.0, 1.0, 0.03).curve(frames, stroke.seconds)
        length = min(frames, int(0.02 * SAMPLE_RATE))
        click = band_noise(self.rng, length, 1000, 6000) * decay(length, 0.02)
        sound[:length] += np.float32(0.15 * self.parameters["click"]) * click
        return sound

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Tube preamplifier and rotor: level and pitch swing, opposite on the two sides."""
        values = self.parameters
        loud = np.percentile(np.abs(sound[::16]), 98) + 1e-6
        mono = np.tanh(values["drive"] * sound[:, 0] / loud) / np.tanh(values["drive"])
        frames = np.arange(len(mono))
        angle = 2 * np.pi * values["rotor_hz"] * frames / SAMPLE_RATE
        sides = []
        for shift in (0.0, 2.1):
            delay = SAMPLE_RATE * 0.0006 * (1 + np.sin(angle + shift))
            moved = np.interp(frames - delay, frames, mono)
            sides.append(moved * (1 - values["rotor_depth"] * (0.5 + 0.5 * np.cos(angle + shift))))
        return stereo(*sides).astype(np.float32)
