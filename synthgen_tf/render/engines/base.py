"""What every engine is, and how a part is played on one."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthgen_tf.render.compose.score import Curve, Note
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    control_axis,
    from_control,
    read_at,
    to_frames,
)

LONGEST_NOTE_SECONDS = 16.0


@dataclass(frozen=True)
class Stroke:
    """One note as an engine sees it; equal strokes share one sound.

    Attributes:
        pitch: MIDI number.
        seconds: how long the key is held, rounded so that strokes repeat.
        velocity: 0 to 1, in eight layers.
        slide: semitones from here to where a legato line comes from; 0 without glide.
        take: which of the engine's `takes` of this stroke to use.
        bend: pitch in semitones above `pitch` over the seconds since the onset, rounded.
    """

    pitch: int
    seconds: float
    velocity: float
    slide: int
    take: int
    bend: Curve = ()


class Engine:
    """Base of all engines: turns strokes into sound.

    Args:
        rng: source of the instrument's parameters and of its noise. The order of the strokes
            played decides what is drawn, so a part always sounds the same.
    """

    takes = 2
    """Different recordings of one stroke, used in turn, so that repeats are not copies."""

    glides = False
    """Whether `Stroke.slide` matters to this engine."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.name = type(self).__name__
        self.parameters: dict = {}
        """What was drawn for this instrument, ready for JSON."""

    @property
    def patch_id(self) -> str:
        """Twelve hexadecimal digits that stand for `parameters`."""
        text = json.dumps(self.parameters, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """The sound of one stroke, (time,) or (time, 2) float32, from its onset on."""
        raise NotImplementedError

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """All notes of a part, before `finish`.

        Engines that hear lines, words or chords rather than single notes override this.

        Args:
            notes: sorted by onset; those that begin before time zero are cut there.
            frames: length of the result.

        Returns:
            (frames, 2) float32, channels contiguous in memory.
        """
        # Contiguous channels make the sums below twice as fast.
        sound = np.zeros((2, frames), np.float32).T
        cache: dict[Stroke, np.ndarray] = {}
        for stroke, start_seconds in self.strokes(notes):
            if stroke not in cache:
                cache[stroke] = self.bent_stroke(stroke)
            add_at(sound, cache[stroke], to_frames(start_seconds))
        return sound

    def bent_stroke(self, stroke: Stroke) -> np.ndarray:
        """`stroke`, with its pitch bend."""
        return bend_sound(self.stroke(straight(stroke)), stroke.bend)

    def strokes(self, notes: Sequence[Note]) -> Iterator[tuple[Stroke, float]]:
        """Notes as strokes with their onsets in seconds: rounded, and the takes in turn."""
        counts: dict[int, int] = {}
        previous: int | None = None
        for note in notes:
            count = counts[note.pitch] = counts.get(note.pitch, -1) + 1
            slide = previous - note.pitch if self.glides and previous is not None else 0
            previous = note.pitch
            stroke = Stroke(
                note.pitch,
                min(max(round(note.seconds, 2), 0.03), LONGEST_NOTE_SECONDS),
                (int(note.velocity * 7.999) + 1) / 8,
                slide if abs(slide) <= 12 else 0,
                count % self.takes,
                tuple((round(time, 2), round(bend, 2)) for time, bend in note.bend),
            )
            yield stroke, note.start_seconds

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """What happens to all notes together, such as an amplifier. (time, 2) to (time, 2)."""
        return sound


def perform(engine: Engine, notes: Sequence[Note], frames: int) -> np.ndarray:
    """Play notes on an engine.

    Args:
        engine: the instrument.
        notes: sorted by onset; those that begin before time zero are cut there.
        frames: length of the result.

    Returns:
        (frames, 2) float32, level as the engine makes it.
    """
    return engine.finish(engine.play(notes, frames))


def add_at(sound: np.ndarray, stroke: np.ndarray, start: int) -> None:
    """Add a stroke, (time,) or (time, 2), at frame `start` of `sound`, cut to what lies inside."""
    skip = max(0, -start)
    start = max(0, start)
    length = min(len(stroke) - skip, len(sound) - start)
    if length <= 0:
        return
    piece = stroke[skip : skip + length]
    sound[start : start + length] += piece if piece.ndim == sound.ndim else piece[:, None]


def read_faster(sound: np.ndarray, semitones: np.ndarray) -> np.ndarray:
    """A sound (time,) or (time, 2) played faster or slower, by a control curve; same length."""
    speed = 2.0 ** (from_control(semitones, len(sound)) / 12)
    place = np.cumsum(speed, dtype=np.float64) - speed[0]
    if sound.ndim == 1:
        return read_at(sound, place)
    return stereo(*(read_at(np.ascontiguousarray(side), place) for side in sound.T))


def bend_at(bend: Curve, time: np.ndarray) -> np.ndarray:
    """A note's bend in semitones at some seconds after its onset, the shape of `time`."""
    if not bend:
        return np.zeros(np.shape(time))
    seconds, semitones = zip(*bend, strict=True)
    return np.interp(time, seconds, semitones)


def straight(stroke: Stroke) -> Stroke:
    """The stroke without bend that, read at the bend's speed, is held as long as `stroke`."""
    if not stroke.bend:
        return stroke
    time = control_axis(to_frames(stroke.seconds))
    speed = 2.0 ** (bend_at(stroke.bend, time) / 12)
    seconds = round(stroke.seconds * float(speed.mean()), 2)
    return replace(stroke, seconds=min(max(seconds, 0.03), LONGEST_NOTE_SECONDS), bend=())


def bend_sound(sound: np.ndarray, bend: Curve) -> np.ndarray:
    """A stroke, (time,) or (time, 2), re-read at the speed of its bend, until it is over."""
    if not bend:
        return sound
    # Played lower, it takes longer: no more than the lowest speed needs.
    lowest = 2.0 ** (min(min(value for _, value in bend), 0.0) / 12)
    silence = int(len(sound) * (1 / lowest - 1)) + 1
    padded = np.pad(sound, [(0, silence)] + [(0, 0)] * (sound.ndim - 1))
    return read_faster(padded, bend_at(bend, control_axis(len(padded))))


def draw(rng: np.random.Generator, **ranges: tuple[float, float]) -> dict[str, float]:
    """Draw every named parameter from its range, evenly."""
    return {name: float(rng.uniform(*limits)) for name, limits in ranges.items()}


def draw_log(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw between two numbers above 0 such that every octave is as likely as any other."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two (time,) signals as one (time, 2), channels contiguous in memory."""
    return np.stack([left, right]).T


def sustain_frames(stroke: Stroke, release_seconds: float) -> int:
    """Frames of a stroke and its release."""
    return int((stroke.seconds + release_seconds) * SAMPLE_RATE) + 1
