"""What of a search's scores each key explains, and how sure that is."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

LEAST_TRIALS = 6
"""Trials below which a forest has nothing to learn from."""

DRAWS, TREES, SHUFFLES = 40, 60, 5
"""Draws of the trials that give the interval, trees of each forest, shuffles of each key."""

LENGTH = "epochs"
"""Stands among the keys where trials differ in length, or the keys would have its share."""


class Share(NamedTuple):
    """A share of the difference between scores, 0 to 1.

    Attributes:
        mean: over the draws of the trials.
        low, high: between which nine in ten of the draws lie.
    """

    mean: float
    low: float
    high: float


def importance(
    values: Sequence[dict[str, Any]], lengths: Sequence[int], scores: Sequence[float]
) -> dict[str, Share] | None:
    """Return the share of what the scores vary by that each key explains, as a random forest sees
    it, with its uncertainty.

    A forest learns the scores from the values; a key matters as far as the forest errs without it,
    which is its importance by permutation (Breiman 2001). That is done on trials drawn with
    replacement, again and again (Efron 1979): a finding that hangs on a few trials differs from
    draw to draw.

    Args:
        values: of each trial, key to value; all trials have the same keys.
        lengths: epochs that each trial was trained for.
        scores: of each trial.

    Returns:
        Shares whose means sum to 1, that of `LENGTH` among them where lengths differ; None for
        fewer than six trials.
    """
    if len(scores) < LEAST_TRIALS:
        return None
    columns = {key: _places([one[key] for one in values]) for key in values[0]}
    if len(set(lengths)) > 1:
        columns[LENGTH] = np.array(lengths, float)
    draws = _drawn(np.stack(list(columns.values()), axis=1), np.array(scores, float))
    low, high = np.quantile(draws, (0.05, 0.95), axis=0)
    found = zip(columns, draws.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return {key: Share(*share) for key, *share in found}


def _drawn(places: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the shares of each draw of the trials: (draws, keys), each row with the sum of 1.

    Args:
        places: (trials, keys).
        scores: (trials,).
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    random, shares = np.random.default_rng(0), []
    for _ in range(DRAWS):
        drawn = random.integers(len(scores), size=len(scores))
        forest = RandomForestRegressor(TREES, random_state=0).fit(places[drawn], scores[drawn])
        judged = permutation_importance(forest, places, scores, n_repeats=SHUFFLES, random_state=0)
        found = np.maximum(judged.importances_mean, 0.0)
        total = found.sum()
        shares.append(found / total if total > 0.0 else np.full(len(found), 1.0 / len(found)))
    return np.stack(shares)


def _places(column: Sequence[Any]) -> np.ndarray:
    """Return a number for each value: itself, or its place among those that were tried."""
    if all(isinstance(value, int | float) for value in column):
        return np.array(column, float)
    texts = [json.dumps(value) for value in column]
    order = sorted(set(texts))
    return np.array([order.index(text) for text in texts], float)
