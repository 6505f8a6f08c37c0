"""What a search found: `best.yaml`, a table, a page, and TensorBoard's HParams."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from importance import importance
from pictures import importance_bars, learning_curves, parallel_coordinates, show
from space import Range, Space
from trials import OBJECTIVE, RESULT, RUN, with_epochs

from synthgen_tf.config import config_to_yaml
from synthgen_tf.errors import InputError
from synthgen_tf.files import write_text
from synthgen_tf.report.score_tables import format_db
from synthgen_tf.report.templating import open_templates
from synthgen_tf.runs import Row, read_history
from synthgen_tf.table import Table

BEST, PAGE, HPARAMS = "best.yaml", "search.html", "hparams"


@dataclass(frozen=True)
class Trial:
    """One trial as its files tell of it.

    Attributes:
        name: KerasTuner's number of it.
        status: KerasTuner's word: COMPLETED, FAILED, RUNNING.
        values: of the keys that were searched.
        epochs: that Hyperband gave it; None for the configuration's own.
        score: best `val_si_sdr_improvement`, dB; None for a trial without a result.
        history: rows of its epochs.
        reason: why it failed, in one line.
        snr: `val_snr` of that epoch, dB; None for a trial without a result.
    """

    name: str
    status: str
    values: dict[str, Any]
    epochs: int | None
    score: float | None
    history: list[Row]
    reason: str
    snr: float | None = None


def read_trials(folder: Path, space: Space) -> list[Trial]:
    """Read all trials of a search directory, the best first, those without a score last."""
    trials = [_read_trial(path, space) for path in sorted(folder.glob("trial_*/trial.json"))]
    return sorted(trials, key=lambda trial: np.inf if trial.score is None else -trial.score)


def _read_trial(path: Path, space: Space) -> Trial:
    state = json.loads(path.read_text(encoding="utf-8"))
    chosen = state["hyperparameters"]["values"]
    values = {
        key: chosen[key] if isinstance(ranged, Range) else json.loads(chosen[key])
        for key, ranged in space.search.items()
        if key in chosen
    }
    message = (state.get("message") or "").strip().splitlines()
    result = path.parent / RESULT
    row = json.loads(result.read_text(encoding="utf-8")) if result.is_file() else {}
    return Trial(
        state["trial_id"],
        state["status"],
        values,
        chosen.get("tuner/epochs"),
        row.get(OBJECTIVE.name),
        read_history(path.parent / RUN),
        message[-1].rpartition("Error: ")[2] if message else "",
        row.get("val_snr"),
    )


def write_findings(folder: Path, space: Space) -> Table:
    """Write `best.yaml`, `search.html` and `hparams/` into a search directory.

    Returns:
        A table with a row for each trial, the best first.

    Raises:
        InputError: when no trial has a score.
    """
    trials = read_trials(folder, space)
    scored = [trial for trial in trials if trial.score is not None]
    table = _table(trials, space)
    if not scored:
        reasons = "; ".join(sorted({trial.reason for trial in trials if trial.reason}))
        raise InputError(f"no trial of {folder} came to a score: {reasons or 'none was run'}")
    config = space.build_config(_encoded(scored[0].values, space))
    if scored[0].epochs:
        config = with_epochs(config, scored[0].epochs)
    write_text(folder / BEST, config_to_yaml(config))
    _write_page(folder, table, scored, space)
    _write_hparams(folder / HPARAMS, scored)
    return table


def _encoded(values: dict[str, Any], space: Space) -> dict[str, Any]:
    return {
        key: value if isinstance(space.search[key], Range) else json.dumps(value)
        for key, value in values.items()
    }


def _table(trials: Sequence[Trial], space: Space) -> Table:
    rows = [
        [
            trial.name,
            trial.reason or trial.status.lower() if trial.score is None else f"{trial.score:.2f}",
            format_db(trial.snr),
            str(len(trial.history)),
            f"{sum(row['seconds'] for row in trial.history):.0f}",
            *(show(trial.values.get(key)) for key in space.search),
        ]
        for trial in trials
    ]
    scores = ["SI-SDR improvement, dB", "SNR, dB"]
    columns = ["trial", *scores, "epochs", "seconds", *space.search]
    note = (
        "Means over the validation segments whose target is audible, at a trial's best epoch, "
        "which is the one of the highest SI-SDR improvement over the mixture."
    )
    return Table("Trials, the best first", columns, rows, note)


def _write_page(folder: Path, table: Table, trials: Sequence[Trial], space: Space) -> None:
    keys = list(space.search)
    values, scores = ([getattr(trial, name) for trial in trials] for name in ("values", "score"))
    shares = importance(values, [len(trial.history) for trial in trials], scores)
    logarithmic = {key for key in keys if getattr(space.search[key], "log", False)}
    lead = f"{len(table.rows)} trials, {len(trials)} with a score; the best reached "
    template = open_templates(Path(__file__).parent).get_template("search.html")
    html = template.render(
        title=f"Search {folder.name}",
        lead=f"{lead}{trials[0].score:.2f} dB and stands in {BEST}.",
        tables=[table],
        coordinates=parallel_coordinates(keys, values, scores, logarithmic),
        importance=importance_bars(shares) if shares else None,
        curves=learning_curves({trial.name: trial.history for trial in trials}),
    )
    write_text(folder / PAGE, html)


def _write_hparams(folder: Path, trials: Sequence[Trial]) -> None:
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    shutil.rmtree(folder, ignore_errors=True)
    for trial in trials:
        with tf.summary.create_file_writer(str(folder / trial.name)).as_default():
            values = {key: _plain(value) for key, value in trial.values.items()}
            api.hparams(values, trial_id=trial.name)
            for row in trial.history:
                tf.summary.scalar(OBJECTIVE.name, row[OBJECTIVE.name], step=int(row["epoch"]))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else json.dumps(value)
