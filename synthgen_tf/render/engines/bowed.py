"""Bowed strings: an ensemble of many detuned players, and a soloist."""

import numpy as np
from scipy import fft

from ..dsp import (
    SAMPLE_RATE,
    Envelope,
    band_noise,
    fade_out,
    peaks,
    smooth_noise,
    time_axis,
    to_hz,
)
from ..tables import cycles_of, make_bank, num_harmonics, read_bank
from .base import Engine, Stroke, stereo, sustain_frames

LOOP_FRAMES = 1 << 17
"""About three seconds: longer than any beat between players that one could recognise."""


def bow_spectrum(hz: float, harmonics: int, body_hz: list[float], brightness: float) -> np.ndarray:
    """Amplitudes of a bowed string behind its body.

    Args:
        hz: pitch.
        harmonics: how many.
        body_hz: resonances of the body.
        brightness: exponent of the fall of the harmonics, 1 (saw-like) and above.

    Returns:
        (harmonics,) float, unit power.
    """
    number = np.arange(1, harmonics + 1)
    frequency = hz * number
    amplitude = number**-brightness / (1 + (frequency / 6500.0) ** 3)
    gain = 0.35 + sum(np.exp(-((np.log2(frequency / body) / 0.35) ** 2)) for body in body_hz)
    amplitude = amplitude * gain
    return amplitude / np.sqrt(np.sum(amplitude**2) / 2)


def sample_body(rng: np.random.Generator) -> list[float]:
    """Draw the resonances of a family of string instruments, in Hz."""
    centres = np.array([280.0, 460.0, 700.0, 1200.0, 2600.0])
    return [float(hz) for hz in centres * np.exp(rng.normal(0, 0.15, len(centres)))]


class StringEnsemble(Engine):
    """A section of strings.

    Every harmonic of a section is a narrow band of noise, as wide as the players are apart and
    as their vibrato goes. So a section is drawn in the frequency domain: bands of random phase,
    one inverse transform, other phases on the other side.
    """

    takes = 1

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = {
            "body_hz": sample_body(rng),
            "brightness": float(rng.uniform(1.0, 1.5)),
            "spread_cents": float(rng.uniform(9.0, 20.0)),
            "attack_seconds": float(rng.uniform(0.06, 0.45)),
            "release_seconds": float(rng.uniform(0.15, 0.6)),
            "bow": float(rng.uniform(0.01, 0.06)),
            "width": float(rng.uniform(0.3, 1.0)),
        }
        self._loops: dict[int, np.ndarray] = {}

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        values = self.parameters
        frames = sustain_frames(stroke, values["release_seconds"])
        if stroke.pitch not in self._loops:
            self._loops[stroke.pitch] = self._loop(float(to_hz(stroke.pitch)))
        start = int(self.rng.integers(LOOP_FRAMES))
        index = (start + np.arange(frames)) % LOOP_FRAMES
        sound = self._loops[stroke.pitch][index]
        bow = band_noise(self.rng, frames, 1500, 9000)[:, None]
        # Short notes need a bow stroke that is over before they are.
        attack = min(values["attack_seconds"], 0.5 * stroke.seconds + 0.02)
        envelope = Envelope(attack, 2.0, 0.85, values["release_seconds"])
        level = envelope.curve(frames, stroke.seconds) * np.float32(stroke.velocity)
        swell = 1 + 0.12 * smooth_noise(self.rng, frames, 2.0)
        return fade_out((sound + np.float32(values["bow"]) * bow) * (level * swell)[:, None])

    def _loop(self, hz: float) -> np.ndarray:
        """An endless section of one pitch, (LOOP_FRAMES, 2)."""
        values = self.parameters
        harmonics = num_harmonics(1.03 * hz)
        amplitudes = bow_spectrum(hz, harmonics, values["body_hz"], values["brightness"])
        resolution = SAMPLE_RATE / LOOP_FRAMES
        power = np.zeros(LOOP_FRAMES // 2 + 1)
        for number, amplitude in enumerate(amplitudes, start=1):
            centre = number * hz
            width = centre * (2.0 ** (values["spread_cents"] / 1200) - 1)
            low, high = centre - 3 * width, min(centre + 3 * width, 0.5 * SAMPLE_RATE)
            bins = np.arange(max(1, int(low / resolution)), int(high / resolution))
            shape = np.exp(-0.5 * ((bins * resolution - centre) / width) ** 2)
            power[bins] += amplitude**2 * shape / (shape.sum() + 1e-9)
        phases = np.exp(2j * np.pi * self.rng.random((2, len(power))))
        sides = fft.irfft(np.sqrt(power) * phases) * (LOOP_FRAMES / 2)
        middle, apart = sides[0], values["width"] * sides[1]
        loop = stereo(middle + apart, middle - apart) / np.sqrt(1 + values["width"] ** 2)
        return np.ascontiguousarray(loop, np.float32)


class SoloStrings(Engine):
    """One violin, viola or cello: delayed vibrato, bow noise, and a legato line."""

    takes = 3
    glides = True

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = {
            "body_hz": sample_body(rng),
            "brightness": float(rng.uniform(0.9, 1.3)),
            "vibrato_hz": float(rng.uniform(4.8, 6.6)),
            "vibrato_cents": float(rng.uniform(10, 32)),
            "attack_seconds": float(rng.uniform(0.04, 0.18)),
            "bow": float(rng.uniform(0.02, 0.09)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.18)
        time = time_axis(frames)
        wobble = values["vibrato_hz"] * (1 + 0.05 * smooth_noise(rng, frames, 3.0))
        vibrato = np.sin(2 * np.pi * cycles_of(wobble, rng.random()))
        vibrato *= values["vibrato_cents"] / 100 * np.clip((time - 0.12) / 0.35, 0, 1)
        slide = stroke.slide * np.exp(-time / 0.025)
        drift = 0.05 * smooth_noise(rng, frames, 4.0)
        hz = to_hz(stroke.pitch + vibrato + slide + drift)
        harmonics = num_harmonics(float(hz.max()))
        amplitudes = bow_spectrum(float(to_hz(stroke.pitch)), harmonics, values["body_hz"], 1.0)
        number = np.arange(1, harmonics + 1)
        # Softer bowing is duller: the second row is the softest tone.
        rows = np.stack([number ** -(values["brightness"] + dull - 1.0) for dull in (1.2, 0.0)])
        bank = make_bank(rows * amplitudes * np.exp(-0.5j * np.pi))
        envelope = Envelope(values["attack_seconds"], 1.5, 0.8, 0.18).curve(frames, stroke.seconds)
        pressure = envelope * (1 + 0.1 * smooth_noise(rng, frames, 5.0)) * stroke.velocity
        sound = read_bank(bank, cycles_of(hz), np.clip(pressure, 0, 1))
        sound += np.float32(values["bow"]) * band_noise(rng, frames, 1200, 9000)
        return fade_out(sound * pressure.astype(np.float32))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The bridge's hill around 2.5 kHz."""
        return peaks(sound, [(2500.0, 4.0, 1.0)])
