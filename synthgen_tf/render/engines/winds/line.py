"""Players of one tone at a time: lines, phrases on one breath or bow, and how a tone is held.

Notes that follow each other closely are one phrase: pitch, loudness and colour run on through
it, as curves, and only the air or the bow between phrases makes a real beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import Engine, add_at, bend_at
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    SAMPLE_RATE,
    coloured_noise,
    control_axis,
    from_control,
    to_frames,
    to_hz,
    wander,
)
from synthgen_tf.render.signals.wavetables import cycles_of, make_bank, num_harmonics, read_bank

GAP_SECONDS = 0.15
"""A longer rest ends the phrase."""

CROSSFADE = 512
ROWS = 6


def lanes(notes: Sequence[Note], most: int = 6) -> list[list[Note]]:
    """Share chords out among players of one tone each, such that lines leap little.

    Args:
        notes: sorted by onset.
        most: number of players; a note for which none is free is left out.
    """
    players: list[list[Note]] = []
    for note in notes:
        free = [
            line
            for line in players
            if note.start_seconds > line[-1].start_seconds + 0.5 * line[-1].seconds
        ]
        if free:
            min(free, key=lambda line: abs(line[-1].pitch - note.pitch)).append(note)
        elif len(players) < most:
            players.append([note])
    return players


def phrases(line: Sequence[Note], gap_seconds: float = GAP_SECONDS) -> list[list[Note]]:
    """Cut a line where it rests for longer than `gap_seconds`."""
    result: list[list[Note]] = []
    for note in line:
        last = result[-1][-1] if result else None
        if last and note.start_seconds - last.start_seconds - last.seconds < gap_seconds:
            result[-1].append(note)
        else:
            result.append([note])
    return result


def line_pitch(
    rng: np.random.Generator,
    values: dict,
    pitches: np.ndarray,
    starts: np.ndarray,
    time: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The pitch of a phrase: slides from note to note, drift, and a vibrato that sets in late.

    Args:
        rng: source of everything human.
        values: glide_seconds, scoop_semitones, drift_cents, vibrato_hz, vibrato_cents and
            vibrato_delay_seconds.
        pitches, starts: (notes,) MIDI pitch and onset in seconds.
        time: (points,) of a control curve.

    Returns:
        Pitch in semitones, and the vibrato's swing in [-1, 1] with its depth of the moment.
    """
    index = np.maximum(np.searchsorted(starts, time, side="right") - 1, 0)
    since = time - starts[index]
    # Each note is reached from the one before, the first from a little below.
    before = np.concatenate([[pitches[0] - values["scoop_semitones"]], pitches[:-1]])
    leap = before - pitches
    speed = values["glide_seconds"] * rng.uniform(0.6, 1.6, len(pitches))
    semitones = pitches[index] + leap[index] * np.exp(-np.maximum(since, 0) / speed[index])
    semitones += values["drift_cents"] / 100 * wander(rng, len(time), 4.0)
    rate = values["vibrato_hz"] * (1 + 0.06 * wander(rng, len(time), 2.0))
    shake = np.sin(2 * np.pi * cycles_of(rate * CONTROL, rng.random()))
    deep = rng.uniform(0.4, 1.2, len(pitches))[index]
    shake *= deep * np.clip((since - values["vibrato_delay_seconds"]) / 0.35, 0, 1)
    return semitones + values["vibrato_cents"] / 100 * shake, shake


def line_bend(notes: Sequence[Note], starts: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The pitch bend of a phrase in semitones, (points,); `starts` are its onsets in seconds."""
    bend = np.zeros(len(time))
    index = np.maximum(np.searchsorted(starts, time, side="right") - 1, 0)
    for number, note in enumerate(notes):
        if note.bend:
            mine = index == number
            bend[mine] = bend_at(note.bend, time[mine] - starts[number])
    return bend


@dataclass(frozen=True)
class Curves:
    """A phrase at the points of a control curve, all (points,).

    Attributes:
        start_seconds: time of the first point.
        frames: length in sound.
        onsets: time of every note's onset in frames.
        since: seconds since the onset of the note that sounds.
        semitones: pitch.
        level: loudness, 0 to about 1.
    """

    start_seconds: float
    frames: int
    onsets: np.ndarray
    since: np.ndarray
    semitones: np.ndarray
    level: np.ndarray


class LinePlayer(Engine):
    """Base of winds, brass and solo strings.

    `parameters` must hold attack_seconds, release_seconds, glide_seconds, scoop_semitones,
    drift_cents, vibrato_hz, vibrato_cents, vibrato_delay_seconds, tongue (0 legato to 1), swell,
    tremble, breath, chiff, width and players.
    """

    noise_hz = (800.0, 7000.0)

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self._banks: dict[tuple, np.ndarray] = {}
        self._air = np.zeros(0, np.float32)

    def rows(self, number: np.ndarray, hz: float, lane: int) -> np.ndarray:
        """Levels of the harmonics from softest to loudest, (ROWS, harmonics), any power."""
        raise NotImplementedError

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """(frames, 2), channels contiguous."""
        values = self.parameters
        self._air = coloured_noise(self.rng, 3 * SAMPLE_RATE, *self.noise_hz)
        sound = np.zeros((2, frames), np.float32)
        lines = lanes(notes)
        # From top to bottom, so that an engine may give high lanes to high instruments.
        lines.sort(key=lambda line: -np.mean([note.pitch for note in line]))
        players = max(1, min(values["players"], 6 // max(1, len(lines))))
        seats = players * len(lines)
        for seat in range(seats):
            place = values["width"] * (2 * seat / (seats - 1) - 1) if seats > 1 else 0.0
            gains = np.sqrt(np.array([1 - place, 1 + place], np.float32))
            late = abs(float(self.rng.normal(0, 0.012))) if players > 1 else 0.0
            detune = float(self.rng.normal(0, 0.05)) if players > 1 else 0.0
            for phrase in phrases(lines[seat // players]):
                curves = self.curves(phrase)
                tone = self._tone(phrase, curves, detune, seat // players)
                for side in (0, 1):
                    add_at(sound[side], tone * gains[side], to_frames(curves.start_seconds + late))
        return sound.T

    def curves(self, notes: Sequence[Note]) -> Curves:
        """How a phrase is played."""
        values, rng = self.parameters, self.rng
        begin = notes[0].start_seconds
        starts = np.array([note.start_seconds for note in notes]) - begin
        ends = starts + np.array([max(note.seconds, 0.05) for note in notes])
        pitches = np.array([float(note.pitch) for note in notes])
        release = values["release_seconds"]
        frames = to_frames(ends[-1] + 4 * release) + 1
        time = control_axis(frames)
        index = np.maximum(np.searchsorted(starts, time, side="right") - 1, 0)
        since = time - starts[index]

        semitones, shake = line_pitch(rng, values, pitches, starts, time)
        semitones += line_bend(notes, starts, time)
        level = self._level(notes, time, index, since, ends)
        # Long tones swell or sink.
        share = np.clip(since / np.maximum(ends - starts, 0.6)[index], 0, 1)
        level *= 1 + values["swell"] * (np.sin(np.pi * share) - 0.5)
        level *= 1 + values["tremble"] * shake
        return Curves(begin, frames, starts * SAMPLE_RATE, since, semitones, level)

    def _level(
        self,
        notes: Sequence[Note],
        time: np.ndarray,
        index: np.ndarray,
        since: np.ndarray,
        ends: np.ndarray,
    ) -> np.ndarray:
        """Loudness of a phrase: attacks, what is left between notes, swells, and the end."""
        values, rng = self.parameters, self.rng
        release = values["release_seconds"] / 3
        force = np.array([note.velocity for note in notes])
        force = force * rng.uniform(0.92, 1.08, len(notes))
        gaps = np.array([note.start_seconds for note in notes])[1:] - notes[0].start_seconds
        gaps = np.maximum(gaps - ends[:-1], 0.0)
        slurred = rng.random(len(notes) - 1) > values["tongue"]
        left = np.concatenate([[0.0], np.where(slurred, 0.9, 0.45) * np.exp(-gaps / release)])
        attack = values["attack_seconds"] / 2.5 * rng.uniform(0.7, 1.4, len(notes))
        # A short note cannot wait for a slow attack.
        attack = np.minimum(attack, 0.3 * np.array([note.seconds for note in notes]) + 0.002)
        level = force[index] * (1 - (1 - left[index]) * np.exp(-since / attack[index]))
        level *= 1 + 0.06 * wander(rng, len(time), 7.0)
        level *= np.exp(-np.maximum(time - ends[index], 0.0) / release)
        smooth = np.convolve(np.concatenate([[0, 0], level, level[-1:]]), [0.25] * 4, "valid")
        return np.maximum(smooth, 0.0)

    def _tone(self, notes: Sequence[Note], curves: Curves, detune: float, lane: int) -> np.ndarray:
        """The sound of a phrase, (frames,)."""
        values, frames = self.parameters, curves.frames
        hz = from_control(to_hz(curves.semitones + detune), frames)
        cycles = cycles_of(hz, self.rng.random())
        bright = from_control(np.clip(curves.level, 0, 1), frames)
        sound = np.zeros(frames, np.float32)
        edges = [*np.rint(curves.onsets).astype(int), frames]
        for index, note in enumerate(notes):
            low = max(0, edges[index] - (CROSSFADE if index else 0))
            high = edges[index + 1]
            if high <= low:
                continue
            part = slice(low, high)
            highest = note.pitch + max([0, *(round(bend) for _, bend in note.bend)])
            piece = read_bank(self._bank(highest, lane), cycles[part], bright[part])
            # Neighbouring notes have tables of their own; fade from one to the other.
            fade = min(CROSSFADE, high - low)
            ramp = np.linspace(0, 1, fade, dtype=np.float32)
            if index:
                piece[:fade] *= ramp
                sound[low : low + fade] *= 1 - ramp
            sound[part] += piece
        chiff = values["breath"] * (1 + values["chiff"] * np.exp(-curves.since / 0.03))
        start = int(self.rng.integers(len(self._air)))
        air = np.resize(np.roll(self._air, -start), frames)
        sound += from_control(chiff, frames) * air
        sound *= from_control(curves.level, frames)
        sound[-CROSSFADE:] *= np.linspace(1, 0, min(CROSSFADE, frames), dtype=np.float32)
        return sound

    def _bank(self, pitch: int, lane: int) -> np.ndarray:
        """Cycles of one pitch from soft to loud, at about equal power."""
        if (pitch, lane) not in self._banks:
            hz = float(to_hz(pitch))
            number = np.arange(1, num_harmonics(1.1 * hz) + 1)
            rows = self.rows(number, hz, lane)
            rows = rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True) / 2)
            self._banks[pitch, lane] = make_bank(rows * np.exp(-0.5j * np.pi))
        return self._banks[pitch, lane]
