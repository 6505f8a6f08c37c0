"""Composes a score: who plays, what they play, when they rest, and how human it is."""

from dataclasses import replace

import numpy as np

from . import lines
from .beats import KICK, drum_notes
from .plan import Plan, sample_plan
from .score import Note, Part, Score
from .styles import SHARED_INSTRUMENTS, role_chances

SYNTH_FREE_CHANCE = 0.08
"""Share of songs without any synthesizer: a model must learn to answer those with silence."""

SYNTH_ROLES = (
    "synth_lead",
    "synth_pad",
    "synth_arp",
    "synth_pluck",
    "synth_bass",
    "synth_stab",
)
RHYTHM_ROLES = ("drums", "bass", "synth_bass")
STEM_OF_ROLE = {"drums": "drums", "bass": "bass", "vocals": "vocals", "backing": "vocals"}

BUSY = (0.12, 0.38, 0.12, 0.25, 0.08, 0.05)
CALM = (0.02, 0.22, 0.12, 0.34, 0.15, 0.15)


def compose(rng: np.random.Generator, seconds: float) -> Score:
    """Compose an excerpt of `seconds`.

    Returns:
        A score in which every part has at least one audible note and at least one part is no
        synth. About `SYNTH_FREE_CHANCE` of the scores have no part in the `synth` stem.
    """
    plan = sample_plan(rng, seconds)
    parts = []
    roles = _sample_roles(rng, plan)
    presence = _sample_presence(rng, roles)
    for role, part_rng in zip(roles, rng.spawn(len(roles)), strict=True):
        part = _compose_part(part_rng, plan, role, presence[role], seconds)
        if part is not None:
            parts.append(part)
    kicks = tuple(
        note.start_seconds
        for part in parts
        if part.role == "drums"
        for note in part.notes
        if note.pitch == KICK
    )
    name, form = plan.style_name, plan.sections
    return Score(name, plan.bpm, plan.harmony.name, form, tuple(parts), kicks)


def _sample_roles(rng: np.random.Generator, plan: Plan) -> list[str]:
    """Draw who plays, such that something other than the synth always does."""
    chances = role_chances(plan.style_name)
    roles = [role for role, chance in chances.items() if rng.random() < chance]
    synths = [role for role in roles if role in SYNTH_ROLES]
    others = [role for role in roles if role not in SYNTH_ROLES]
    synth_free = rng.random() < SYNTH_FREE_CHANCE
    synths = [] if synth_free else synths or [str(rng.choice(SYNTH_ROLES[:4]))]
    # More than four synths at once is a wall no mix leaves room for.
    synths = [synths[index] for index in sorted(rng.permutation(len(synths))[:4])]
    if "synth_bass" in synths and "bass" in others and rng.random() < 0.8:
        others.remove("bass")
    if not any(role not in RHYTHM_ROLES for role in others):
        others.append("keys")
    return others + synths


def _sample_presence(rng: np.random.Generator, roles: list[str]) -> dict[str, str]:
    """Draw in which sections (letters) each role plays, such that none is left to the drums.

    A section that comes back has the same players; the rhythm group rests less.
    """
    presence = {}
    for role in roles:
        keep = 0.9 if role in RHYTHM_ROLES else float(rng.uniform(0.55, 1.0))
        presence[role] = "".join(letter for letter in "AB" if rng.random() < keep)
    pitched = [role for role in roles if role not in RHYTHM_ROLES]
    for letter in "AB":
        if not any(letter in presence[role] for role in pitched):
            presence[str(rng.choice(pitched))] += letter
    return presence


def _compose_part(
    rng: np.random.Generator, plan: Plan, role: str, presence: str, seconds: float
) -> Part | None:
    """Write one part: instrument, notes, arrangement and human timing."""
    family = role.removesuffix("_2")
    if family == "drums":
        kit = _weighted(rng, plan.style.kits)
        instrument, notes = f"{kit}_drums", drum_notes(rng, plan, kit)
    elif family in SYNTH_ROLES:
        instrument, notes = "synth", _synth_notes(rng, plan, family)
    else:
        instruments = plan.style.instruments.get(family) or SHARED_INSTRUMENTS[family]
        instrument = _weighted(rng, instruments)
        notes = _band_notes(rng, plan, family, instrument)

    tight = family.startswith("synth") or instrument == "electronic_drums"
    spread = float(rng.uniform(0.0, 0.002) if tight else rng.uniform(0.003, 0.014))
    notes = _humanise(rng, notes, spread)
    heard = [note for note in notes if _audible(note, seconds)]
    # A part that would rest all through the excerpt plays all through it instead.
    notes = _arranged(rng, plan, presence, heard) or heard
    if not notes:
        return None
    stem = STEM_OF_ROLE.get(family, "synth" if family in SYNTH_ROLES else "other")
    order = sorted(notes, key=lambda note: (note.start_seconds, note.pitch))
    return Part(role, stem, instrument, tuple(order))


def _weighted(rng: np.random.Generator, weights: dict[str, float]) -> str:
    return str(rng.choice(list(weights), p=list(weights.values())))


def _synth_notes(rng: np.random.Generator, plan: Plan, role: str) -> list[Note]:
    """Notes for a synth role."""
    size = int(rng.integers(plan.style.chord_size[0], plan.style.chord_size[1] + 1))
    if role == "synth_bass":
        return lines.bass_line(rng, plan)
    if role == "synth_pad":
        return lines.held_chords(plan, int(rng.integers(46, 62)), size)
    if role == "synth_arp":
        return lines.arpeggio(rng, plan, int(rng.integers(48, 64)), size)
    if role == "synth_stab":
        return lines.rhythmic_chords(rng, plan, int(rng.integers(50, 62)), size, short=True)
    if role == "synth_pluck" and rng.random() < 0.5:
        return lines.rhythmic_chords(rng, plan, int(rng.integers(52, 66)), size)
    density = BUSY if rng.random() < 0.6 else CALM
    return lines.melody(rng, plan, int(rng.integers(57, 74)), density)


def _band_notes(rng: np.random.Generator, plan: Plan, role: str, instrument: str) -> list[Note]:
    """Notes for everything that is neither drums nor synth."""
    size = int(rng.integers(plan.style.chord_size[0], plan.style.chord_size[1] + 1))
    if role == "bass":
        return lines.bass_line(rng, plan)
    if instrument == "distorted_guitar" and rng.random() < 0.75:
        return lines.power_chords(rng, plan)
    if role == "guitar":
        if rng.random() < 0.3:
            return lines.arpeggio(rng, plan, int(rng.integers(48, 56)), size)
        strum, base = float(rng.uniform(0.006, 0.02)), int(rng.integers(45, 54))
        return lines.rhythmic_chords(rng, plan, base, size, strum_seconds=strum)
    if role == "keys":
        return _keys_notes(rng, plan, instrument, size)
    if role in ("vocals", "wind"):
        base = int(rng.integers(50, 64)) if role == "vocals" else int(rng.integers(64, 76))
        return lines.melody(rng, plan, base, CALM if rng.random() < 0.6 else BUSY)
    if role == "brass" and rng.random() < 0.4:
        return lines.rhythmic_chords(rng, plan, int(rng.integers(50, 60)), size, short=True)
    if role == "backing" or rng.random() < 0.5:
        return lines.held_chords(plan, int(rng.integers(50, 64)), size)
    if rng.random() < 0.5:
        return lines.counter_line(rng, plan, int(rng.integers(48, 72)))
    return lines.melody(rng, plan, int(rng.integers(52, 74)), CALM)


def _keys_notes(rng: np.random.Generator, plan: Plan, instrument: str, size: int) -> list[Note]:
    """Keyboard comping; pianists also play the root with the left hand."""
    base = int(rng.integers(50, 62))
    kind = str(rng.choice(["held", "rhythm", "arpeggio"], p=[0.35, 0.4, 0.25]))
    if kind == "held":
        notes = lines.held_chords(plan, base, size)
    elif kind == "rhythm":
        notes = lines.rhythmic_chords(rng, plan, base, size, short=rng.random() < 0.3)
    else:
        notes = lines.arpeggio(rng, plan, base, size)
    if instrument == "piano" and rng.random() < 0.5:
        notes += lines.held_chords(plan, 36, 1)
    return notes


def _humanise(rng: np.random.Generator, notes: list[Note], spread: float) -> list[Note]:
    """Move onsets by a normal error of `spread` seconds, and velocities by a few per cent."""
    delays = rng.normal(0.0, spread, len(notes)) if spread else np.zeros(len(notes))
    accents = rng.normal(0.0, 0.05, len(notes))
    return [
        replace(
            note,
            start_seconds=note.start_seconds + float(delay),
            velocity=float(np.clip(note.velocity + accent, 0.15, 1.0)),
        )
        for note, delay, accent in zip(notes, delays, accents, strict=True)
    ]


def _audible(note: Note, seconds: float) -> bool:
    """True where at least a quarter of a second (or half) of the note lies in the excerpt."""
    margin = min(0.25, 0.5 * note.seconds)
    end = note.start_seconds + note.seconds
    return end > margin and note.start_seconds < seconds - margin


def _arranged(rng: np.random.Generator, plan: Plan, presence: str, notes: list[Note]) -> list[Note]:
    """The notes in the sections where the part plays; a single bar in 30 does the opposite."""
    plays = [(letter in presence) != bool(rng.random() < 0.03) for letter in plan.sections]
    return [note for note in notes if plays[plan.bar_at(note.start_seconds)]]
