"""Drum kits from modes and noise: an acoustic-like one and a drum machine."""

from collections.abc import Callable

import numpy as np
from scipy import signal

from .. import beats
from ..dsp import (
    LN_1000,
    band_noise,
    decaying_modes,
    fade_out,
    highpass,
    lowpass,
    noise,
    time_axis,
    to_frames,
)
from .base import Engine, Stroke, stereo

PANS = {
    beats.CLOSED_HAT: 0.3,
    beats.OPEN_HAT: 0.3,
    beats.RIDE: -0.35,
    beats.CRASH: -0.25,
    beats.HIGH_TOM: 0.35,
    beats.MID_TOM: 0.0,
    beats.LOW_TOM: -0.4,
    beats.TAMBOURINE: -0.3,
    beats.COWBELL: 0.25,
    beats.SHAKER: 0.45,
}


def decay(frames: int, seconds: float) -> np.ndarray:
    """Exponential fall by 60 dB in `seconds`, (frames,) float32."""
    return np.exp(-LN_1000 / seconds * time_axis(frames))


def falling_tone(frames: int, start_hz: float, end_hz: float, fall_seconds: float) -> np.ndarray:
    """A sine that falls from one frequency to another: a drum head after the blow."""
    time = time_axis(frames)
    sweep = (start_hz - end_hz) * fall_seconds * (1.0 - np.exp(-time / fall_seconds))
    return np.sin(2 * np.pi * (end_hz * time + sweep)).astype(np.float32)


class DrumKit(Engine):
    """A kit; pitches are the percussion numbers in `beats`.

    Args:
        rng: source of the kit's sizes, tunings and noise.
        electronic: a drum machine rather than skins and bronze.
    """

    takes = 3

    def __init__(self, rng: np.random.Generator, *, electronic: bool):
        super().__init__(rng)
        self.electronic = electronic
        draw = rng.uniform
        self.parameters = {
            "electronic": electronic,
            "kick_hz": float(draw(42, 62)),
            "kick_seconds": float(draw(0.3, 1.3) if electronic else draw(0.25, 0.5)),
            "kick_start_hz": float(draw(150, 420) if electronic else draw(110, 200)),
            "kick_click": float(draw(0.05, 0.5)),
            "snare_hz": float(draw(160, 245)),
            "snare_wires": float(draw(0.5, 1.6)),
            "snare_seconds": float(draw(0.15, 0.4)),
            "hat_hz": float(draw(5000, 9000)),
            "hat_seconds": float(draw(0.06, 0.16)),
            "cymbal_seconds": float(draw(1.2, 3.0)),
            "tom_hz": float(draw(75, 120)),
            "spread": float(draw(0.2, 1.0)),
            "room": 0.0 if electronic else float(draw(0.03, 0.35)),
            "room_seconds": float(draw(0.15, 0.5)),
        }
        # Plates of one size each: the modes of a cymbal stay the same from blow to blow.
        self._plate_hz = np.sort(np.exp(rng.uniform(np.log(350), np.log(17000), 160)))
        self._pieces: dict[int, Callable[[float], np.ndarray]] = {
            beats.KICK: self._kick,
            beats.SNARE: self._snare,
            beats.RIM: self._rim,
            beats.CLAP: self._clap,
            beats.CLOSED_HAT: lambda v: self._hat(v, self.parameters["hat_seconds"]),
            beats.OPEN_HAT: lambda v: self._hat(v, 6 * self.parameters["hat_seconds"]),
            beats.CRASH: lambda v: self._cymbal(v, 1.0, 0.5),
            beats.RIDE: lambda v: self._cymbal(v, 0.6, 0.12),
            beats.LOW_TOM: lambda v: self._tom(v, 1.0),
            beats.MID_TOM: lambda v: self._tom(v, 1.35),
            beats.HIGH_TOM: lambda v: self._tom(v, 1.75),
            beats.TAMBOURINE: lambda v: self._shake(v, 6500, 0.12),
            beats.SHAKER: lambda v: self._shake(v, 4500, 0.07),
            beats.COWBELL: self._cowbell,
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        sound = self._pieces[stroke.pitch](stroke.velocity)
        sound = fade_out(sound * np.float32(stroke.velocity**1.5))
        pan = PANS.get(stroke.pitch, 0.0) * self.parameters["spread"]
        return stereo(np.sqrt(1 - pan) * sound, np.sqrt(1 + pan) * sound).astype(np.float32)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add the room the kit stands in."""
        if not self.parameters["room"]:
            return sound
        frames = to_frames(self.parameters["room_seconds"])
        walls = np.stack([lowpass(noise(self.rng, frames), 6000.0) for _ in range(2)]).T
        walls *= decay(frames, self.parameters["room_seconds"])[:, None]
        walls /= np.sqrt(np.sum(walls**2, axis=0))
        room = signal.oaconvolve(sound.sum(axis=1, keepdims=True), walls, axes=0)[: len(sound)]
        return sound + np.float32(self.parameters["room"]) * room.astype(np.float32)

    def _kick(self, velocity: float) -> np.ndarray:
        values, rng = self.parameters, self.rng
        frames = to_frames(values["kick_seconds"] + 0.05)
        fall = 0.03 if self.electronic else 0.015
        start = values["kick_hz"] + (values["kick_start_hz"] - values["kick_hz"]) * velocity
        body = falling_tone(frames, start, values["kick_hz"], fall)
        body *= decay(frames, values["kick_seconds"])
        click = band_noise(rng, frames, 1500, 7000) * decay(frames, 0.012)
        if not self.electronic:
            # The shell and the beater's felt: a short thud above the tone.
            body += 0.25 * band_noise(rng, frames, 90, 400) * decay(frames, 0.08)
        return body + values["kick_click"] * velocity * click

    def _snare(self, velocity: float) -> np.ndarray:
        values, rng = self.parameters, self.rng
        frames = to_frames(values["snare_seconds"] + 0.1)
        pitch = values["snare_hz"]
        if self.electronic:
            ratios, seconds = np.array([1.0, 1.83]), 0.14
        else:
            # Zeros of the Bessel functions: the modes of a round head.
            ratios, seconds = np.array([1.0, 1.59, 2.14, 2.30, 2.65, 2.92]), 0.2
        head = decaying_modes(
            pitch * ratios * rng.uniform(0.99, 1.01),
            0.9 / np.arange(1, len(ratios) + 1),
            seconds / np.sqrt(ratios),
            rng.uniform(0, 0.3, len(ratios)),
            frames,
        )
        low = 1200 if self.electronic else 1800
        wires = band_noise(rng, frames, low, 9500) * decay(frames, values["snare_seconds"])
        crack = highpass(noise(rng, frames), 3000.0) * decay(frames, 0.02)
        level = values["snare_wires"] * (0.5 + 0.5 * velocity)
        return 0.7 * head + 0.45 * level * wires + 0.3 * velocity * crack

    def _rim(self, velocity: float) -> np.ndarray:
        frames = to_frames(0.12)
        partials = np.array([490.0, 780.0, 1670.0, 2310.0])
        amplitudes, seconds = np.array([0.5, 0.4, 0.8, 0.4]), np.array([0.08, 0.07, 0.05, 0.03])
        tone = decaying_modes(partials, amplitudes, seconds, np.zeros(4), frames)
        return 0.7 * tone + 0.3 * velocity * noise(self.rng, frames) * decay(frames, 0.008)

    def _clap(self, velocity: float) -> np.ndarray:
        frames = to_frames(0.35)
        envelope = 0.6 * decay(frames, 0.25)
        for start in (0.0, 0.011, 0.021, 0.030):
            shift = to_frames(start * self.rng.uniform(0.85, 1.15))
            envelope[shift:] += decay(frames - shift, 0.02)
        return 0.35 * (0.4 + 0.6 * velocity) * envelope * band_noise(self.rng, frames, 900, 3500)

    def _hat(self, velocity: float, seconds: float) -> np.ndarray:
        frames = to_frames(seconds + 0.03)
        hiss = highpass(noise(self.rng, frames), self.parameters["hat_hz"], 4)
        if self.electronic:
            # Six square waves that share no harmonic, as in the classic drum machines.
            time = time_axis(frames)[:, None]
            squares = np.sign(np.sin(2 * np.pi * time * [317.0, 465.0, 527.0, 583.0, 680.0, 847.0]))
            metal = highpass(squares.sum(axis=1) / 6, self.parameters["hat_hz"], 4)
        else:
            metal = self._plate(frames, seconds, 4000.0)
        return 0.35 * (hiss + 0.7 * metal) * decay(frames, seconds) * (0.5 + 0.5 * velocity)

    def _cymbal(self, velocity: float, size: float, wash: float) -> np.ndarray:
        seconds = self.parameters["cymbal_seconds"] * size
        frames = to_frames(seconds)
        metal = self._plate(frames, seconds, 300.0)
        hiss = highpass(noise(self.rng, frames), 4000.0) * decay(frames, 0.7 * seconds)
        # A plate takes a moment until the high modes are at full strength.
        swell = 1.0 - 0.6 * np.exp(-time_axis(frames) / 0.015)
        return (0.25 * metal + wash * velocity * hiss * swell).astype(np.float32)

    def _plate(self, frames: int, seconds: float, low_hz: float) -> np.ndarray:
        """The modes of a struck plate above `low_hz`; high ones die sooner."""
        hz = self._plate_hz[self._plate_hz > low_hz] * self.rng.uniform(0.998, 1.002)
        amplitudes = self.rng.uniform(0.2, 1.0, len(hz)) / np.sqrt(len(hz))
        phases = self.rng.uniform(0, 2 * np.pi, len(hz))
        return decaying_modes(hz, amplitudes, seconds * (2000.0 / (hz + 1500.0)), phases, frames)

    def _tom(self, velocity: float, size: float) -> np.ndarray:
        hz = self.parameters["tom_hz"] * size
        frames = to_frames(0.55)
        tone = falling_tone(frames, hz * (1.15 + 0.35 * velocity), hz, 0.05) * decay(frames, 0.45)
        skin = band_noise(self.rng, frames, 2 * hz, 3000) * decay(frames, 0.06)
        return 0.8 * tone + (0.05 if self.electronic else 0.25) * skin

    def _shake(self, velocity: float, low_hz: float, seconds: float) -> np.ndarray:
        frames = to_frames(seconds + 0.05)
        rise = np.minimum(time_axis(frames) / 0.015, 1.0)
        grains = band_noise(self.rng, frames, low_hz, 13000) * rise * decay(frames, seconds)
        return 0.3 * (0.4 + 0.6 * velocity) * grains

    def _cowbell(self, velocity: float) -> np.ndarray:
        frames = to_frames(0.35)
        hz = np.array([540.0, 800.0, 1620.0, 2400.0, 3220.0])
        amplitudes = np.array([0.6, 0.7, 0.25, 0.25, 0.1])
        return decaying_modes(hz, amplitudes, np.full(5, 0.3), np.zeros(5), frames) * velocity
