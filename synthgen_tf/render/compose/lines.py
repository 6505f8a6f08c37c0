"""Composes pitched parts: bass lines, comping, arpeggios and melodies.

Every function takes the generator, the plan and its own few choices, and returns notes on the
grid; timing is made human afterwards, in `compose`.
"""

from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.plan import STEPS, Plan
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.compose.styles.style import EIGHTHS, OFFBEATS, QUARTERS

COMPING = {
    "quarters": QUARTERS,
    "eighths": EIGHTHS,
    "offbeats": OFFBEATS,
    "syncopated": (0, 3, 6, 10, 12),
    "tresillo": (0, 3, 6, 8, 11, 14),
    "sixteenths": (0, 2, 3, 6, 7, 8, 10, 11, 14, 15),
    "halves": (0, 8),
    "backbeats": (4, 12),
    "charleston": (0, 6),
    "dotted": (0, 3, 6, 9, 12),
}

NOTE_LENGTHS = (1, 2, 3, 4, 6, 8)


def bass_line(rng: np.random.Generator, plan: Plan, low: int = 28) -> list[Note]:
    """Compose a bass line: roots on one rhythm per section, with fifths, octaves and steps."""
    rhythms = {
        letter: plan.style.basses[rng.integers(len(plan.style.basses))] for letter in plan.kinds
    }
    # Above 1 notes overlap: a synth with glide slides between them.
    legato = float(rng.choice([rng.uniform(0.45, 0.97), 1.02], p=[0.8, 0.2]))
    restless = float(rng.uniform(0.0, 0.3))
    notes = []
    for bar, letter in enumerate(plan.sections):
        onsets = rhythms[letter]
        root = plan.harmony.pitch_near(plan.chords[bar], low + 6)
        following = plan.chords[min(bar + 1, plan.bars - 1)]
        for index, step in enumerate(onsets):
            end = onsets[index + 1] if index + 1 < len(onsets) else STEPS
            pitch = root
            if index > 0 and rng.random() < restless:
                pitch += int(rng.choice([7, 12, 12, -5]))
            if index == len(onsets) - 1 and following != plan.chords[bar] and rng.random() < 0.3:
                pitch = plan.harmony.pitch_near(following, low + 6) + int(rng.choice([-1, 1, 2]))
            length = (end - step) * plan.step_seconds * legato
            notes.append(Note(plan.seconds_at(bar, step), length, pitch, 0.85))
    return notes


def held_chords(plan: Plan, base: int, size: int, length: float = 0.98) -> list[Note]:
    """Compose one chord a bar, held for the share `length` of the bar."""
    notes = []
    for bar, root in enumerate(plan.chords):
        seconds = STEPS * plan.step_seconds * length
        for pitch in plan.harmony.chord(root, base, size):
            notes.append(Note(plan.seconds_at(bar, 0), seconds, pitch, 0.7))
    return notes


def rhythmic_chords(
    rng: np.random.Generator,
    plan: Plan,
    base: int,
    size: int,
    *,
    short: bool = False,
    strum_seconds: float = 0.0,
) -> list[Note]:
    """Compose chords on a comping rhythm, one rhythm per section.

    Args:
        rng: source of all choices.
        plan: tempo, form and chords.
        base: lowest pitch of the voicing.
        size: notes in a chord.
        short: stab rather than let ring to the next onset.
        strum_seconds: delay from one string to the next; every second strum runs upwards.
    """
    rhythms = {letter: COMPING[str(rng.choice(list(COMPING)))] for letter in plan.kinds}
    notes = []
    for bar, letter in enumerate(plan.sections):
        onsets = rhythms[letter]
        chord = plan.harmony.chord(plan.chords[bar], base, size)
        if strum_seconds and rng.random() < 0.8:
            chord = [*chord, chord[0] + 12]
        for index, step in enumerate(onsets):
            end = onsets[index + 1] if index + 1 < len(onsets) else STEPS
            length = plan.step_seconds * (1.0 if short else 0.95 * (end - step))
            order = chord if index % 2 == 0 else chord[::-1]
            velocity = 0.85 if step % 4 == 0 else 0.68
            for string, pitch in enumerate(order):
                start = plan.seconds_at(bar, step) + string * strum_seconds
                notes.append(Note(start, length, pitch, velocity))
    return notes


def power_chords(rng: np.random.Generator, plan: Plan, low: int = 40) -> list[Note]:
    """Compose a distorted guitar's root, fifth and octave, chugged in eighths or held."""
    chug = {letter: bool(rng.random() < 0.5) for letter in plan.kinds}
    notes = []
    for bar, letter in enumerate(plan.sections):
        root = plan.harmony.pitch_near(plan.chords[bar], low + 6)
        onsets = EIGHTHS if chug[letter] else (0, 8)
        for index, step in enumerate(onsets):
            end = onsets[index + 1] if index + 1 < len(onsets) else STEPS
            muted = chug[letter] and step % 8 != 0
            length = plan.step_seconds * (end - step) * (0.5 if muted else 0.97)
            for interval in (0, 7) if muted else (0, 7, 12):
                start = plan.seconds_at(bar, step) + 0.002 * interval / 7
                notes.append(Note(start, length, root + interval, 0.7 if muted else 0.9))
    return notes


def arpeggio(rng: np.random.Generator, plan: Plan, base: int, size: int) -> list[Note]:
    """Compose chord tones in turn, in 8ths or 16ths, over one to three octaves."""
    step_length = float(rng.choice([1, 1, 2, 4 / 3]))
    order = str(rng.choice(["up", "down", "up and down", "random"]))
    octaves = int(rng.integers(1, 4))
    gate = float(rng.uniform(0.35, 0.95))
    rests, pattern = rng.random() < 0.35, rng.random(8) < 0.3
    notes = []
    for bar, root in enumerate(plan.chords):
        chord = plan.harmony.chord(root, base, size)
        tones = [pitch + 12 * octave for octave in range(octaves) for pitch in chord]
        if order == "down":
            tones = tones[::-1]
        elif order == "up and down":
            tones = tones + tones[-2:0:-1]
        elif order == "random":
            tones = [int(tone) for tone in rng.permutation(tones)]
        for index in range(round(STEPS / step_length)):
            step = index * step_length
            if rests and pattern[index % len(pattern)]:
                continue
            length = plan.step_seconds * step_length * gate
            velocity = 0.85 if step % 4 == 0 else 0.65
            pitch = tones[index % len(tones)]
            notes.append(Note(plan.seconds_at(bar, step), length, pitch, velocity))
    return notes


def melody(
    rng: np.random.Generator, plan: Plan, base: int, length_chances: tuple[float, ...]
) -> list[Note]:
    """Compose a tune of two motifs per section, repeated with small changes.

    Args:
        rng: source of all choices.
        plan: tempo, form and chords.
        base: lowest pitch, roughly; the tune spans about an octave and a half above it.
        length_chances: shares of `NOTE_LENGTHS`; more weight to the front is a busier tune.
    """
    motifs = {(kind, half): _motif(rng, length_chances) for kind in plan.kinds for half in (0, 1)}
    notes = []
    for bar, letter in enumerate(plan.sections):
        motif = motifs[letter, bar % 2]
        if rng.random() < 0.15:
            motif = _motif(rng, length_chances)
        for step, length, degree in motif:
            # Strong beats take chord tones, so that the tune agrees with the harmony.
            tone = plan.chords[bar] + 2 * (degree // 2) if step % 8 == 0 else degree
            pitch = plan.harmony.pitch_near(tone % 7, base + 6) + 12 * (degree >= 5)
            seconds = length * plan.step_seconds * 0.95
            notes.append(Note(plan.seconds_at(bar, step), seconds, pitch, 0.8))
    return notes


def _motif(rng: np.random.Generator, length_chances: tuple[float, ...]) -> list[tuple]:
    """Draw one bar of (step, length in steps, scale degree): a bounded random walk with rests."""
    step, degree, motif = 0, int(rng.integers(0, 6)), []
    while step < STEPS:
        length = min(int(rng.choice(NOTE_LENGTHS, p=length_chances)), STEPS - step)
        degree = int(np.clip(degree + rng.integers(-2, 3), -2, 8))
        if rng.random() < 0.85:
            motif.append((step, length, degree))
        step += length
    return motif


def counter_line(rng: np.random.Generator, plan: Plan, base: int) -> list[Note]:
    """Compose a section's second voice: slow chord tones in half or whole bars."""
    onsets = (0, 8) if rng.random() < 0.6 else (0,)
    notes = []
    for bar, root in enumerate(plan.chords):
        chord = plan.harmony.chord(root, base, 3)
        for step in onsets:
            length = STEPS / len(onsets) * plan.step_seconds * 0.97
            pitch = int(rng.choice(chord))
            notes.append(Note(plan.seconds_at(bar, step), length, pitch, 0.75))
    return notes


def drones(plan: Plan, base: int, longest_seconds: float) -> list[Note]:
    """Compose one long note of the tonic for every section: risers, sweeps, pedal tones."""
    pitch = plan.harmony.pitch_near(0, base)
    notes = []
    for bar in range(plan.bars):
        if plan.starts_section(bar):
            bars = 1
            while bar + bars < plan.bars and not plan.starts_section(bar + bars):
                bars += 1
            seconds = min(bars * plan.bar_seconds * 0.99, longest_seconds)
            notes.append(Note(plan.seconds_at(bar, 0), seconds, pitch, 0.8))
    return notes


def spoken(rng: np.random.Generator, plan: Plan, base: int) -> list[Note]:
    """Compose syllables in 16ths and 8ths on nearly one pitch, in phrases with rests."""
    notes = []
    for bar in range(plan.bars):
        step = 0
        while step < STEPS:
            length = int(rng.choice([1, 2, 2, 3]))
            if rng.random() < (0.88 if step < 12 else 0.5):
                pitch = base + int(rng.integers(-2, 3))
                seconds = 0.9 * length * plan.step_seconds
                notes.append(Note(plan.seconds_at(bar, step), seconds, pitch, 0.8))
            step += length
    return notes


def bent(rng: np.random.Generator, notes: list[Note], share: float) -> list[Note]:
    """Add scoops into notes and falls at their ends, on a share of them."""
    result = []
    for note in notes:
        if note.seconds > 0.15 and rng.random() < share:
            if rng.random() < 0.7:
                depth, time = -float(rng.choice([1, 2, 2])), float(rng.uniform(0.05, 0.15))
                note = replace(note, bend=((0.0, depth), (time, 0.0)))
            else:
                depth, end = -float(rng.uniform(1, 5)), note.seconds
                note = replace(note, bend=((max(end - 0.15, 0.05), 0.0), (end, depth)))
        result.append(note)
    return result
