"""Plays guitars: clean, distorted, soloing, muted, acoustic, and other things with frets."""

from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import Stroke, stereo
from synthgen_tf.render.engines.body import in_front_of, levelled, on_both, wooden_body
from synthgen_tf.render.engines.plucked.amp import amplify, sample_amplifier
from synthgen_tf.render.engines.plucked.strings import PluckedString
from synthgen_tf.render.signals.dsp import control_axis, from_control, highpass, moving_delay

Range = tuple[float, float]


class ElectricGuitar(PluckedString):
    """An electric guitar through an amplifier, which all strings share.

    Args:
        rng: source of the instrument's parameters and noise.
        characters: kinds of amplifier to choose from.
        double_chance: share of parts that are played twice, left and right.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        characters: tuple[str, ...],
        double_chance: float,
        **ranges: tuple[float, float],
    ):
        apart = bool(rng.random() < double_chance)
        string = {"pickup": (0.04, 0.22), "ring_seconds": (5.0, 11.0)} | ranges
        super().__init__(rng, takes_apart=apart, **string)
        self.parameters["amplifier"] = sample_amplifier(rng, str(rng.choice(characters)))
        if apart and rng.random() < 0.5:
            self.parameters["second_amplifier"] = sample_amplifier(rng, str(rng.choice(characters)))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Play both sides through one amplifier, or each through its own."""
        first = self.parameters["amplifier"]
        second = self.parameters.get("second_amplifier")
        if second is None:
            return on_both(sound, lambda side: amplify(self.rng, side, first))
        sides = (amplify(self.rng, sound[:, side], (first, second)[side]) for side in (0, 1))
        return stereo(*sides)


class DistortedGuitar(ElectricGuitar):
    """A guitar, overdriven to fuzzy; chords are chugged with the palm, lines bent and shaken."""

    mute_below = 62
    strum_seconds = (0.002, 0.015)
    solo = (0.2, 1.0)

    def __init__(self, rng: np.random.Generator):
        characters = ("crunch", "lead", "lead", "high gain", "high gain", "fuzz")
        super().__init__(rng, characters, 0.55, loss_hz=(1200.0, 4000.0))


class LeadGuitar(ElectricGuitar):
    """A soloist: bends, late vibrato, slides; through a singing amplifier."""

    solo = (0.6, 1.0)

    def __init__(self, rng: np.random.Generator):
        characters = ("crunch", "lead", "lead", "high gain", "fuzz")
        super().__init__(rng, characters, 0.1, loss_hz=(1500.0, 5000.0), edge_hz=(3000.0, 9000.0))


class CleanGuitar(ElectricGuitar):
    """A guitar, clean or nearly so, often with chorus or tremolo."""

    solo = (0.0, 0.5)

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, ("clean", "clean", "clean", "crunch"), 0.15)
        kind = str(rng.choice(["none", "chorus", "tremolo"], p=[0.5, 0.38, 0.12]))
        self.parameters["motion"] = kind
        slow = kind == "chorus"
        self.parameters["motion_hz"] = float(rng.uniform(0.3, 1.8) if slow else rng.uniform(3, 8))
        self.parameters["motion_depth"] = float(rng.uniform(0.2, 0.9))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Play the part through the amplifier, then through chorus or tremolo."""
        sound = super().finish(sound)
        values, time = self.parameters, control_axis(len(sound))
        swing = np.sin(2 * np.pi * values["motion_hz"] * time)
        if values["motion"] == "tremolo":
            gain = from_control(1 - values["motion_depth"] * (0.5 + 0.5 * swing), len(sound))
            return sound * gain[:, None]
        if values["motion"] == "chorus":
            moved = moving_delay(sound[:, 0], 0.008 + 0.0025 * swing)
            moved *= np.float32(values["motion_depth"])
            return stereo(sound[:, 0] + moved, sound[:, 1] - moved)
        return sound


class MutedGuitar(CleanGuitar):
    """A funk guitar under a damping left hand: short notes, and many that are only a scratch."""

    strum_seconds = (0.002, 0.012)

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters["dead_share"] = float(rng.uniform(0.1, 0.5))
        self.parameters["scrape"] = float(rng.uniform(0.05, 0.2))
        self.parameters["mute_seconds"] = float(rng.uniform(0.06, 0.3))

    def _is_muted(self, stroke: Stroke) -> bool:
        return True

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """Return the sound of one muted string, (time,) float32."""
        sound = super().stroke(stroke)
        if self.rng.random() < self.parameters["dead_share"] and stroke.seconds < 0.25:
            sound *= np.exp(-np.arange(len(sound), dtype=np.float32) / 600.0)
        return sound


class AcousticGuitar(PluckedString):
    """A guitar, or what is like it: strings on a wooden body, in front of two microphones.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: a key of `BODIES`.
    """

    def __init__(self, rng: np.random.Generator, kind: str = "steel guitar"):
        body, string = BODIES[kind]
        double = kind.endswith("guitar") and rng.random() < 0.3
        super().__init__(rng, takes_apart=bool(double), **string)
        self.parameters |= {
            "kind": kind,
            "body_hz": [float(rng.uniform(*limits)) for limits in body["first_hz"]],
            "direct": float(rng.uniform(*body["direct"])),
            "bright_hz": float(rng.uniform(*body["bright_hz"])),
            "quality": float(rng.uniform(*body["quality"])),
            "low_cut_hz": float(rng.uniform(50, 120)),
            "squeaks": float(rng.uniform(0.0, 0.012)) if kind.endswith("guitar") else 0.0,
            "octaves": body["octaves"],
            "width": float(rng.uniform(0.1, 1.0)),
        }

    def _strum(self, chords: list[list[Note]]) -> list[Note]:
        notes = super()._strum(chords)
        return with_octaves(self.rng, notes) if self.parameters["octaves"] else notes

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add the body, heard by two microphones."""
        values = self.parameters
        body = wooden_body(
            self.rng,
            values["body_hz"],
            direct=values["direct"],
            bright_hz=values["bright_hz"],
            quality=values["quality"],
        )
        if values["squeaks"]:
            squeak = values["squeaks"] * self.squeaks(len(sound), 0.5)
            sound = sound + (squeak * np.float32(2.0))[:, None]
        body[:, 1] = values["width"] * body[:, 1] + (1 - values["width"]) * body[:, 0]
        return levelled(highpass(in_front_of(sound, body), values["low_cut_hz"]))


def with_octaves(rng: np.random.Generator, notes: list[Note]) -> list[Note]:
    """Add a twin to every string: an octave up on the low ones, unison on the high ones."""
    twins = []
    for note in notes:
        octave = 12 if note.pitch < 58 else 0
        late = float(rng.uniform(0.002, 0.006))
        start = note.start_seconds + late
        twins.append(replace(note, pitch=note.pitch + octave, start_seconds=start))
    return sorted([*notes, *twins], key=lambda note: note.start_seconds)


def _body(
    first_hz: tuple[Range, ...],
    direct: Range,
    bright_hz: Range,
    quality: Range = (18, 35),
    *,
    octaves: bool = False,
) -> dict:
    """Return the ranges that a body is drawn from; `octaves` doubles every string."""
    return {
        "first_hz": first_hz,
        "direct": direct,
        "bright_hz": bright_hz,
        "quality": quality,
        "octaves": octaves,
    }


WOOD = ((92, 118), (180, 225), (340, 420))
STEEL = {"ring_seconds": (3.0, 7.0), "loss_hz": (1200, 4000), "slope": (0.5, 1.1)}
STEEL |= {"edge_hz": (4000, 11000), "scrape": (0.03, 0.15), "sharp_cents": (0, 8)}
NYLON = {"ring_seconds": (2.0, 4.5), "loss_hz": (500, 1500), "slope": (0.8, 1.4)}
NYLON |= {"edge_hz": (1800, 5000), "stiffness": (5e-6, 3e-5), "scrape": (0.005, 0.05)}
WIRE = {"ring_seconds": (4.0, 9.0), "loss_hz": (2000, 6000), "slope": (0.3, 0.8)}
WIRE |= {"edge_hz": (5000, 12000), "place": (0.05, 0.15), "scrape": (0.03, 0.12)}
SHORT = {"ring_seconds": (1.0, 2.2), "loss_hz": (1200, 3000), "slope": (0.4, 0.9)}
SHORT |= {"edge_hz": (4000, 10000), "scrape": (0.03, 0.12)}

BODIES = {
    "steel guitar": (_body(WOOD, (0.1, 0.45), (1500, 5000)), STEEL),
    "nylon guitar": (_body(WOOD, (0.05, 0.3), (900, 3000)), NYLON),
    "twelve string guitar": (_body(WOOD, (0.1, 0.45), (2000, 6000), octaves=True), STEEL),
    "mandolin": (_body(((190, 230), (380, 460)), (0.1, 0.4), (2500, 6000), octaves=True), SHORT),
    "ukulele": (_body(((200, 260), (380, 480)), (0.05, 0.3), (1500, 4000)), NYLON),
    "banjo": (_body(((210, 300), (480, 600)), (0.1, 0.4), (2500, 6000), (8, 15)), SHORT),
    "harp": (_body(((110, 180), (250, 350)), (0.2, 0.6), (1200, 3000)), NYLON),
    "koto": (_body(((160, 240), (400, 520)), (0.2, 0.6), (2000, 4500)), SHORT | NYLON),
    "sitar": (_body(((90, 130), (260, 340)), (0.2, 0.5), (3000, 7000)), WIRE),
    "dulcimer": (_body(((150, 220), (330, 440)), (0.2, 0.5), (3000, 7000), octaves=True), WIRE),
    "harpsichord": (_body(((90, 150), (230, 330)), (0.2, 0.5), (3500, 7000)), WIRE),
}
"""Bodies and strings by kind."""
