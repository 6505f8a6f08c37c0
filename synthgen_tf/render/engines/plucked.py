"""Plucked strings: acoustic, clean and distorted guitar, and the electric bass."""

import numpy as np
from scipy import fft, signal

from ..dsp import (
    LN_1000,
    SAMPLE_RATE,
    fade_out,
    highpass,
    lowpass,
    peaks,
    time_axis,
    to_hz,
)
from .base import Engine, Stroke, stereo, sustain_frames


def plucked_string(
    excitation: np.ndarray, frequency_hz: float, frames: int, decay_seconds: float, softness: float
) -> np.ndarray:
    """Karplus-Strong: a burst that runs round a loop with a two-point low-pass in it.

    The loop repeats with SAMPLE_RATE / (period + softness); reading it slightly slower tunes it
    exactly. A whole period is computed at once, as it depends on earlier periods only.

    Args:
        excitation: (burst,) the pluck; what is longer than a period wraps into the next.
        frequency_hz: pitch.
        frames: length of the result.
        decay_seconds: time in which the low harmonics fall by 60 dB.
        softness: 0 to 0.5, weight of the older of the two points: how fast high harmonics die.

    Returns:
        (frames,) float32.
    """
    period = max(2, int(SAMPLE_RATE / frequency_hz - softness))
    loss = np.float32(np.exp(-LN_1000 / (decay_seconds * frequency_hz)))
    near, far = loss * np.float32(1 - softness), loss * np.float32(softness)
    periods = frames // period + 2
    loop = np.zeros((periods + 1) * period + 1, np.float32)
    burst = excitation[: len(loop) - period - 1]
    loop[period + 1 : period + 1 + len(burst)] = burst
    for start in range(2 * period + 1, len(loop) - period + 1, period):
        last = start - period
        loop[start : start + period] += near * loop[last:start] + far * loop[last - 1 : start - 1]
    step = frequency_hz * (period + softness) / SAMPLE_RATE
    place = np.arange(frames) * step + (period + 1)
    return np.interp(place, np.arange(len(loop)), loop).astype(np.float32)


class PluckedString(Engine):
    """What all plucked instruments share: the string, the pick and the hand that damps it.

    Args:
        rng: source of the instrument's parameters and noise.
        ring_seconds: lowest and highest decay time of the open string at 110 Hz.
        softness: lowest and highest loss of the high harmonics.
        takes_apart: play every note twice and put the takes on the two sides.
    """

    takes = 3

    def __init__(
        self,
        rng: np.random.Generator,
        ring_seconds: tuple[float, float],
        softness: tuple[float, float],
        *,
        takes_apart: bool = False,
    ):
        super().__init__(rng)
        self.takes_apart = takes_apart
        self.parameters = {
            "ring_seconds": float(rng.uniform(*ring_seconds)),
            "softness": float(rng.uniform(*softness)),
            "pick_place": float(rng.uniform(0.08, 0.3)),
            "pick_hz": float(rng.uniform(2500, 9000)),
            "slope": float(rng.uniform(0.7, 1.3)),
            "takes_apart": takes_apart,
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32, or (time, 2) where the takes stand apart."""
        if self.takes_apart:
            return stereo(self._pluck(stroke), self._pluck(stroke))
        return self._pluck(stroke)

    def _pluck(self, stroke: Stroke) -> np.ndarray:
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.12)
        # No guitar is in tune to the cent, and a hard pluck starts sharp.
        hz = float(to_hz(stroke.pitch + rng.normal(0, 0.03)))
        burst = self._burst(int(SAMPLE_RATE / hz), hz, stroke.velocity)
        ring = values["ring_seconds"] * np.sqrt(110.0 / hz)
        muted = stroke.seconds < 0.16
        softness = 0.5 if muted else values["softness"]
        sound = plucked_string(burst, hz, frames, 0.35 if muted else ring, softness)
        time = time_axis(frames)
        damped = np.exp(-LN_1000 / 0.12 * np.maximum(time - np.float32(stroke.seconds), 0.0))
        return fade_out(sound * damped * np.float32(stroke.velocity))

    def _burst(self, period: int, hz: float, velocity: float) -> np.ndarray:
        """One period of the string as the pick leaves it, (period,) float32, unit variance."""
        values, rng = self.parameters, self.rng
        number = np.arange(1, period // 2 + 1)
        # A string plucked at a share of its length lacks the harmonics with a node there.
        amplitude = np.abs(np.sin(np.pi * number * values["pick_place"])) + 0.03
        amplitude *= number ** -values["slope"] * np.exp(rng.normal(0, 0.25, len(number)))
        edge_hz = values["pick_hz"] * (0.35 + 0.65 * velocity)
        amplitude /= 1 + (number * hz / edge_hz) ** 2
        phases = np.exp(1j * np.pi * rng.normal(0, 0.5, len(number)))
        burst = fft.irfft(np.concatenate([[0.0], amplitude * phases]), period)
        return (burst / np.std(burst)).astype(np.float32)


class AcousticGuitar(PluckedString):
    """Steel or nylon strings on a wooden body."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, (3.0, 6.0), (0.05, 0.4), takes_apart=rng.random() < 0.4)
        self.parameters["slope"] = float(rng.uniform(0.4, 1.1))
        self.parameters["body"] = [
            [float(rng.uniform(95, 120)), float(rng.uniform(4, 9)), 4.0],
            [float(rng.uniform(185, 230)), float(rng.uniform(3, 8)), 4.0],
            [float(rng.uniform(380, 480)), float(rng.uniform(-3, 4)), 3.0],
            [float(rng.uniform(2500, 4500)), float(rng.uniform(0, 6)), 1.0],
        ]

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The resonances of the body."""
        return peaks(highpass(sound, 70.0), [tuple(band) for band in self.parameters["body"]])


class CleanGuitar(PluckedString):
    """Electric guitar through a clean, slightly driven amplifier."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, (3.5, 7.0), (0.05, 0.35))
        self.parameters["drive"] = float(rng.uniform(0.3, 1.6))
        self.parameters["cabinet_hz"] = float(rng.uniform(4000, 6500))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Amplifier and cabinet."""
        return amplify(sound, self.parameters["drive"], 0.1, self.parameters["cabinet_hz"])


class DistortedGuitar(PluckedString):
    """Electric guitar through an overdriven amplifier; often two takes, left and right."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, (5.0, 10.0), (0.05, 0.3), takes_apart=rng.random() < 0.6)
        self.parameters["drive"] = float(np.exp(rng.uniform(np.log(4.0), np.log(40.0))))
        self.parameters["bias"] = float(rng.uniform(0.0, 0.4))
        self.parameters["cabinet_hz"] = float(rng.uniform(3800, 5600))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Amplifier and cabinet."""
        values = self.parameters
        return amplify(
            sound,
            values["drive"],
            values["bias"],
            values["cabinet_hz"],
            low_hz=100.0,
            presence_db=6.0,
        )


class ElectricBass(PluckedString):
    """Bass guitar, finger or pick, straight into the desk or through an amplifier."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, (3.0, 7.0), (0.2, 0.5))
        self.parameters["pick_hz"] = float(np.exp(rng.uniform(np.log(500), np.log(4500))))
        self.parameters["slope"] = float(rng.uniform(0.9, 1.6))
        self.parameters["drive"] = float(rng.choice([0.4, 0.8, rng.uniform(1.0, 5.0)]))
        self.parameters["cabinet_hz"] = float(rng.uniform(2200, 5000))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Amplifier and cabinet, on one channel: basses stand in the middle."""
        values = self.parameters
        one = amplify(sound[:, :1], values["drive"], 0.15, values["cabinet_hz"], low_hz=35.0)
        return np.repeat(one, 2, axis=1)


def amplify(
    sound: np.ndarray,
    drive: float,
    bias: float,
    cabinet_hz: float,
    *,
    low_hz: float = 80.0,
    presence_db: float = 0.0,
) -> np.ndarray:
    """A tube amplifier and its cabinet.

    Args:
        sound: (time, channels).
        drive: gain in front of the tube, relative to the loud parts of the sound: 1 is clean.
        bias: 0 to 0.5, asymmetry of the tube: even harmonics.
        cabinet_hz: where the loudspeaker gives up.
        low_hz: lowest frequency it reproduces.
        presence_db: gain around 2.6 kHz, where guitar loudspeakers bite.
    """
    # Both channels identical: do the work once.
    if sound.shape[1] == 2 and np.array_equal(sound[:, 0], sound[:, 1]):
        one = amplify(sound[:, :1], drive, bias, cabinet_hz, low_hz=low_hz, presence_db=presence_db)
        return np.repeat(one, 2, axis=1)
    loud = np.percentile(np.abs(sound[::16]), 98) + 1e-6
    # Twice the rate around the tube, as its harmonics would fold back otherwise.
    wide = signal.resample_poly(highpass(sound, low_hz) / loud, 2, 1, axis=0)
    wide = np.tanh(np.float32(drive) * wide + np.float32(bias)) - np.float32(np.tanh(bias))
    sound = signal.resample_poly(wide, 1, 2, axis=0).astype(np.float32)
    sound = lowpass(highpass(sound, low_hz), cabinet_hz, 4)
    return peaks(sound, [(110.0, 3.0, 1.2), (2600.0, presence_db, 1.2), (450.0, -3.0, 0.9)])
