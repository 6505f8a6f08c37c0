"""Plays electric keyboards with a mechanism: tine piano, reed piano, clavinet."""

import numpy as np

from synthgen_tf.render.engines.base import draw, stereo
from synthgen_tf.render.engines.body import levelled, playing_level
from synthgen_tf.render.engines.keys.piano import Ringing, struck
from synthgen_tf.render.signals.dsp import (
    control_axis,
    convolve,
    from_control,
    highpass,
    minimum_phase,
    ring_modes,
    to_hz,
)


class ElectricPiano(Ringing):
    """An electric piano: a hammer strikes a tine or a reed, and a pickup bends its motion.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: `tine` or `reed`; drawn where it is None.
    """

    takes = 2
    release_seconds = 0.18

    def __init__(self, rng: np.random.Generator, kind: str | None = None):
        super().__init__(rng)
        kind = kind or ("tine" if rng.random() < 0.65 else "reed")
        tine = kind == "tine"
        self.parameters = {"kind": kind} | draw(
            rng,
            bell=(0.05, 0.45) if tine else (0.02, 0.12),
            bell_ratio=(6.1, 7.4),
            bark=(0.4, 2.2) if tine else (0.8, 3.0),
            offset=(0.1, 0.6) if tine else (0.25, 0.8),
            ring_seconds=(4.0, 9.0) if tine else (2.0, 4.5),
            knock=(0.0, 0.05),
            drive=(0.2, 1.2),
            bright_hz=(2500, 9000),
            tuning_cents=(0.5, 4.0),
        )
        self.parameters["tremolo"] = float(rng.choice([0.0, rng.uniform(0.15, 0.7)]))
        self.parameters["tremolo_hz"] = float(rng.uniform(2.5, 6.5))
        self.parameters["stereo"] = bool(tine and rng.random() < 0.7)

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """Return the sound of a key held down, (frames,) float32, as the pickup hears it."""
        values, rng = self.parameters, self.rng
        hz = float(to_hz(pitch + rng.normal(0, values["tuning_cents"] / 100)))
        ratio = values["bell_ratio"] * rng.uniform(0.97, 1.03)
        partials = hz * np.array([1.0, 1.003, ratio, ratio * 2.76])
        bell = values["bell"] * force * min(1.0, 500 / hz)
        ring = values["ring_seconds"] * (220 / hz) ** 0.5
        seconds = np.array([ring, 0.4 * ring, 0.6, 0.2])
        levels = np.array([0.9, 0.15, bell, 0.4 * bell])
        motion = ring_modes(partials, levels, seconds, rng.normal(0, 0.3, 4), frames)
        # The pickup is nearer to one side of the motion: loud low notes bark.
        swing = np.float32(values["bark"] * (0.25 + force) * min(1.0, (300 / hz) ** 0.4)) * motion
        offset = np.float32(values["offset"])
        bent = np.tanh(swing + offset) - np.tanh(offset)
        sound = bent / np.float32(np.std(bent[:20000]) + 1e-6)
        return sound + values["knock"] * struck(rng, frames, 100, 1500, 0.012)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add preamplifier, loudspeaker, and tremolo that may move from side to side."""
        values = self.parameters
        # The pickup's asymmetry makes an offset as well as harmonics.
        mono = highpass(np.ascontiguousarray(sound[:, 0]), 45.0)
        mono = np.tanh(np.float32(values["drive"] / (2 * playing_level(mono))) * mono)
        edge = values["bright_hz"]
        speaker = [(20, -20), (60, -3), (120, 1), (1000, 0), (edge, -3), (2 * edge, -18)]
        mono = levelled(convolve(mono, minimum_phase([*speaker, (22050, -50)], 512)))
        if not values["tremolo"]:
            return stereo(mono, mono)
        swing = np.sin(2 * np.pi * values["tremolo_hz"] * control_axis(len(mono)))
        swing = from_control(values["tremolo"] * swing, len(mono))
        return stereo(mono * (1 + swing), mono * (1 - swing if values["stereo"] else 1 + swing))


class Clavinet(Ringing):
    """A clavinet: strings over pickups, percussive, thin, damped at once by a thread of wool."""

    takes = 2
    release_seconds = 0.045

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = draw(
            rng,
            ring_seconds=(2.0, 5.0),
            place=(0.05, 0.12),
            pickup=(0.08, 0.35),
            slope=(0.5, 1.0),
            edge_hz=(2500, 8000),
            knock=(0.02, 0.15),
            drive=(0.2, 3.0),
            low_cut_hz=(70, 350),
        )

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """Return the sound of a key held down, (frames,) float32, as the pickups hear it."""
        values, rng = self.parameters, self.rng
        hz = float(to_hz(pitch + rng.normal(0, 0.02)))
        number = np.arange(1, int(np.clip(11000 / hz, 3, 60)) + 1)
        partials = hz * number * np.sqrt(1 + 1e-4 * number**2)
        levels = np.sin(np.pi * number * values["pickup"]) * number ** -values["slope"]
        levels *= np.sin(np.pi * number * values["place"]) + 0.1
        levels /= 1 + (partials / (values["edge_hz"] * (0.3 + 0.7 * force))) ** 2
        levels /= np.sqrt(np.sum(levels**2) / 2)
        rings = values["ring_seconds"] * np.sqrt(150 / hz) / (1 + partials / 1800)
        sound = ring_modes(partials, levels, rings, rng.normal(0, 0.3, len(number)), frames)
        return sound + values["knock"] * struck(rng, frames, 800, 5000, 0.004)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add the preamplifier, the same on both sides."""
        mono = highpass(np.ascontiguousarray(sound[:, 0]), self.parameters["low_cut_hz"])
        mono = np.tanh(np.float32(self.parameters["drive"] / (2 * playing_level(mono))) * mono)
        mono = levelled(highpass(mono, 40.0, 1))
        return stereo(mono, mono)
