"""Makes a score from a MIDI song: an excerpt, in another key and tempo, on other instruments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthgen_tf.render.compose.beats import KICK
from synthgen_tf.render.compose.compose import SYNTH_FREE_CHANCE
from synthgen_tf.render.compose.score import Curve, Note, Part, Score
from synthgen_tf.render.engines import PROGRAMS
from synthgen_tf.render.engines.general_midi import GM_SYNTHS, SYNTH_PROGRAMS
from synthgen_tf.render.midi.read import MidiPart, MidiSong
from synthgen_tf.render.midi.roles import (
    CHOIRS,
    band_role,
    is_melody,
    neighbour,
    stand_in,
    synth_role,
)

MOST_PARTS = 10
MOST_SYNTHS = 4
HIGHEST_TRANSPOSE = 3
LARGEST_STRETCH = 0.08
LONGEST_LEAD_SECONDS = 4.0

HAND_OVER_CHANCE = 0.85
"""Share of songs with synths of their own in which more parts are handed to synths."""

SWAP_CHANCE = 0.12
SING_CHANCE = 0.25

KITS = {24: "electronic_drums", 25: "analogue_drums", 40: "brush_drums"}
KICKS = (35, KICK)


@dataclass(frozen=True)
class Cut:
    """An excerpt of a MIDI song, and how it is changed.

    Attributes:
        offset_seconds: where it begins in the file.
        speed: seconds of the file that become one second.
        transpose: semitones, of all but drums.
    """

    offset_seconds: float
    speed: float
    transpose: int


def sample_cut(rng: np.random.Generator, song: MidiSong, seconds: float) -> Cut:
    """Draw an excerpt of `seconds` in which a part with pitches plays."""
    speed = float(rng.uniform(1 - LARGEST_STRETCH, 1 + LARGEST_STRETCH))
    transpose = int(rng.integers(-HIGHEST_TRANSPOSE, HIGHEST_TRANSPOSE + 1))
    notes = [note for part in song.parts if not part.is_drums for note in part.notes]
    note = notes[int(rng.integers(len(notes)))]
    # The note lies in the first 70 % of the excerpt, wherever that is.
    offset = note.start_seconds - float(rng.uniform(0.0, 0.7)) * seconds * speed
    last = song.seconds - seconds * speed
    return Cut(max(0.0, min(offset, last)), speed, transpose)


def arrange(rng: np.random.Generator, song: MidiSong, seconds: float) -> Score:
    """Make a score of `seconds` from a MIDI song.

    About `SYNTH_FREE_CHANCE` of the scores have no part in the `synth` stem. In the others, parts
    written for synths stay with them, and up to half of the parts are handed to synths besides.

    Returns:
        A score with at least one part; its `source` tells how it was cut.
    """
    cut = sample_cut(rng, song, seconds)
    heard = _most_active([_excerpt(part, cut, seconds) for part in song.parts])
    players = _cast(rng, heard)
    counts: dict[str, int] = {}
    parts = []
    for part, (role, instrument, program) in zip(heard, players, strict=True):
        count = counts[role] = counts.get(role, 0) + 1
        parts.append(
            Part(
                role if count == 1 else f"{role}_2",
                _stem(part, role),
                instrument,
                part.notes,
                level=part.level,
                program=program,
                orig_program=part.program if program != part.program else None,
                pan=part.pan,
            )
        )
    kicks = [
        note.start_seconds
        for part in heard
        for note in part.notes
        if part.is_drums and note.pitch in KICKS
    ]
    beats = [bpm for start, bpm in song.tempos if start <= cut.offset_seconds] or [120.0]
    source = {"offset_seconds": cut.offset_seconds, "speed": cut.speed, "transpose": cut.transpose}
    bpm = round(float(np.clip(beats[-1] * cut.speed, 30.0, 400.0)), 2)
    return Score("midi", bpm, "unknown", "", tuple(parts), tuple(kicks), source)


def _stem(part: MidiPart, role: str) -> str:
    """Return the stem that a part belongs to in a role."""
    if role.startswith("synth"):
        return "synth"
    if role in ("vocals", "backing"):
        return "vocals"
    return role if role in ("drums", "bass") else "other"


def _excerpt(part: MidiPart, cut: Cut, seconds: float) -> MidiPart:
    """Return what is heard of a part, in seconds of the excerpt."""
    end = cut.offset_seconds + seconds * cut.speed
    notes = []
    for note in part.notes:
        margin = min(0.05, 0.5 * note.seconds)
        sounds = note.start_seconds + note.seconds > cut.offset_seconds + margin
        if sounds and note.start_seconds < end - margin:
            semitones = 0 if part.is_drums else cut.transpose
            notes.append(_moved(note, cut, semitones))
    notes = [note for note in notes if 0 <= note.pitch <= 127]
    return replace(part, notes=tuple(notes), level=_shifted(part.level, cut))


def _moved(note: Note, cut: Cut, semitones: int) -> Note:
    """Return a note in seconds of the excerpt; one begun long before begins a little before it."""
    start = (note.start_seconds - cut.offset_seconds) / cut.speed
    # Engines let no note sound for ever: one that is an organ point would be over.
    late = max(0.0, -LONGEST_LEAD_SECONDS - start)
    return replace(
        note,
        start_seconds=start + late,
        seconds=note.seconds / cut.speed - late,
        pitch=note.pitch + semitones,
        bend=tuple((time / cut.speed - late, bend) for time, bend in note.bend),
    )


def _shifted(curve: Curve, cut: Cut) -> Curve:
    """Return a curve in seconds of the excerpt."""
    return tuple(((time - cut.offset_seconds) / cut.speed, value) for time, value in curve)


def _most_active(parts: Sequence[MidiPart]) -> list[MidiPart]:
    """Return the drums and those that play most, in their old order."""

    def activity(part: MidiPart) -> float:
        held = sum(min(note.seconds, 2.0) for note in part.notes)
        return np.inf if part.is_drums else held + 0.2 * len(part.notes)

    heard = [part for part in parts if part.notes]
    busiest = sorted(heard, key=activity, reverse=True)[:MOST_PARTS]
    return [part for part in heard if part in busiest]


def _cast(rng: np.random.Generator, parts: Sequence[MidiPart]) -> list[tuple[str, str, int]]:
    """Draw the role, instrument and programme of every part."""
    synth_free = rng.random() < SYNTH_FREE_CHANCE
    handed = set() if synth_free else _handed_over(rng, parts)
    singer = _singer(rng, parts, handed)
    players = []
    for index, part in enumerate(parts):
        program = part.program
        if part.is_drums:
            players.append(("drums", KITS.get(program, "acoustic_drums"), program))
            continue
        if index in handed:
            role = "synth_bass" if program in (38, 39) else synth_role(rng, part.notes)
            if program not in GM_SYNTHS:
                program = int(rng.choice(SYNTH_PROGRAMS[role]))
            players.append((role, "synth", program))
            continue
        if program in GM_SYNTHS:
            program = stand_in(rng, program)
        elif rng.random() < SWAP_CHANCE:
            program = neighbour(rng, program)
        if index == singer:
            players.append(("vocals", "voice", program))
        else:
            players.append((band_role(program), PROGRAMS[program], program))
    return players


def _handed_over(rng: np.random.Generator, parts: Sequence[MidiPart]) -> set[int]:
    """Draw which parts synths play: their own, if there is room, and some of the others'."""
    pitched = [index for index, part in enumerate(parts) if not part.is_drums]
    own = [index for index in pitched if parts[index].program in GM_SYNTHS]
    others = [index for index in pitched if index not in own]
    own = [own[index] for index in sorted(rng.permutation(len(own))[:MOST_SYNTHS])]
    half = max(1, len(pitched) // 2)
    room = min(half, MOST_SYNTHS) - len(own)
    alone = len(parts) == 1
    if room < 1 or alone or (own and rng.random() > HAND_OVER_CHANCE):
        return set(own)
    count = min(int(rng.integers(1, room + 1)), len(others))
    return {*own, *(int(index) for index in rng.permutation(others)[:count])}


def _singer(rng: np.random.Generator, parts: Sequence[MidiPart], handed: set[int]) -> int | None:
    """Choose a melody to be sung now and then, where nobody sings yet."""
    melodies = [
        index
        for index, part in enumerate(parts)
        if index not in handed
        and not part.is_drums
        and part.program not in GM_SYNTHS
        and band_role(part.program) not in ("bass", "backing")
        and is_melody(part.notes)
    ]
    sung = any(part.program in CHOIRS and not part.is_drums for part in parts)
    if sung or not melodies or rng.random() > SING_CHANCE:
        return None
    return max(melodies, key=lambda index: len(parts[index].notes))
