"""Plays plucked strings: what one string does, and what two hands do with several.

A string is a sum of decaying partials: a little too sharp the higher they are, without those that
have a node under the pick or the pickup, and each in two directions, which beat.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import (
    Engine,
    Stroke,
    add_at,
    draw,
    read_faster,
    straight,
    sustain_frames,
)
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    LN_1000,
    SAMPLE_RATE,
    coloured_noise,
    control_axis,
    fade_out,
    ring_modes,
    time_axis,
    to_frames,
    to_hz,
)

RELEASE_SECONDS = 0.1
LAYERS = 4
"""Forces of which strings are made; those in between are the next harder one, turned down."""

STRING = {
    "ring_seconds": (4.0, 8.0),
    "loss_hz": (700.0, 2500.0),
    "stiffness": (2e-5, 1e-4),
    "slope": (0.8, 1.3),
    "place": (0.06, 0.3),
    "pickup": (0.0, 0.0),
    "edge_hz": (3000.0, 8000.0),
    "beat_cents": (0.2, 1.2),
    "sharp_cents": (0.0, 14.0),
    "scrape": (0.01, 0.08),
    "mute_seconds": (0.12, 0.4),
    "tuning_cents": (0.5, 5.0),
}
"""Ranges of a string's parameters, which instruments change.

Ring is the decay time of 110 Hz, loss the frequency at which it is half as long; place and pickup
are shares of the string's length; edge is where the width of pick or finger cuts the highs;
scrape is the level of the pick's own noise.
"""


class PluckedString(Engine):
    """The base of all plucked instruments.

    Args:
        rng: source of the instrument's parameters and noise.
        takes_apart: play everything twice, and put the takes on the two sides.
        ranges: what differs from `STRING`.
    """

    takes = 3
    glides = True
    strum_seconds = (0.004, 0.03)
    """Time a strum takes over all strings, shortest and longest."""

    mute_below = 0
    """Pitches below which short notes are damped by the palm."""

    solo = (0.0, 0.0)
    """Range of the share of bent and of the depth of shaken notes in a line: 0 to 1."""

    def __init__(
        self, rng: np.random.Generator, *, takes_apart: bool = False, **ranges: tuple[float, float]
    ):
        super().__init__(rng)
        self.parameters = draw(rng, **(STRING | ranges))
        self.parameters["strum_seconds"] = float(rng.uniform(*self.strum_seconds))
        self.parameters["expression"] = float(rng.uniform(*self.solo))
        self.parameters["vibrato_hz"] = float(rng.uniform(4.0, 6.5))
        self.parameters["takes_apart"] = takes_apart
        self._line = False
        self._rings: dict[tuple, np.ndarray] = {}
        self._longest: dict[int, int] = {}

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """Strum the chords of a part, (frames, 2); the second take is played on its own."""
        chords = in_chords(notes)
        self._line = len(chords) > 0.8 * len(notes)
        strummed = self._strum(chords)
        for stroke, _ in self.strokes(strummed):
            length = sustain_frames(straight(stroke), RELEASE_SECONDS)
            self._longest[stroke.pitch] = max(self._longest.get(stroke.pitch, 0), length)
        sides = np.zeros((2, frames), np.float32)
        cache: dict[Stroke, np.ndarray] = {}
        apart = self.parameters["takes_apart"]
        lateness = self.rng.uniform(0.003, 0.012) if apart else 0.0
        for side in range(1 + apart):
            for stroke, start_seconds in self.strokes(strummed):
                if apart:
                    stroke = replace(stroke, take=(stroke.take + side) % self.takes)
                    start_seconds += float(self.rng.normal(side * lateness, lateness))
                if stroke not in cache:
                    cache[stroke] = self.bent_stroke(stroke)
                add_at(sides[side], cache[stroke], to_frames(start_seconds))
        if not apart:
            sides[1] = sides[0]
        return sides.T

    def _strum(self, chords: list[list[Note]]) -> list[Note]:
        """Spread every chord over the time of a strum, down and up in turn."""
        step = self.parameters["strum_seconds"] / 5
        notes = []
        for index, chord in enumerate(chords):
            first = min(note.start_seconds for note in chord)
            order = sorted(chord, key=lambda note: note.pitch, reverse=index % 2 == 1)
            for string, note in enumerate(order):
                late = first + string * step
                notes.append(replace(note, start_seconds=late) if len(chord) > 1 else note)
        return notes

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """Return the sound of one string, (time,) float32, about unit power at its onset."""
        frames = sustain_frames(stroke, RELEASE_SECONDS)
        force = float(np.ceil(stroke.velocity * LAYERS) / LAYERS)
        key = (stroke.pitch, force, self._is_muted(stroke), stroke.take)
        if len(self._rings.get(key, ())) < frames:
            longest = max(frames, self._longest.get(stroke.pitch, 0))
            self._rings[key] = self._ring(replace(stroke, velocity=force), longest)
        sound = self._rings[key][:frames]
        curve = self._expressed(stroke, control_axis(frames))
        sound = sound.copy() if curve is None else read_faster(sound, curve)
        gate = min(to_frames(stroke.seconds), frames)
        sound[gate:] *= np.exp(-LN_1000 / RELEASE_SECONDS * time_axis(frames - gate))
        return fade_out(sound * np.float32(stroke.velocity))

    def _ring(self, stroke: Stroke, frames: int) -> np.ndarray:
        """Return a string that nobody damps, with the pick's own noise, (frames,)."""
        values = self.parameters
        sound = self._string(stroke, frames)
        sharp = values["sharp_cents"] / 100 * stroke.velocity**2
        if sharp > 0.03:  # a hard pluck stretches the string
            sound = read_faster(sound, sharp * np.exp(-control_axis(frames) / 0.08))
        if values["scrape"]:
            burst = min(frames, to_frames(0.03))
            fall = np.exp(-time_axis(burst) / np.float32(self.rng.uniform(0.002, 0.006)))
            level = np.float32(values["scrape"] * self.rng.uniform(1, 4))
            sound[:burst] += level * fall * coloured_noise(self.rng, burst, 1200, 7000)
        return sound

    def _string(self, stroke: Stroke, frames: int) -> np.ndarray:
        """Return the partials of one pluck, (frames,)."""
        values, rng = self.parameters, self.rng
        # No guitar is in tune to the cent.
        hz = float(to_hz(stroke.pitch + rng.normal(0, values["tuning_cents"] / 100)))
        number = np.arange(1, int(np.clip(11000 / hz, 3, 70)) + 1)
        bent = np.sqrt(1 + values["stiffness"] * (220 / hz) * number**2)
        partials = hz * number * bent / bent[0]
        place = np.clip(values["place"] * rng.uniform(0.85, 1.15), 0.02, 0.5)
        levels = (np.sin(np.pi * number * place) + 0.02) * number ** -values["slope"]
        if values["pickup"]:
            levels *= np.sin(np.pi * number * values["pickup"]) + 0.02
        edge_hz = values["edge_hz"] * (0.3 + 0.7 * stroke.velocity)
        levels *= np.exp(rng.normal(0, 0.2, len(number))) / (1 + (partials / edge_hz) ** 2)
        levels /= np.sqrt(np.sum(levels**2) / 2)
        rings = values["ring_seconds"] * np.sqrt(110 / hz) / (1 + partials / values["loss_hz"])
        if self._is_muted(stroke):
            levels *= 1.4 / (1 + (partials / (6 * hz)) ** 2)
            rings = values["mute_seconds"] / (1 + partials / 900.0)
        # The lower partials swing in a second direction too, a little apart, and for longer.
        low = slice(0, min(10, len(number)))
        beat = 2.0 ** (values["beat_cents"] * rng.uniform(0.4, 1.0) / 1200)
        partials = np.concatenate([partials, partials[low] * beat])
        levels = np.concatenate([levels, 0.35 * levels[low]])
        rings = np.concatenate([rings, 1.6 * rings[low]])
        phases = rng.normal(0, 0.3, len(partials))
        return ring_modes(partials, levels, rings, phases, frames)

    def _is_muted(self, stroke: Stroke) -> bool:
        """Tell whether the palm lies on the strings: on short low notes, and not in a solo."""
        limit = self.mute_below - 12 * self._line
        return stroke.seconds < 0.2 and stroke.pitch < limit

    def _expressed(self, stroke: Stroke, time: np.ndarray) -> np.ndarray | None:
        """Return the pitch in semitones over a control curve's times; None where it stays at 0."""
        values, rng = self.parameters, self.rng
        expression = values["expression"]
        if not (self._line and expression and stroke.seconds > 0.12):
            return None
        curve = np.zeros(len(time))
        if rng.random() < 0.5 * expression:
            start, late = -float(rng.choice([1, 2, 2])), rng.uniform(0.0, 0.1)
            rise = np.clip((time - late) / rng.uniform(0.06, 0.2), 0, 1)
            curve = start * (1 - rise * rise * (3 - 2 * rise))
        elif 0 < abs(stroke.slide) <= 5 and rng.random() < 0.4 * expression:
            curve = stroke.slide * np.exp(-time / rng.uniform(0.01, 0.04))
        depth = expression * rng.uniform(0.1, 0.5) * np.clip((time - 0.25) / 0.3, 0, 1)
        # A finger can only raise the pitch.
        return curve + depth * (0.5 - 0.5 * np.cos(2 * np.pi * values["vibrato_hz"] * time))

    def squeaks(self, frames: int, share: float) -> np.ndarray:
        """Draw fingers that slide along wound strings now and then, (frames,), unit peak or so."""
        sound = np.zeros(frames, np.float32)
        for _ in range(self.rng.poisson(share * frames / SAMPLE_RATE)):
            length = to_frames(self.rng.uniform(0.06, 0.18))
            shape = np.sin(np.pi * np.arange(length, dtype=np.float32) / length) ** 2
            hz = self.rng.uniform(900, 2600)
            squeak = shape * coloured_noise(self.rng, length, hz, 1.3 * hz)
            add_at(sound, squeak, int(self.rng.integers(max(1, frames - CONTROL))))
        return sound


def in_chords(notes: Sequence[Note], apart_seconds: float = 0.03) -> list[list[Note]]:
    """Group notes that begin within `apart_seconds` of the first of them."""
    chords: list[list[Note]] = []
    for note in sorted(notes, key=lambda note: note.start_seconds):
        if chords and note.start_seconds - chords[-1][0].start_seconds < apart_seconds:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords
