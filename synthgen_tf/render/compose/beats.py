"""Composes drum parts: patterns of one bar with accents, ghost notes, fills and crashes."""

import numpy as np

from synthgen_tf.render.compose.plan import STEPS, Plan
from synthgen_tf.render.compose.score import Note

# General MIDI percussion numbers.
KICK, RIM, SNARE, CLAP = 36, 37, 38, 39
CLOSED_HAT, OPEN_HAT, CRASH, RIDE = 42, 46, 49, 51
LOW_TOM, MID_TOM, HIGH_TOM = 45, 47, 50
TAMBOURINE, COWBELL, SHAKER = 54, 56, 70

MACHINES = ("electronic", "analogue", "sampler")

VELOCITIES = {"X": 1.0, "x": 0.8, "o": 0.35}


def drum_notes(rng: np.random.Generator, plan: Plan, kit: str) -> list[Note]:
    """Compose the drum part of the whole excerpt.

    Args:
        rng: source of all choices.
        plan: tempo, form and style.
        kit: name of the kit; machines may clap on the backbeat, and roll in a build.
    """
    style = plan.style
    patterns = _sample_patterns(rng, plan)
    machine = kit in MACHINES
    backbeat = CLAP if machine and rng.random() < 0.45 else SNARE
    if style.bpm[1] < 100 and rng.random() < 0.25:
        backbeat = RIM
    extra = int(rng.choice([TAMBOURINE, COWBELL, SHAKER])) if rng.random() < 0.25 else None
    extra_steps = [(4, 12), (2, 6, 10, 14), (0, 4, 8, 12)][int(rng.integers(3))]

    builds = rng.random() < 0.6
    hits: list[tuple[int, int, int, float]] = []
    for bar, kind in enumerate(plan.sections):
        if kind == "P" and machine and builds:
            hits += _build(plan, bar, backbeat)
            continue
        kick_pattern, snare_pattern, hat_pattern, cymbal = patterns[kind]
        fill_from = _fill_start(rng, plan, bar)
        if plan.starts_section(bar) and rng.random() < 0.7:
            hits.append((bar, 0, CRASH, 0.9))
        for step in range(fill_from):
            hits += _step_hits(bar, step, kick_pattern, KICK)
            hits += _step_hits(bar, step, snare_pattern, backbeat)
            hits += _step_hits(bar, step, hat_pattern, cymbal)
        if extra is not None and kind in "CS":
            hits += [(bar, step, extra, 0.55) for step in extra_steps]
        hits += _fill(rng, bar, fill_from)

    length = plan.step_seconds
    return [
        Note(plan.seconds_at(bar, step), length, pitch, velocity)
        for bar, step, pitch, velocity in hits
    ]


def _sample_patterns(rng: np.random.Generator, plan: Plan) -> dict[str, tuple]:
    """Draw kick, snare, right hand and its cymbal for every kind of section.

    Most sections share kick and snare, and differ in what the right hand plays; a breakdown
    leaves something out.
    """
    style = plan.style
    kick, snare = _varied(rng, style.kicks), _varied(rng, style.snares)
    patterns = {}
    for kind in plan.kinds:
        if rng.random() < 0.3:
            kick, snare = _varied(rng, style.kicks), _varied(rng, style.snares)
        hat = _varied(rng, style.hats)
        cymbal = int(rng.choice([CLOSED_HAT, RIDE, SHAKER, CRASH], p=[0.72, 0.15, 0.09, 0.04]))
        parts = [kick, snare, hat]
        if kind in "IBO":
            parts[int(rng.integers(3))] = "." * STEPS
        patterns[kind] = (*parts, cymbal)
    return patterns


def _varied(rng: np.random.Generator, patterns: tuple[str, ...]) -> str:
    """Draw one of the patterns, with a hit added as a ghost or left out now and then."""
    pattern = list(str(rng.choice(patterns)))
    if any(symbol != "." for symbol in pattern) and rng.random() < 0.5:
        step = int(rng.integers(STEPS))
        if pattern[step] == ".":
            pattern[step] = "o"
        elif pattern[step] in "xo":
            pattern[step] = "."
    return "".join(pattern)


def _build(plan: Plan, bar: int, drum: int) -> list[tuple[int, int, int, float]]:
    """Return a bar of a roll that becomes denser and louder towards the drop."""
    energy = plan.energy(bar)
    every = 4 if energy < 0.75 else 2 if energy < 0.95 else 1
    hits = [
        (bar, step, drum, 0.35 + 0.6 * energy * (0.8 + 0.2 * step / STEPS))
        for step in range(0, STEPS, every)
    ]
    if energy < 0.95:
        hits += [(bar, step, KICK, 0.9) for step in (0, 4, 8, 12)]
    return hits


def _step_hits(bar: int, step: int, pattern: str, pitch: int) -> list[tuple[int, int, int, float]]:
    """Return the hit that a pattern asks for at one step, if any."""
    symbol = pattern[step]
    if symbol == ".":
        return []
    if symbol == "o" and pitch == CLOSED_HAT:
        return [(bar, step, OPEN_HAT, 0.75)]
    return [(bar, step, pitch, VELOCITIES[symbol])]


def _fill_start(rng: np.random.Generator, plan: Plan, bar: int) -> int:
    """Draw the first step of the bar that belongs to a fill; 16 where there is none."""
    fills = plan.style.fills
    chance = fills if plan.ends_section(bar) else 0.3 * fills if bar % 4 == 3 else 0.0
    return int(rng.choice([4, 8, 12, 12, 14])) if rng.random() < chance else STEPS


def _fill(rng: np.random.Generator, bar: int, start: int) -> list[tuple[int, int, int, float]]:
    """Draw a run down the toms, or a snare roll, that grows louder."""
    steps = range(start, STEPS)
    roll = rng.random() < 0.35
    toms = (SNARE, HIGH_TOM, MID_TOM, LOW_TOM)
    hits = []
    for index, step in enumerate(steps):
        if rng.random() < 0.18:
            continue
        pitch = SNARE if roll else toms[min(3, index * 4 // len(steps))]
        hits.append((bar, step, pitch, 0.6 + 0.4 * index / len(steps)))
    return hits
