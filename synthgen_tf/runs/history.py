"""The history of a run, `history.csv`: a row of numbers for each epoch, and the best of them."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from synthgen_tf.config import Config
from synthgen_tf.errors import InputError
from synthgen_tf.files import replace_file

HISTORY = "history.csv"

MONITOR = "val_si_sdr_improvement"
"""Column of the history that decides which epoch is kept: how much SI-SDR rises over the mixture's,
which no gain can buy. Mean over the validation segments whose target is audible, each SI-SDR
counting as -30 dB at least."""

EARLIER_MONITOR = "val_snr"
"""What decided in runs whose history has no such column."""

Row = dict[str, float]


def read_history(run: Path) -> list[Row]:
    """Read a row of numbers for each epoch, oldest first; empty before the first."""
    if not (run / HISTORY).is_file():
        return []
    with (run / HISTORY).open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def monitor_of(rows: Sequence[Row]) -> str:
    """Return the column by which the best epoch was chosen: `MONITOR`, but in old runs."""
    return MONITOR if all(MONITOR in row for row in rows) else EARLIER_MONITOR


def score_of(row: Row, column: str = MONITOR) -> float:
    """Return the score of an epoch, to compare epochs by: what is not finite is behind all else."""
    return row[column] if math.isfinite(row[column]) else -math.inf


def best_epoch(rows: Sequence[Row]) -> Row:
    """Return the row of the epoch whose model was kept; `rows` has one at least."""
    column = monitor_of(rows)
    return max(rows, key=lambda row: score_of(row, column))


def refuse_other_monitor(run: Path, rows: Sequence[Row]) -> None:
    """Raise `InputError` for a run whose best model was chosen by another measure."""
    if monitor_of(rows) != MONITOR:
        raise InputError(
            f"run {run} cannot go on, an earlier SynthGen chose its best model by "
            f"{EARLIER_MONITOR}, this one by {MONITOR}: start a new run from it by --weights {run}"
        )


def is_complete(config: Config, rows: Sequence[Row]) -> bool:
    """Tell whether a run has used up its epochs or minutes."""
    minutes = sum(row["seconds"] for row in rows) / 60
    limit = config.training.minutes
    return len(rows) >= config.training.epochs or bool(limit and minutes >= limit)


def refuse_complete_run(run: Path, config: Config, rows: Sequence[Row]) -> None:
    """Raise `InputError` when nothing is left to do."""
    if is_complete(config, rows):
        minutes = sum(row["seconds"] for row in rows) / 60
        raise InputError(
            f"run {run} is complete with {len(rows)} epochs in {minutes:.1f} minutes: give it more "
            "by --minutes or --set training.epochs=N"
        )


def write_history(run: Path, rows: list[Row]) -> None:
    """Replace a run's history by these rows, whole or not at all."""

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="") as file:
            table = csv.DictWriter(file, fieldnames=list(rows[0]))
            table.writeheader()
            table.writerows(rows)

    replace_file(run / HISTORY, write)
