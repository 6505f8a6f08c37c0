"""Draws what is done to whole stems, as a mixer does to groups of parts, as data."""

import numpy as np

from synthgen_tf.render.compose.score import Score
from synthgen_tf.render.compose.styles import STYLES

SATURATED = {"synth": 0.15, "other": 0.1, "vocals": 0.15, "bass": 0.2, "drums": 0.25}
"""How often each stem is softly saturated."""

WIDENED = {"synth": 0.2, "other": 0.12, "vocals": 0.05, "bass": 0.0, "drums": 0.05}
NARROWED = {"synth": 0.12, "other": 0.12, "vocals": 0.08, "bass": 0.25, "drums": 0.1}
"""How often each stem is made wider and narrower; lows belong in the middle."""

PUMPED = {"synth": 0.3, "other": 0.8, "vocals": 0.15, "bass": 0.7}
"""How often each stem ducks under the kick where a song has a side-chain at all.

Of the synth most parts duck on their own already (`chains`).
"""

UNKNOWN_DUCKING = 0.1
"""Probability of a side-chain in a song whose style nobody knows."""


def sample_buses(rng: np.random.Generator, score: Score) -> dict[str, list[dict]]:
    """Draw the chain of each stem; the effects are those of `effects`.

    Args:
        rng: source of all choices.
        score: for style and kicks. A song has a side-chain as often as a synth part of its style
            ducks; its stems then duck in the same rhythm.

    Returns:
        Stems to chains, for those that have one.
    """
    style = STYLES.get(score.style)
    ducking = style.ducking if style else UNKNOWN_DUCKING
    pumping = bool(score.kick_seconds) and rng.random() < ducking
    depth, seconds = float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.15, 0.35))
    chains: dict[str, list[dict]] = {}
    for stem, saturated in SATURATED.items():
        chain: list[dict] = []
        if rng.random() < saturated:
            chain.append({"name": "saturate", "gain": float(rng.uniform(0.4, 1.5))})
        if pumping and rng.random() < PUMPED.get(stem, 0.0):
            chain.append({"name": "duck", "depth": depth, "seconds": seconds})
        place = rng.random()
        if place < WIDENED[stem]:
            chain.append({"name": "width", "factor": float(rng.uniform(1.2, 2.0))})
        elif place < WIDENED[stem] + NARROWED[stem]:
            chain.append({"name": "width", "factor": float(rng.uniform(0.0, 0.8))})
        if chain:
            chains[stem] = chain
    return chains
