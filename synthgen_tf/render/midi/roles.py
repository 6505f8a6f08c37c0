"""Tells who plays a MIDI part: its role at the desk, and a synth that suits what it does."""

from collections.abc import Sequence

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines import PROGRAMS

CHOIRS = (52, 53)
# First programme of each group and its role at the desk; the groups go on to the next.
_ROLES = {0: "keys", 24: "guitar", 32: "bass", 40: "strings", 46: "keys", 48: "strings"}
_ROLES |= {52: "backing", 55: "strings", 56: "brass", 64: "wind", 104: "guitar", 108: "keys"}
_ROLES |= {109: "wind", 110: "strings", 111: "wind", 112: "keys"}

NEIGHBOURS = (
    (0, 1, 2, 3), (4, 5, 7), (6, 7), (8, 9, 10, 11), (12, 13, 14), (16, 17, 18, 20), (19, 20),
    (21, 22, 23), (24, 25, 46), (26, 27, 28), (29, 30), (32, 33, 34, 35, 36, 37), (40, 41, 110),
    (42, 43), (44, 48, 49), (52, 53), (56, 57, 59, 60), (58, 57), (61, 56), (64, 65, 66, 67),
    (68, 69, 70, 71), (72, 73, 74, 75), (104, 105, 106, 107),
)  # fmt: skip
"""Programmes that may stand in for each other."""

STAND_INS = {
    38: (33, 34, 36), 50: (48, 49), 54: (52, 53), 62: (61, 56), 80: (73, 71, 40, 29, 56, 66),
    88: (48, 49, 52, 16), 96: (4, 11, 46, 24),
}  # fmt: skip
"""First synth programme of each group and the instruments that take over where none may sound."""


def band_role(program: int) -> str:
    """Return the role at the desk of a programme that is no synth."""
    return _ROLES[max(first for first in _ROLES if first <= program)]


def stand_in(rng: np.random.Generator, program: int) -> int:
    """Draw a programme of the band in place of one of a synth."""
    return int(rng.choice(STAND_INS[max(first for first in STAND_INS if first <= program)]))


def neighbour(rng: np.random.Generator, program: int) -> int:
    """Draw another programme of the same family; the same where it has none."""
    family = [each for group in NEIGHBOURS if program in group for each in group]
    others = [each for each in family if each != program and each in PROGRAMS]
    return int(rng.choice(others)) if others else program


def polyphony(notes: Sequence[Note]) -> float:
    """Return the mean number of notes that sound while any does.

    Args:
        notes: sorted by onset.
    """
    held = sum(note.seconds for note in notes)
    covered, end = 0.0, -np.inf
    for note in notes:
        last = note.start_seconds + note.seconds
        covered += max(0.0, last - max(end, note.start_seconds))
        end = max(end, last)
    return held / max(covered, 1e-9)


def synth_role(rng: np.random.Generator, notes: Sequence[Note]) -> str:
    """Tell what kind of synth plays notes like these.

    Low single notes are a bass; chords a pad or, short, stabs; fast single notes an arpeggio or
    plucks; what is left is a lead.

    Args:
        rng: source of the choice between arpeggio and plucks.
        notes: sorted by onset, at least one.
    """
    pitch = float(np.median([note.pitch for note in notes]))
    seconds = float(np.median([note.seconds for note in notes]))
    starts = np.array([note.start_seconds for note in notes])
    if polyphony(notes) > 1.5:
        return "synth_pad" if seconds >= 0.5 else "synth_stab"
    if pitch < 48:
        return "synth_bass"
    if len(notes) > 2 and seconds < 0.3 and float(np.median(np.diff(starts))) < 0.27:
        return "synth_arp" if rng.random() < 0.6 else "synth_pluck"
    return "synth_lead"


def is_melody(notes: Sequence[Note]) -> bool:
    """Tell whether someone could sing it: single notes, not too fast, in reach of a voice."""
    pitch = float(np.median([note.pitch for note in notes]))
    seconds = float(np.median([note.seconds for note in notes]))
    return len(notes) >= 4 and 50 <= pitch <= 84 and seconds > 0.15 and polyphony(notes) < 1.25
