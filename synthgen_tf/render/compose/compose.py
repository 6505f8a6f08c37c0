"""Composes a score: who plays, where they rest, how the song grows and how human it is."""

from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.beats import KICK, MACHINES
from synthgen_tf.render.compose.parts import write_part
from synthgen_tf.render.compose.plan import Plan, sample_plan
from synthgen_tf.render.compose.score import Curve, Note, Part, Score
from synthgen_tf.render.compose.structure import (
    Gap,
    fade_curve,
    sample_gaps,
    sample_presence,
    sample_sweep,
)
from synthgen_tf.render.compose.styles import FAMILIES

SYNTH_FREE_CHANCE = 0.08
"""Share of songs without any synthesizer: a model must learn to answer those with silence."""

MOST_SYNTHS = 4
"""More than four synths at once is a wall no mix leaves room for."""

MACHINES_ALONE_CHANCE = 0.5
"""Share of electronic songs in which every pitched sound is a synth, but for singers."""

DENSE_ROLES = ("drums", "guitar", "keys", "strings")
DENSE_KEYS = {"organ": 2.0, "combo_organ": 1.0, "tine_piano": 2.0, "reed_piano": 1.0}
DENSE_SYNTHS = ("synth_lead", "synth_pad", "synth_arp", "synth_pluck", "synth_keys")
"""What a synth is most easily mistaken for: it plays in every song of split `hard`."""

RHYTHM_ROLES = ("drums", "bass", "synth_bass")
STEM_OF_ROLE = {"drums": "drums", "bass": "bass", "vocals": "vocals", "backing": "vocals"}


def compose(rng: np.random.Generator, seconds: float, dense: bool = False) -> Score:
    """Compose an excerpt of `seconds`.

    Args:
        rng: source of all choices.
        seconds: length.
        dense: guitar, organ or electric piano, and strings play against at least two synths.

    Returns:
        A score in which every part has at least one audible note and at least one part is no
        synth. About `SYNTH_FREE_CHANCE` of the scores have no part in the `synth` stem.
    """
    plan = sample_plan(rng, seconds)
    roles = _dense_roles(rng, plan) if dense else _sample_roles(rng, plan)
    choices = {"keys": DENSE_KEYS} if dense else {}
    grid = (plan.sections, plan.bar_seconds, plan.offset_seconds)
    presence = sample_presence(rng, roles, plan.sections)
    gaps = sample_gaps(rng, *grid)
    level = fade_curve(rng, *grid)
    parts = []
    for role, part_rng in zip(roles, rng.spawn(len(roles)), strict=True):
        instrument, notes = write_part(part_rng, plan, role, choices)
        notes = _humanise(part_rng, plan, notes, _looseness(part_rng, instrument))
        played = _arranged(plan, role, presence[role], gaps, notes, seconds)
        if played:
            cutoff = _sweep(part_rng, plan, role, grid)
            parts.append(Part(role, _stem_of(role), instrument, played, level, cutoff))
    kicks = tuple(
        note.start_seconds
        for part in parts
        if part.role == "drums"
        for note in part.notes
        if note.pitch == KICK
    )
    name, form = plan.style_name, plan.sections
    return Score(name, plan.bpm, plan.harmony.name, form, tuple(parts), kicks)


def _stem_of(role: str) -> str:
    family = role.removesuffix("_2")
    return "synth" if family.startswith("synth") else STEM_OF_ROLE.get(family, "other")


def _sample_roles(rng: np.random.Generator, plan: Plan) -> list[str]:
    """Draw who plays, such that something other than the synth always does."""
    chances = plan.style.roles
    roles = [role for role, chance in chances.items() if rng.random() < chance]
    if "S" not in plan.sections:
        roles = [role for role in roles if role != "solo" or rng.random() < 0.2]
    synths = [role for role in roles if role.startswith("synth")]
    others = [role for role in roles if not role.startswith("synth")]
    alone = plan.style_name in FAMILIES["electronic"] and rng.random() < MACHINES_ALONE_CHANCE
    if alone:
        others = ["drums", *(role for role in others if role in ("vocals", "backing"))]
    if rng.random() < SYNTH_FREE_CHANCE and not alone:
        synths = []
    elif not [role for role in synths if role != "synth_sweep"]:
        usual = [role for role in chances if role.startswith("synth") and role != "synth_sweep"]
        weights = np.array([chances[role] for role in usual])
        synths.append(str(rng.choice(usual, p=weights / weights.sum())))
    synths = [synths[index] for index in sorted(rng.permutation(len(synths))[:MOST_SYNTHS])]
    if "synth_bass" in synths and "bass" in others and rng.random() < 0.8:
        others.remove("bass")
    if alone and all(role in RHYTHM_ROLES for role in synths):
        synths.append("synth_pad")
    if not alone and not any(role not in RHYTHM_ROLES for role in others):
        others.append("keys")
    return others + synths


def _dense_roles(rng: np.random.Generator, plan: Plan) -> list[str]:
    """A full band and two to four synths."""
    roles = _sample_roles(rng, plan)
    roles += [role for role in DENSE_ROLES if role not in roles]
    count = int(rng.integers(2, MOST_SYNTHS + 1))
    more = [role for role in rng.permutation(DENSE_SYNTHS) if role not in roles]
    have = sum(role.startswith("synth") for role in roles)
    return roles + [str(role) for role in more[: max(0, count - have)]]


def _sweep(
    rng: np.random.Generator, plan: Plan, role: str, grid: tuple[str, float, float]
) -> Curve:
    """How a synth's filter follows the form; empty where it does not."""
    riser = role == "synth_sweep"
    if not (role.startswith("synth") and (riser or rng.random() < plan.style.sweeping)):
        return ()
    return sample_sweep(rng, *grid, float(rng.uniform(1.5, 4.0) if riser else rng.uniform(0.5, 3)))


def _looseness(rng: np.random.Generator, instrument: str) -> float:
    """Spread of onsets in seconds: machines and what they play are tight, people are not."""
    if instrument == "synth" or instrument.removesuffix("_drums") in MACHINES:
        return float(rng.uniform(0.0, 0.002))
    return float(rng.uniform(0.003, 0.014))


def _humanise(rng: np.random.Generator, plan: Plan, notes: list[Note], spread: float) -> list[Note]:
    """Move onsets by a normal error, and play with the section's strength and small accents."""
    delays = rng.normal(0.0, spread, len(notes)) if spread else np.zeros(len(notes))
    accents = rng.normal(0.0, 0.05, len(notes))
    strength = [0.7 + 0.3 * plan.energy(bar) for bar in range(plan.bars)]
    return [
        replace(
            note,
            start_seconds=note.start_seconds + float(delay),
            velocity=float(
                np.clip(
                    note.velocity * strength[plan.bar_at(note.start_seconds)] + accent, 0.15, 1.0
                )
            ),
        )
        for note, delay, accent in zip(notes, delays, accents, strict=True)
    ]


def _audible(note: Note, seconds: float) -> bool:
    """True where at least a quarter of a second (or half) of the note lies in the excerpt."""
    margin = min(0.25, 0.5 * note.seconds)
    end = note.start_seconds + note.seconds
    return end > margin and note.start_seconds < seconds - margin


def _arranged(
    plan: Plan,
    role: str,
    presence: frozenset[str],
    gaps: tuple[Gap, ...],
    notes: list[Note],
    seconds: float,
) -> tuple[Note, ...]:
    """The notes that are played: where the part is present, and outside the gaps.

    A part that would rest all through the excerpt plays all through it instead.
    """
    heard = [note for note in notes if _audible(note, seconds)]
    kinds = plan.sections
    played = [note for note in heard if kinds[plan.bar_at(note.start_seconds)] in presence]
    rests = [gap for gap in gaps if gap.silences(role)]
    played = [cut for note in played or heard if (cut := _outside(note, rests)) is not None]
    played = [note for note in played if _audible(note, seconds)]
    order = sorted(played or heard, key=lambda note: (note.start_seconds, note.pitch))
    return tuple(order)


def _outside(note: Note, gaps: list[Gap]) -> Note | None:
    """What is left of a note when the gaps are silent; None for nothing."""
    for gap in gaps:
        if gap.start_seconds - 0.02 <= note.start_seconds < gap.end_seconds - 0.02:
            return None
        if note.start_seconds < gap.start_seconds < note.start_seconds + note.seconds:
            note = replace(note, seconds=gap.start_seconds - note.start_seconds)
    return note
