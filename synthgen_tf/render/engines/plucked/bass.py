"""Basses with strings: finger, pick, slap, fretless, upright."""

import numpy as np

from synthgen_tf.render.engines.base import Stroke, stereo
from synthgen_tf.render.engines.body import levelled, wooden_body
from synthgen_tf.render.engines.plucked.amp import amplify, sample_amplifier
from synthgen_tf.render.engines.plucked.strings import PluckedString
from synthgen_tf.render.signals.dsp import (
    coloured_noise,
    control_axis,
    convolve,
    from_control,
    highpass,
    ring_modes,
    time_axis,
    to_frames,
    to_hz,
)

FINGER = {"edge_hz": (450, 1600), "place": (0.12, 0.3), "slope": (0.9, 1.4), "scrape": (0.0, 0.03)}
PICK = {"edge_hz": (1800, 6000), "place": (0.07, 0.16), "slope": (0.6, 1.0), "scrape": (0.02, 0.1)}
BASS = {
    "ring_seconds": (5.0, 11.0),
    "loss_hz": (350, 1800),
    "stiffness": (5e-5, 2.5e-4),
    "pickup": (0.06, 0.25),
    "sharp_cents": (0.0, 12.0),
}


class ElectricBass(PluckedString):
    """Bass guitar played with fingers or a pick; desk, amplifier or both.

    Args:
        rng: source of the instrument's parameters and noise.
        ranges: what differs from a finger or pick bass.
    """

    strum_seconds = (0.0, 0.01)
    mute_below = 60

    def __init__(self, rng: np.random.Generator, **ranges: tuple[float, float]):
        hand = FINGER if rng.random() < 0.6 else PICK
        super().__init__(rng, takes_apart=False, **(BASS | hand | ranges))
        character = "bass" if rng.random() < 0.65 else "driven bass"
        self.parameters["amplifier"] = sample_amplifier(rng, character)
        self.parameters["desk"] = float(rng.choice([0.0, rng.uniform(0.2, 1.0)]))
        # Flat strings or a sponge at the bridge: some basses always sound short.
        if rng.random() < 0.25:
            self.parameters["ring_seconds"] = float(rng.uniform(0.8, 2.0))

    def _is_muted(self, stroke: Stroke) -> bool:
        return super()._is_muted(stroke) and stroke.velocity < 0.8

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Amplifier and desk, on one channel: basses stand in the middle."""
        mono = np.ascontiguousarray(sound[:, 0])
        wet = amplify(self.rng, mono, self.parameters["amplifier"])
        wet += np.float32(self.parameters["desk"]) * levelled(mono)
        wet = highpass(wet, 28.0)
        return stereo(wet, wet)


class SlapBass(ElectricBass):
    """The thumb strikes low strings, a finger pops high ones against the frets."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, edge_hz=(2500, 7000), slope=(0.4, 0.9), loss_hz=(1500, 5000))
        self.parameters["slap"] = float(rng.uniform(0.15, 0.6))
        self.parameters["pop_above"] = int(rng.integers(40, 48))
        self.parameters["fret_hz"] = float(rng.uniform(1800, 4500))

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        sound = super().stroke(stroke)
        pop = stroke.pitch >= self.parameters["pop_above"]
        length = min(len(sound), to_frames(0.09))
        time = time_axis(length)
        # The string hits the frets: a clatter of its high partials, dead within 50 ms.
        hz = self.parameters["fret_hz"] * (1.3 if pop else 1.0)
        clatter = coloured_noise(self.rng, length, 0.5 * hz, 2.0 * hz) * np.exp(-time / 0.012)
        thump = np.sin(2 * np.pi * 90 * time) * np.exp(-time / 0.02)
        level = np.float32(self.parameters["slap"] * stroke.velocity)
        sound[:length] += level * (clatter + (0.2 if pop else 0.8) * thump)
        return sound


class FretlessBass(ElectricBass):
    """No frets: slides, vibrato, and upper partials that bloom late."""

    solo = (0.5, 1.0)

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, edge_hz=(500, 1500), loss_hz=(800, 2200), pickup=(0.05, 0.12))
        self.parameters["bloom"] = float(rng.uniform(0.3, 1.0))
        self.parameters["bloom_seconds"] = float(rng.uniform(0.06, 0.2))

    def _string(self, stroke: Stroke, frames: int) -> np.ndarray:
        values = self.parameters
        sound = super()._string(stroke, frames)
        hz = float(to_hz(stroke.pitch))
        number = np.arange(3, 12)
        levels = values["bloom"] * np.exp(-(((number * hz - 700) / 450) ** 2)) / np.sqrt(number)
        bloom = ring_modes(number * hz, levels, 2.5 / np.sqrt(number / 3), number * 0.7, frames)
        time = control_axis(frames)
        return sound + bloom * from_control(1 - np.exp(-time / values["bloom_seconds"]), frames)


class UprightBass(PluckedString):
    """Double bass, plucked: soft strings, a large body, and a finger one can hear."""

    strum_seconds = (0.0, 0.01)
    solo = (0.2, 0.6)

    def __init__(self, rng: np.random.Generator):
        super().__init__(
            rng,
            ring_seconds=(1.2, 3.5),
            loss_hz=(250, 800),
            stiffness=(2e-5, 1e-4),
            slope=(0.9, 1.5),
            place=(0.15, 0.3),
            edge_hz=(500, 2000),
            scrape=(0.01, 0.06),
            tuning_cents=(3.0, 9.0),
        )
        self.parameters |= {
            "body_hz": [float(rng.uniform(55, 75)), float(rng.uniform(95, 125))],
            "direct": float(rng.uniform(0.2, 0.6)),
            "bright_hz": float(rng.uniform(500, 1800)),
            "click": float(rng.uniform(0.0, 0.25)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        sound = super().stroke(stroke)
        length = min(len(sound), to_frames(0.05))
        knock = coloured_noise(self.rng, length, 150, 1800) * np.exp(-time_axis(length) / 0.009)
        sound[:length] += np.float32(self.parameters["click"] * stroke.velocity) * knock
        return sound

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The body; one microphone."""
        values = self.parameters
        body = wooden_body(
            self.rng, values["body_hz"], direct=values["direct"], bright_hz=values["bright_hz"]
        )
        wet = levelled(highpass(convolve(sound[:, 0], body[:, 0]), 30.0))
        return stereo(wet, wet)
