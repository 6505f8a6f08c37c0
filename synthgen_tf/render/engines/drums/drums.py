"""Plays drum kits: which piece sounds for which number, and what is around the kit."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from synthgen_tf.render.compose import beats
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import Engine, add_at, draw, draw_log
from synthgen_tf.render.engines.body import in_front_of, levelled, near_walls, squeezed
from synthgen_tf.render.engines.drums import acoustic, machines
from synthgen_tf.render.engines.drums.percussion import PERCUSSION, sample_percussion
from synthgen_tf.render.signals.dsp import fade_out, highpass, to_frames

Piece = tuple[Callable[..., np.ndarray], dict]
"""A function (rng, values, force) to (time,), and the values it is called with."""

LOWEST, HIGHEST = 35, 81
SUBSTITUTES = {82: 70, 83: 54, 84: 81, 85: 75, 86: 41, 87: 43}
TOMS = {41: 0, 43: 1, 45: 2, 47: 3, 48: 4, 50: 5}
HATS = (beats.CLOSED_HAT, 44, beats.OPEN_HAT)

PANS = {
    42: 0.3, 44: 0.3, 46: 0.3, 49: -0.35, 52: 0.5, 55: -0.2, 57: 0.45, 51: -0.4, 53: -0.4,
    59: 0.4, 41: -0.5, 43: -0.35, 45: -0.2, 47: 0.0, 48: 0.2, 50: 0.35, 54: -0.3, 56: 0.25,
    60: 0.3, 61: 0.15, 62: -0.2, 63: -0.3, 64: -0.45, 65: 0.3, 66: 0.1, 67: 0.4, 68: 0.3,
    69: -0.4, 70: 0.45, 73: -0.3, 74: -0.3, 75: 0.2, 76: 0.3, 77: 0.1, 80: -0.4, 81: -0.4,
}  # fmt: skip

# Gains that bring pieces to where a mixing engineer would have them.
GAINS = {35: 1.0, 36: 1.0, 38: 0.8, 40: 0.8, 37: 0.5, 39: 0.8, 44: 0.35, 42: 0.4, 46: 0.4}
GAINS |= dict.fromkeys((49, 57, 52, 55), 0.45) | {51: 0.35, 59: 0.35, 53: 0.35}
GAINS |= dict.fromkeys(TOMS, 0.8)

ACOUSTIC_KINDS = ("studio", "rock", "jazz", "brushes", "gated", "dry", "lo-fi")
SHARES = (0.3, 0.22, 0.12, 0.08, 0.08, 0.12, 0.08)
MACHINE_KINDS = ("analogue", "analogue", "analogue", "sampler", "lo-fi", "hybrid")


def acoustic_pieces(rng: np.random.Generator, kind: str) -> dict[int, Piece]:
    """Draw the pieces of an acoustic kit, by General MIDI percussion number."""
    kick, snare = acoustic.sample_kick(rng), acoustic.sample_snare(rng)
    tom = acoustic.sample_tom(rng)
    if kind == "jazz":
        kick |= {"seconds": float(rng.uniform(0.5, 0.9)), "hz": float(rng.uniform(60, 85))}
        tom["hz"] *= 1.3
    if kind == "dry":
        kick["seconds"], tom["seconds"] = 0.5 * kick["seconds"], 0.5 * tom["seconds"]
    hats = acoustic.sample_plate(rng, 420.0, (0.5, 1.3)) | {"tilt": float(rng.uniform(0.1, 0.9))}
    shut = float(rng.uniform(0.06, 0.14))
    ride = acoustic.sample_plate(rng, 280.0, (1.6, 4.0))
    ride["wash"] *= 0.35
    crash, second = (acoustic.sample_plate(rng, 320.0, (1.2, 3.2)) for _ in range(2))
    hit = acoustic.brush if kind == "brushes" else acoustic.snare
    rimmed = snare | {"shell": snare["shell"] + 0.15, "hz": 1.12 * snare["hz"]}
    rim = acoustic.sample_rim(rng)
    pieces: dict[int, Piece] = {
        35: (acoustic.kick, kick | {"hz": 0.93 * kick["hz"]}),
        36: (acoustic.kick, kick),
        37: (acoustic.rim, rim),
        38: (hit, snare),
        39: (machines.clap, machines.sample_clap(rng)),
        40: (acoustic.snare, rimmed),
        42: (partial(acoustic.hat, opened=shut), hats),
        44: (acoustic.pedal_hat, hats),
        46: (partial(acoustic.hat, opened=1.0), hats),
        49: (acoustic.plate, crash),
        51: (partial(acoustic.plate, ping=0.5), ride),
        52: (partial(acoustic.plate, length=0.6), crash | {"tilt": -0.4, "wash": 0.9}),
        53: (partial(acoustic.plate, length=0.7, ping=1.0), ride | {"wash": 0.05}),
        55: (partial(acoustic.plate, length=0.3), second | {"low_hz": 700.0}),
        57: (acoustic.plate, second),
        59: (partial(acoustic.plate, ping=0.3, length=0.8), second | {"wash": 0.2}),
    }
    return pieces | {number: (acoustic.tom, tom | {"size": size}) for number, size in TOMS.items()}


def machine_pieces(rng: np.random.Generator) -> dict[int, Piece]:
    """Draw the pieces of a drum machine, by General MIDI percussion number."""
    kick, snare = machines.sample_machine_kick(rng), machines.sample_machine_snare(rng)
    metal, tom = machines.sample_metal(rng), machines.sample_machine_tom(rng)
    rim = acoustic.sample_rim(rng)
    bright = snare | {"hz": 1.15 * snare["hz"], "noise": min(1.0, 1.3 * snare["noise"])}
    long = metal["long"]
    pieces: dict[int, Piece] = {
        35: (machines.machine_kick, kick | {"seconds": 0.6 * kick["seconds"]}),
        36: (machines.machine_kick, kick),
        37: (machines.machine_rim, rim),
        38: (machines.machine_snare, snare),
        39: (machines.clap, machines.sample_clap(rng)),
        40: (machines.machine_snare, bright),
        56: (machines.machine_bell, machines.sample_bell(rng)),
    }
    for number, length in ((42, 1.0), (44, 0.7), (46, long), (55, 1.2 * long)):
        pieces[number] = (partial(machines.metal, length=length), metal)
    for number, tune in ((49, 1.0), (57, 1.2), (52, 0.8), (51, 1.4), (53, 1.9), (59, 1.6)):
        own = metal | {"tune": metal["tune"] * tune, "hz": 0.6 * metal["hz"]}
        pieces[number] = (partial(machines.metal, length=(1.2 + 0.8 / tune) * long), own)
    return pieces | {
        number: (machines.machine_tom, tom | {"size": size}) for number, size in TOMS.items()
    }


class Kit(Engine):
    """The base of all kits; pitches are General MIDI percussion numbers.

    Numbers without a piece get one that is like it.

    `parameters` hold `kind`, `spread` of the pieces from left to right, `squeeze` of the
    compressor, `drive` of the tape, and `room` with `room_seconds`.
    """

    layers = 4

    def hit(self, number: int, force: float) -> np.ndarray:
        """Return the sound of one piece, (time,) or (time, 2) float32; `force` is 0 to 1."""
        raise NotImplementedError

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """Play all strokes of a part where each piece stands, (frames, 2), channels contiguous."""
        sides = np.zeros((2, frames), np.float32)
        hats = [note.start_seconds for note in notes if note.pitch in HATS]
        cache: dict[tuple, np.ndarray] = {}
        for stroke, start_seconds in self.strokes(notes):
            number = piece_of(stroke.pitch)
            force = float(np.ceil(stroke.velocity * self.layers) / self.layers)
            key = (number, force, stroke.take)
            if key not in cache:
                cache[key] = self.hit(number, force)
            sound = cache[key]
            if number == beats.OPEN_HAT:
                # The foot, or the next stroke, shuts it.
                after = [time for time in hats if time > start_seconds + 0.03]
                if after:
                    sound = fade_out(
                        sound[: to_frames(after[0] - start_seconds + 0.03)].copy(), 0.03
                    )
            gain = GAINS.get(number, 0.5) * (stroke.velocity / force) ** 1.5 * force**1.2
            place = PANS.get(number, 0.0) * self.parameters["spread"]
            for side, sign in ((0, -1), (1, 1)):
                level = np.float32(gain * np.sqrt(1 + sign * place))
                heard = sound if sound.ndim == 1 else sound[:, side]
                add_at(sides[side], heard * level, to_frames(start_seconds))
        return sides.T

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add the room, the compressor and the tape."""
        values = self.parameters
        if values["room"]:
            sound = sound + self._room(sound)
        if values["squeeze"] > 0.15:
            sound = squeezed(sound, values["squeeze"])
        # Tape or clipper: little or much of it, but no desk leaves drums their highest peaks.
        sound = levelled(sound, 0.15)
        edge = np.float32(1.0 / (1 + 2 * values["drive"]))
        return levelled(sound / np.sqrt(1 + (sound / edge) ** 2), 0.15)

    def _room(self, sound: np.ndarray) -> np.ndarray:
        """Return the room as two microphones far from the kit hear it."""
        values = self.parameters
        gated = values["kind"] == "gated"
        walls = near_walls(self.rng, 2.5 if gated else values["room_seconds"], 7000.0)
        if gated:
            walls = fade_out(walls[: to_frames(0.12 + 0.2 * values["room_seconds"])].copy(), 0.03)
        mono = sound.mean(axis=1)
        return in_front_of(np.stack([mono, mono]).T, walls) * np.float32(values["room"])


class DrumKit(Kit):
    """A kit of our own, acoustic or a machine.

    Args:
        rng: source of the kit's sizes, tunings and noise.
        electronic: a drum machine rather than skins and bronze.
        kind: one of `ACOUSTIC_KINDS` or `MACHINE_KINDS`; drawn where it is None.
    """

    takes = 3

    def __init__(self, rng: np.random.Generator, *, electronic: bool, kind: str | None = None):
        super().__init__(rng)
        kinds = MACHINE_KINDS if electronic else ACOUSTIC_KINDS
        kind = kind or str(rng.choice(kinds, p=None if electronic else SHARES))
        sampled = electronic and kind in ("sampler", "lo-fi")
        real = not electronic or sampled or kind == "hybrid"
        self.pieces = {number: (hit, sample_percussion(rng)) for number, hit in PERCUSSION.items()}
        self.pieces |= acoustic_pieces(rng, kind) if real else machine_pieces(rng)
        if kind == "hybrid":
            machine = machine_pieces(rng)
            taken = [number for number in machine if rng.random() < 0.5]
            self.pieces |= {number: machine[number] for number in taken}
        self.parameters = {"electronic": electronic, "kind": kind, "pieces": {}}
        self.parameters |= draw(rng, spread=(0.2, 1.0), squeeze=(0.0, 0.8))
        self.parameters |= self._surroundings(kind, electronic, sampled or kind == "lo-fi")

    def _surroundings(self, kind: str, electronic: bool, sampled: bool) -> dict:
        """Draw what is around the kit."""
        rng = self.rng
        room = {"rock": (0.15, 0.6), "gated": (0.5, 1.2), "dry": (0.0, 0.08)}.get(
            kind, (0.03, 0.35)
        )
        values = {"room": 0.0 if electronic else float(rng.uniform(*room))}
        values["room_seconds"] = draw_log(rng, 0.2, 1.4)
        values["drive"] = float(rng.choice([0.0, rng.uniform(0.2, 2.0)], p=[0.6, 0.4]))
        if sampled:
            values["bits"] = int(rng.integers(6, 13))
            values["rate_hz"] = float(rng.choice([44100, 22050, 22050, 14700]))
            values["edge_hz"] = draw_log(rng, 4500, 14000)
        return values

    def hit(self, number: int, force: float) -> np.ndarray:
        strike, values = self.pieces[number]
        self.parameters["pieces"][str(number)] = values
        sound = strike(self.rng, values, force).astype(np.float32, copy=False)
        # Steps of a diaphragm have no offset, whatever the envelope says.
        return fade_out(highpass(sound, 25.0, 1), 0.008)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Play the kit through the sampler, where it is one, and what all kits go through."""
        values = self.parameters
        if "bits" in values:
            crushed = [
                machines.crushed(side, values["bits"], values["rate_hz"], values["edge_hz"])
                for side in sound.T
            ]
            sound = np.stack(crushed).T
        return super().finish(sound)


def piece_of(number: int) -> int:
    """Return the General MIDI percussion number that stands in for any number."""
    number = SUBSTITUTES.get(number, number)
    return number if LOWEST <= number <= HIGHEST else (37 if number < LOWEST else 70)
