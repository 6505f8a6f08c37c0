"""Struck bars, tubes, tongues and kettles that play tunes."""

import numpy as np

from synthgen_tf.render.engines.base import draw, stereo
from synthgen_tf.render.engines.body import in_front_of, levelled, wooden_body
from synthgen_tf.render.engines.keys.piano import Ringing, struck
from synthgen_tf.render.signals.dsp import control_axis, from_control, ring_modes, time_axis, to_hz

# Ratios of the partials, their levels, seconds the lowest rings at 440 Hz, and octaves by which
# the instrument sounds above what is written.
BARS = {
    "marimba": ((1.0, 3.93, 9.2, 16.0), (1.0, 0.3, 0.1, 0.05), (0.6, 1.4), 0),
    "xylophone": ((1.0, 3.0, 6.1, 10.4), (1.0, 0.6, 0.35, 0.2), (0.25, 0.6), 0),
    "vibraphone": ((1.0, 4.0, 10.3, 17.5), (1.0, 0.22, 0.08, 0.03), (3.0, 7.0), 0),
    "glockenspiel": ((1.0, 2.76, 5.4, 8.9), (1.0, 0.5, 0.3, 0.15), (1.8, 3.5), 1),
    "celesta": ((1.0, 2.76, 5.4), (1.0, 0.2, 0.08), (1.2, 2.5), 0),
    "music box": ((1.0, 2.0, 6.27, 9.4), (1.0, 0.15, 0.3, 0.1), (1.0, 2.2), 0),
    "kalimba": ((1.0, 5.4, 6.3, 12.0), (1.0, 0.15, 0.2, 0.05), (0.5, 1.2), 0),
    "tubular bells": (
        (0.5, 0.81, 1.0, 1.5, 2.0, 2.6, 3.25, 4.0, 4.8),
        (0.25, 0.2, 0.8, 0.7, 1.0, 0.5, 0.5, 0.3, 0.2),
        (4.0, 8.0),
        0,
    ),
    "steel drum": (
        (1.0, 2.0, 3.01, 4.05, 5.3, 6.9),
        (1.0, 0.8, 0.4, 0.3, 0.15, 0.1),
        (0.5, 1.2),
        0,
    ),
    "timpani": (
        (1.0, 1.5, 1.99, 2.44, 2.89, 3.4),
        (1.0, 0.75, 0.5, 0.3, 0.2, 0.1),
        (0.7, 1.6),
        0,
    ),
}


class Mallets(Ringing):
    """Bars with few, far partials, each dying at its own pace.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: a key of `BARS`; a common one is drawn where it is None.
    """

    takes = 2

    def __init__(self, rng: np.random.Generator, kind: str | None = None):
        super().__init__(rng)
        kind = kind or str(rng.choice(["marimba", "vibraphone", "glockenspiel", "xylophone"]))
        _, _, ring, _ = BARS[kind]
        self.parameters = {"kind": kind} | draw(
            rng,
            ring_seconds=ring,
            detune=(0.0, 0.012),
            mallet_hz=(900, 6000),
            knock=(0.01, 0.2),
            damped=(0.0, 1.0),
            width=(0.0, 0.8),
            wood=(0.3, 0.95),
        )
        motor = kind == "vibraphone" and rng.random() < 0.6
        self.parameters["motor_depth"] = float(rng.uniform(0.15, 0.6)) if motor else 0.0
        self.parameters["motor_hz"] = float(rng.uniform(2.0, 7.5))
        # Steel drums waver, bells hum on; only some are damped by hand or pedal.
        self.release_seconds = 0.25 if self.parameters["damped"] > 0.6 else 1.5

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """(frames, 2) float32."""
        values, rng = self.parameters, self.rng
        shape, strengths, _, octave = BARS[values["kind"]]
        hz = float(to_hz(pitch + 12 * octave))
        ratios, levels = np.array(shape), np.array(strengths)
        off = np.where(ratios == 1.0, 0.0, rng.normal(0, values["detune"], len(ratios)))
        partials = hz * ratios * (1 + off)
        levels = levels * np.exp(rng.normal(0, 0.2, len(levels)))
        levels /= 1 + (partials / (values["mallet_hz"] * (0.3 + force) + hz)) ** 2
        levels /= np.sqrt(np.sum(levels**2) / 2)
        seconds = values["ring_seconds"] * (440 / hz) ** 0.5 / ratios**0.8
        sound = ring_modes(partials, levels, seconds, np.zeros(len(ratios)), frames)
        # Soft heads take a moment to leave the bar.
        sound *= 1 - np.exp(-time_axis(frames) * np.float32(2 * values["mallet_hz"]))
        sound += values["knock"] * force * struck(rng, frames, 300, values["mallet_hz"], 0.006)
        place = np.clip((pitch - 66) / 30, -1, 1) * values["width"]
        return stereo(np.sqrt(1 - 0.6 * place) * sound, np.sqrt(1 + 0.6 * place) * sound).astype(
            np.float32
        )

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The motor's fans over the tubes, and the frame that carries the bars."""
        values = self.parameters
        if values["motor_depth"]:
            swing = 0.5 + 0.5 * np.cos(2 * np.pi * values["motor_hz"] * control_axis(len(sound)))
            gain = from_control(1 - values["motor_depth"] * swing, len(sound))
            sound = sound * gain[:, None]
        frame = wooden_body(
            self.rng, [110.0, 230.0], direct=values["wood"], bright_hz=2000, quality=10
        )
        return levelled(in_front_of(sound, frame))
