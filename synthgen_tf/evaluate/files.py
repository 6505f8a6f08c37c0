"""`scores.json`, and the same by track as CSV."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.evaluate.scores import SCORES_FORMAT, SYSTEMS
from synthgen_tf.train.run import environment, write_text


def described(
    scores: Mapping,
    *,
    data: Path,
    split: str,
    judged: str,
    kind: str | None = None,
    model: str | Path | None = None,
    estimates: Path | None = None,
    stem: str | None = None,
) -> dict:
    """Scores with what they were made of, so that a report can show the tracks again.

    Args:
        scores: of `evaluate`.
        data, split, kind: of the tracks; the kind is None where the layout tells it.
        judged: what was scored, in a line.
        model: name or path of a model; None for estimates.
        estimates, stem: folder of estimates and the name of their files; None for a model.
    """
    return {
        "synthgen": environment()["packages"]["synthgen_tf"],
        "model": None if model is None else str(model),
        "estimates": None if estimates is None else str(estimates),
        "stem": stem,
        "judged": judged,
        "data": str(data),
        "kind": kind,
        "split": split,
        **scores,
    }


def write_scores(path: Path, scores: Mapping) -> Path:
    """Write scores as JSON, and beside them a CSV of the same name with a row for each track.

    Returns:
        The path of the CSV.
    """
    write_text(path, json.dumps(scores, indent=2) + "\n")
    table = path.with_suffix(".csv")
    write_text(table, _csv(scores))
    return table


def _csv(scores: Mapping) -> str:
    """A row for each track, a column for each measure of each system."""
    columns = dict.fromkeys(
        (system, kind)
        for system in SYSTEMS
        for track in scores["tracks"]
        for kind in track.get(system, {})
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    facts = ("name", "genre", "seconds")
    writer.writerow([*facts, *(f"{system}_{kind}" for system, kind in columns)])
    for track in scores["tracks"]:
        values = (track.get(system, {}).get(kind) for system, kind in columns)
        writer.writerow(
            "" if value is None else value for value in [*(track[name] for name in facts), *values]
        )
    return text.getvalue()


def read_scores(path: Path) -> dict:
    """Scores that `write_scores` wrote.

    Raises:
        InputError: when the file is missing, is something else or has another format.
    """
    try:
        scores = json.loads(path.read_text(encoding="utf-8"))
        found = scores["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} holds no scores: expected a file of synthgen evaluate") from None
    if found != SCORES_FORMAT:
        raise InputError(
            f"{path} has format {found}, this SynthGen reads {SCORES_FORMAT}: evaluate again"
        )
    return scores
