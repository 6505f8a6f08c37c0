"""`scores.json`, and the same by track as CSV."""

import csv
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path

from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.evaluate.scores import SCORES_FORMAT, SYSTEMS
from synthgen_tf.files import write_text
from synthgen_tf.runs import environment


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
    labels: Mapping | None = None,
    level: str = "as_is",
) -> dict:
    """Return scores with what they were made of, so that a report can show the tracks again.

    Args:
        scores: of `evaluate`.
        data, split, kind: of the tracks; the kind is None where the layout tells it.
        judged: what was scored, in a line.
        model: name or path of a model; None for estimates.
        estimates, stem: folder of estimates and the name of their files; None for a model.
        labels: that made the stems of a data set with labels, `data.labels` of the configuration.
        level: of what the model separated, see `choices.Level`.
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
        "labels": labels,
        "level": level,
        **scores,
    }


def score_files(out: Path) -> tuple[Path, Path, Path]:
    """Tell where scores go: the JSON file, the CSV and museval's folder beside it, never the same.

    A name that ends in `.json` or `.csv` gives `NAME.json`, `NAME.csv` and `NAME_museval`; any
    other is that of the JSON, and the CSV's begins with the whole of it.
    """
    if out.suffix.lower() == ".csv":
        out = out.with_suffix(".json")
    base = out.stem if out.suffix.lower() == ".json" else out.name
    return out, out.with_name(f"{base}.csv"), out.with_name(f"{base}_museval")


def make_room_for_scores(out: Path) -> None:
    """Make the folder that scores go to, so that nothing is scored in vain.

    Raises:
        OutputError: when that fails, or a folder has the name of a file to write.
    """
    json_file, table, _ = score_files(out)
    for file in (json_file, table):
        if file.is_dir():
            raise OutputError(f"{file} is a folder: give the name of a file to write by --out")
    try:
        json_file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make folder {json_file.parent} ({error.strerror}): give another --out"
        ) from None
    if not os.access(json_file.parent, os.W_OK):
        raise OutputError(f"cannot write into {json_file.parent}: give another --out")


def write_scores(path: Path, scores: Mapping) -> tuple[Path, Path]:
    """Write scores as JSON, and beside them a CSV with a row for each track.

    Returns:
        The paths of both, as `score_files` names them.
    """
    json_file, table, _ = score_files(path)
    write_text(json_file, json.dumps(scores, indent=2) + "\n")
    write_text(table, _csv(scores))
    return json_file, table


def _csv(scores: Mapping) -> str:
    """Return a row for each track, a column for each measure of each system."""
    columns = dict.fromkeys(
        (system, kind)
        for system in SYSTEMS
        for track in scores["tracks"]
        for kind in track.get(system, {})
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = ("name", "split", "genre", "seconds")
    writer.writerow([*fields, *(f"{system}_{kind}" for system, kind in columns)])
    for track in scores["tracks"]:
        values = [track.get(name) for name in fields]
        values += [track.get(system, {}).get(kind) for system, kind in columns]
        writer.writerow("" if value is None else value for value in values)
    return text.getvalue()


def read_scores(path: Path) -> dict:
    """Read scores that `write_scores` wrote.

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
