"""Draws the effects of a part. A chain is data: a list of dicts, as it stands in `song.json`."""

import numpy as np

from synthgen_tf.render.compose.score import Part, Score
from synthgen_tf.render.compose.styles import STYLES

CHANCES = {
    "drive": {"synth": 0.18, "other": 0.04, "vocals": 0.1, "bass": 0.12, "drums": 0.2},
    "crush": {"synth": 0.03, "drums": 0.02},
    "tilt": {"synth": 0.35, "other": 0.35, "vocals": 0.3, "bass": 0.3, "drums": 0.4},
    "chorus": {"synth": 0.3, "other": 0.15, "vocals": 0.1, "bass": 0.05},
    "flanger": {"synth": 0.06, "other": 0.03, "drums": 0.02},
    "phaser": {"synth": 0.1, "other": 0.06},
    "double": {"synth": 0.12, "other": 0.08, "vocals": 0.1},
    "delay": {"synth": 0.35, "other": 0.12, "vocals": 0.4},
}
"""How often each stem's parts get an effect; in the order in which they are applied."""

MONO_FACTOR = 2.0
"""Mono synths get width from effects more often, and basses less."""

MIDI_DUCKING = 0.15
"""Probability that a synth ducks under the kick in a song whose style nobody knows."""

CENTRED_ROLES = ("drums", "bass", "synth_bass", "vocals")
GATED_ROLES = ("synth_pad", "synth_sweep")
GATES = ("x.x.", "xx.x", "x..x..x.", "xxx.xxx.", "x.xx.xx.", "xx.xx.x.")


def sample_chain(rng: np.random.Generator, part: Part, score: Score, mono: bool) -> list[dict]:
    """Draw the chain of one part.

    Args:
        rng: source of all choices.
        part: whose chain it is.
        score: for tempo, style and kicks.
        mono: whether the dry part has no width of its own.
    """
    chain: list[dict] = []
    for name, chances in CHANCES.items():
        chance = chances.get(part.stem, 0.0)
        if name in ("chorus", "flanger", "phaser", "double", "delay"):
            if part.role == "synth_bass":
                chance *= 0.3
            elif part.stem == "synth" and mono:
                chance *= MONO_FACTOR
        if rng.random() < chance:
            chain.append({"name": name} | _sample_values(rng, name, 60.0 / score.bpm))
    style = STYLES.get(score.style)
    ducking = style.ducking if style else MIDI_DUCKING
    if part.stem != "synth":
        ducking = 0.0
    if part.role in GATED_ROLES and rng.random() < 0.25 * ducking:
        step = float(rng.choice([0.25, 0.25, 0.5])) * 60.0 / score.bpm
        values = {"step_seconds": step, "pattern": str(rng.choice(GATES))}
        chain.append({"name": "gate"} | values | {"depth": float(rng.uniform(0.7, 1.0))})
    if score.kick_seconds and rng.random() < ducking:
        values = {"depth": float(rng.uniform(0.4, 0.95)), "seconds": float(rng.uniform(0.15, 0.4))}
        chain.append({"name": "duck"} | values)
    place = _sample_place(rng, part)
    if place:
        chain.append({"name": "pan", "place": place})
    return chain


def _sample_place(rng: np.random.Generator, part: Part) -> float:
    """Draw where the part stands, -1 to 1: as its part says, else in the middle or about it."""
    if part.pan is not None:
        return round(part.pan, 3)
    if part.role in CENTRED_ROLES:
        return 0.0
    return float(np.clip(rng.normal(0, 0.3), -0.8, 0.8))


def _sample_values(rng: np.random.Generator, name: str, beat_seconds: float) -> dict:
    """Draw the keyword arguments of one effect."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    if name == "drive":
        return {"gain": between(1.2, 6.0)}
    if name == "crush":
        return {"bits": between(4.0, 9.0), "hold": int(rng.integers(1, 6))}
    if name == "tilt":
        return {"pivot_hz": between(400.0, 2500.0), "slope_db": between(-7.0, 7.0)}
    if name == "phaser":
        stages = int(rng.choice([2, 4, 6]))
        return {"rate_hz": between(0.05, 0.8), "stages": stages, "wet": between(0.5, 1.0)}
    if name == "double":
        return {"seconds": between(0.007, 0.025), "wet": between(0.3, 0.9)}
    if name == "delay":
        beats = float(rng.choice([0.25, 0.5, 0.75, 0.75, 1.0]))
        echo = {"seconds": beat_seconds * beats, "feedback": between(0.15, 0.65)}
        return echo | {"wet": between(0.1, 0.45)}
    depths = (0.0005, 0.003) if name == "flanger" else (0.001, 0.004)
    return {
        "rate_hz": between(0.08, 1.6),
        "depth_seconds": between(*depths),
        "wet": between(0.35, 0.85),
    }
