"""Keyboards with strings: the piano, and what every keyboard engine is built on."""

from collections.abc import Sequence

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import (
    LONGEST_NOTE_SECONDS,
    Engine,
    Stroke,
    add_at,
    bend_sound,
    draw,
    draw_log,
    straight,
)
from synthgen_tf.render.engines.body import in_front_of, levelled, mixed, near_walls, wooden_body
from synthgen_tf.render.signals.dsp import (
    LN_1000,
    SAMPLE_RATE,
    coloured_noise,
    fade_out,
    highpass,
    ring_modes,
    time_axis,
    to_frames,
    to_hz,
)


class Ringing(Engine):
    """Instruments that sound on unchanged while a key is down, or die away by themselves.

    One long ring of every key and force is made, and all notes are cut from it.
    """

    layers = 4
    """Forces of which rings are made; notes in between are the next harder one, turned down."""

    release_seconds = 0.1
    """Time to -60 dB once the key is up."""

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """(frames, 2), channels contiguous."""
        sound = np.zeros((2, frames), np.float32).T
        longest: dict[int, float] = {}
        for stroke, _ in self.strokes(notes):
            seconds = straight(stroke).seconds
            longest[stroke.pitch] = max(seconds, longest.get(stroke.pitch, 0.0))
        rings: dict[tuple, np.ndarray] = {}
        for stroke, start_seconds in self.strokes(notes):
            force = np.ceil(stroke.velocity * self.layers) / self.layers
            key = (stroke.pitch, force, stroke.take)
            if key not in rings:
                seconds = min(longest[stroke.pitch], LONGEST_NOTE_SECONDS)
                length = to_frames(seconds + self.release_of(stroke.pitch)) + 1
                rings[key] = self.ring(stroke.pitch, force, length)
            piece = self._cut(rings[key], straight(stroke), force)
            add_at(sound, bend_sound(piece, stroke.bend), to_frames(start_seconds))
        return sound

    def _cut(self, ring: np.ndarray, stroke: Stroke, force: float) -> np.ndarray:
        gate, release = to_frames(stroke.seconds), self.release_of(stroke.pitch)
        piece = ring[: gate + to_frames(release)] * np.float32(
            self.loudness(stroke.velocity, force)
        )
        fall = np.exp(-LN_1000 / release * time_axis(max(0, len(piece) - gate)))
        piece[gate:] *= fall if piece.ndim == 1 else fall[:, None]
        return fade_out(piece)

    def loudness(self, velocity: float, force: float) -> float:
        """Gain of a note of some velocity, cut from the ring of the force above it."""
        return (velocity / force) ** 1.3 * force

    def release_of(self, pitch: int) -> float:
        """Seconds to -60 dB after the key; some instruments damp high notes later or not."""
        return self.release_seconds

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """The sound of a key held down, about unit power at first; (frames,) or (frames, 2)."""
        raise NotImplementedError


# Stiffness, hammer's brightness in Hz, ring of the lower middle in seconds, detuning of the
# strings of a note in cents, level of the knock, share of the sound that does not pass the board.
PIANOS = {
    "grand": ((2.2e-4, 4e-4), (800, 1900), (9, 15), (0.2, 1.3), (0.005, 0.04), (0.3, 0.8)),
    "upright": ((4e-4, 9e-4), (700, 1500), (5, 9), (0.5, 2.5), (0.02, 0.1), (0.1, 0.5)),
    "felt": ((3e-4, 8e-4), (280, 520), (6, 10), (0.4, 2.0), (0.08, 0.3), (0.1, 0.5)),
    "honky": ((4e-4, 9e-4), (1000, 2200), (5, 9), (7.0, 16.0), (0.01, 0.08), (0.2, 0.6)),
    "electric grand": ((3e-4, 7e-4), (900, 2000), (5, 9), (0.4, 2.0), (0.0, 0.01), (0.85, 1.0)),
}


class Piano(Ringing):
    """Stiff strings, two or three to a note, a hammer, and the board that carries them.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: a key of `PIANOS`; drawn where it is None.
    """

    takes = 1
    release_seconds = 0.3

    def __init__(self, rng: np.random.Generator, kind: str | None = None):
        super().__init__(rng)
        kind = kind or str(rng.choice(list(PIANOS), p=[0.55, 0.22, 0.1, 0.05, 0.08]))
        stiffness, hammer, ring, beat, knock, direct = PIANOS[kind]
        self.parameters = {
            "kind": kind,
            "stiffness": draw_log(rng, *stiffness),
            "hammer_hz": draw_log(rng, *hammer),
            "knock": float(rng.uniform(*knock)),
        } | draw(
            rng,
            ring_seconds=ring,
            beat_cents=beat,
            direct=direct,
            strike_place=(0.1, 0.14),
            width=(0.15, 1.0),
            halo=(0.0, 0.06),
            room=(0.0, 0.35),
            tuning_cents=(0.3, 2.5) if kind in ("grand", "electric grand") else (1.5, 7.0),
        )

    def release_of(self, pitch: int) -> float:
        """The highest strings have no dampers."""
        return 0.16 + 0.012 * max(0, 60 - pitch) + (1.2 if pitch > 88 else 0.0)

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """(frames, 2) float32."""
        values, rng = self.parameters, self.rng
        hz = float(to_hz(pitch + rng.normal(0, values["tuning_cents"] / 100)))
        number = np.arange(1, int(np.clip(13000 / hz, 2, 55)) + 1)
        # Wound bass strings and short treble ones are the stiffest.
        bend = np.exp(0.09 * (pitch - 60)) + 0.35 * np.exp(0.08 * (40 - pitch))
        bent = np.sqrt(1 + values["stiffness"] * bend * number**2)
        partials = hz * number * bent / bent[0]
        levels = self._blow(number, partials, hz, force)
        rings = values["ring_seconds"] * 2.0 ** ((45 - pitch) / 17) / (1 + partials / 3500)
        strings = 1 if pitch < 32 else 2 if pitch < 50 else 3
        detune = values["beat_cents"] * rng.normal(0, 0.6, strings)
        # Strings in step pass their force to the board and die; what is left rings on.
        shares = np.array([1.0, 0.45, 0.3])[:strings]
        times = np.array([0.6, 1.5, 1.8])[:strings]
        both = np.concatenate([partials * 2 ** (cents / 1200) for cents in detune])
        phases = rng.uniform(-1, 1, len(both)) * values["width"] * np.array([[1.0], [-1.0]])
        tilt = np.exp(values["width"] * rng.normal(0, 0.25, (2, len(number))))
        level = np.tile(levels * tilt, strings) * np.repeat(shares, len(number))
        sound = ring_modes(both, level, np.outer(times, rings).reshape(-1), phases, frames)
        length = min(frames, to_frames(0.25))
        knock = coloured_noise(rng, length, 70, 700) * np.exp(-time_axis(length) / 0.02)
        felt = coloured_noise(rng, length, 700, 5000) * np.exp(-time_axis(length) / 0.006)
        hit = values["knock"] * (knock + force * felt * 0.5)
        place = np.clip((pitch - 60) / 40, -1, 1) * 0.5 * values["width"]
        sound[:length] += hit[:, None]
        return sound * np.sqrt(np.array([1 - place, 1 + place], np.float32))

    def _blow(
        self, number: np.ndarray, partials: np.ndarray, hz: float, force: float
    ) -> np.ndarray:
        """Levels of the partials after one blow; a harder one is brighter, as the felt gives."""
        values = self.parameters
        levels = np.abs(np.sin(np.pi * number * values["strike_place"])) + 0.02
        levels *= np.exp(self.rng.normal(0, 0.25, len(number))) / number**0.3
        edge_hz = values["hammer_hz"] * (0.25 + 0.9 * force) * (hz / 220) ** 0.35
        levels *= np.exp(-partials / edge_hz)
        # The board is too small for the lowest fundamentals.
        levels *= 1 / np.sqrt(1 + (70 / partials) ** 4)
        return levels / np.sqrt(np.sum(levels**2) / 2)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The board, the other strings that ring along, and a little of the room."""
        values, rng = self.parameters, self.rng
        board = wooden_body(
            rng, [60.0, 95.0, 140.0], direct=values["direct"], bright_hz=2500, quality=12.0
        )
        strings = to_hz(np.arange(36, 84)[:, None]) * np.array([1.0, 2.0, 3.0])
        hz = strings.reshape(-1) * rng.uniform(0.999, 1.001, strings.size)
        phases = rng.uniform(0, 2 * np.pi, (2, len(hz)))
        along = ring_modes(hz, 1 / np.sqrt(hz), np.full(len(hz), 1.6), phases, to_frames(1.2))
        along = fade_out(along / np.sqrt(np.sum(along**2, axis=0)), 0.3)
        walls = near_walls(rng, 0.6, 5000.0)
        halo, room = np.float32(values["halo"]), np.float32(values["room"])
        response = mixed(board, halo * along, room * walls)
        return levelled(highpass(in_front_of(sound, response), 30.0))


def struck(
    rng: np.random.Generator, frames: int, low_hz: float, high_hz: float, seconds: float
) -> np.ndarray:
    """The knock of a hammer, mallet or key: a short band of noise, (frames,)."""
    length = min(frames, int(8 * seconds * SAMPLE_RATE) + 64)
    sound = np.zeros(frames, np.float32)
    fall = np.exp(-time_axis(length) / np.float32(seconds))
    sound[:length] = coloured_noise(rng, length, low_hz, high_hz) * fall
    return fade_out(sound)
