"""A run directory: everything that tells how a model came to be, and what a resumed run needs.

`config.yaml` as used, `environment.json`, `history.csv`, `best.keras`, `logs/` for TensorBoard,
`backup/` with the state after the last whole epoch, and `packed/` where small files are asked for.
"""

import csv
import json
import math
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from synthgen_tf.config import Config, config_to_yaml, load_config
from synthgen_tf.data.licence import UNKNOWN, licences_of, together
from synthgen_tf.errors import InputError
from synthgen_tf.runs.packed import PACKED, give_packed, is_packed

BEST = "best.keras"
CONFIG = "config.yaml"
HISTORY = "history.csv"
ENVIRONMENT = "environment.json"
LOGS = "logs"
BACKUP = Path("backup") / "latest.weights.h5"

MONITOR = "val_si_sdr_improvement"
"""Column of the history that decides which epoch is kept: how much SI-SDR rises over the mixture's,
which no gain can buy. Mean over the validation segments whose target is audible, each SI-SDR
counting as -30 dB at least."""

EARLIER_MONITOR = "val_snr"
"""What decided in runs whose history has no such column."""

PACKAGES = ("synthgen_tf", "tensorflow", "keras", "tensorflow-io", "numpy", "soundfile", "musdb")

Row = dict[str, float]
Result = TypeVar("Result")


def create_run(
    run: Path,
    config: Config,
    data: Path | str,
    weights: Path | None = None,
    more: Iterable[str] = (),
) -> None:
    """Make the directory and write what is known before training.

    Args:
        run: the directory.
        config: as used.
        data: store, or root of a data set; words where it lies in none.
        weights: run that it starts from.
        more: licences of data that lies in no folder.

    Raises:
        InputError: when it exists and is not empty.
    """
    refuse_existing_run(run)
    run.mkdir(parents=True, exist_ok=True)
    write_text(run / CONFIG, config_to_yaml(config))
    record_data(run, data, [*more, *(run_licences(weights) if weights else ())])


def record_data(run: Path, data: Path | str, more: Iterable[str] = ()) -> None:
    """Note where the data of a run lies, and whose licences its weights are under from now on.

    Those of earlier data stay: the weights have learnt from it.

    Args:
        run: its directory.
        data: store, or root of a data set, noted as an absolute path; or words.
        more: licences of weights that it starts from, or of data that lies in no folder.
    """
    begun = {"seed": read_run_config(run).seed, "command": sys.argv, **environment()}
    facts, in_folder = {"data": ""} | begun | _facts(run), isinstance(data, Path)
    facts["data"] = str(data.absolute()) if in_folder else data
    before = facts.get("licences", [UNKNOWN] if read_history(run) else [])
    facts["licences"] = sorted({*before, *more, *(licences_of(data) if in_folder else ())})
    write_text(run / ENVIRONMENT, json.dumps(facts, indent=2) + "\n")


def record_rendered(run: Path, songs: int, valid: int) -> None:
    """Note how many songs a run has had rendered for it, to train and to validate on."""
    facts = _facts(run) | {"rendered": songs, "rendered_valid": valid}
    write_text(run / ENVIRONMENT, json.dumps(facts, indent=2) + "\n")


def read_rendered(run: Path) -> tuple[int, int | None]:
    """What `record_rendered` noted; 0 and None for a run that had none."""
    facts = _facts(run)
    return facts.get("rendered", 0), facts.get("rendered_valid")


def run_licences(run: Path) -> list[str]:
    """The licences that a run's data puts on its weights; runs of earlier versions do not know."""
    return _facts(run).get("licences") or [UNKNOWN]


def weights_licence(run: Path) -> str:
    """One line about what may be done with the weights of a run."""
    return together(run_licences(run))


def _facts(run: Path) -> dict[str, Any]:
    try:
        return json.loads((run / ENVIRONMENT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def refuse_existing_run(run: Path) -> None:
    """Raise `InputError` when the path is taken."""
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise InputError(
            f"run {run} exists: choose another directory, or go on with it by --resume"
        )


def read_run_config(run: Path) -> Config:
    """The configuration that a run was made with.

    Raises:
        InputError: when the directory holds no run.
    """
    if not (run / CONFIG).is_file():
        raise InputError(f"{run} is no run directory, it holds no {CONFIG}: train one first")
    return load_config(file=run / CONFIG, recorded=True)


def resume_config(
    run: Path, settings: Sequence[str], flags: Mapping[str, Any], data: Path | None
) -> tuple[Config, Path]:
    """Configuration and data of a run to go on with; only its section `training` may change.

    Raises:
        InputError: when the directory holds no run or another section would change.
    """
    config = changed_config(run, settings, flags)
    if data is None:
        noted = _facts(run).get("data")
        if not noted or not Path(noted).is_dir():
            raise InputError(f"data of run {run} is not at {noted}: say by --data where it is now")
        data = Path(noted)
    return config, data


def changed_config(run: Path, settings: Sequence[str], flags: Mapping[str, Any]) -> Config:
    """The configuration of a run with another section `training`.

    Raises:
        InputError: when the directory holds no run or another section would change.
    """
    before = read_run_config(run)
    config = load_config(None, run / CONFIG, settings, flags, recorded=True)
    if config.model_copy(update={"training": before.training}) != before:
        raise InputError(f"a resumed run keeps all but training.*: {run / CONFIG} has the rest")
    return config


def load_run(run: Path):
    """The best model of a run and its configuration, as (keras.Model, Config)."""
    from synthgen_tf.model import build_model

    config = read_run_config(run)
    model = build_model(config)
    load_weights(model, config, run)
    return model, config


def load_weights(model, config: Config, run: Path) -> None:
    """Give a model the weights of a run's best one.

    Raises:
        InputError: when the run holds none, or they are of another network.
    """
    before = read_run_config(run)
    if before.model != config.model:
        theirs, ours = before.model.model_dump(), config.model.model_dump()
        key = next(key for key in ours if ours[key] != theirs.get(key))
        raise InputError(
            f"weights of {run} are of another network: its model.{key} is {theirs.get(key)}, "
            f"here it is {ours[key]}"
        )
    if (run / BEST).is_file():
        model.load_weights(run / BEST)
    elif is_packed(run):
        give_packed(model, run)
    else:
        raise InputError(f"run {run} holds no {BEST} yet: train it for at least one epoch")


def weight_files(run: Path) -> list[Path]:
    """The files that hold a run's best model: `best.keras`, or else the parts of `packed`."""
    return [run / BEST] if (run / BEST).is_file() else sorted((run / PACKED).glob("part_*.npz"))


def read_history(run: Path) -> list[Row]:
    """One row of numbers for each epoch, oldest first; empty before the first."""
    if not (run / HISTORY).is_file():
        return []
    with (run / HISTORY).open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def monitor_of(rows: Sequence[Row]) -> str:
    """The column by which the best epoch of a history was chosen: `MONITOR`, but in old runs."""
    return MONITOR if all(MONITOR in row for row in rows) else EARLIER_MONITOR


def score_of(row: Row, column: str = MONITOR) -> float:
    """Score of an epoch, to compare epochs by: what is not finite is behind all else."""
    return row[column] if math.isfinite(row[column]) else -math.inf


def best_epoch(rows: Sequence[Row]) -> Row:
    """The row of the epoch whose model was kept; `rows` has one at least."""
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
    """True for a run that has used up its epochs or minutes."""
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
    """Replace the history at once."""

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="") as file:
            table = csv.DictWriter(file, fieldnames=list(rows[0]))
            table.writeheader()
            table.writerows(rows)

    replace_file(run / HISTORY, write)


def write_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name and rename it."""
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def replace_file(path: Path, write: Callable[[Path], Result]) -> Result:
    """Let `write` fill a temporary file and rename it to `path`: it is whole or absent."""
    temporary = path.with_name(f".writing_{path.name}")
    try:
        result = write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return result


def environment() -> dict:
    """Versions of what the results depend on, and the machine in a word."""
    return {
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Commit of the checkout that this package runs from; None for an installed wheel."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
