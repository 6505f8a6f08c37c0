"""A run directory: everything that tells how a model came to be, and what a resumed run needs.

`config.yaml` as used, `environment.json`, `history.csv`, `best.keras`, `logs/` for TensorBoard,
`backup/` with the state after the last whole epoch, and `packed/` where small files are asked for.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen_tf.config import Config, config_to_yaml, load_config
from synthgen_tf.data.licence import UNKNOWN, licences_of, together
from synthgen_tf.errors import InputError
from synthgen_tf.files import write_text
from synthgen_tf.runs.history import read_history
from synthgen_tf.runs.packed import PACKED, give_packed, is_packed
from synthgen_tf.runs.provenance import environment

if TYPE_CHECKING:
    import keras

BEST = "best.keras"
CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
LOGS = "logs"
MODEL_CARD = "MODEL_CARD.md"
"""What `synthgen report` writes beside them, and `synthgen export` takes along."""
BACKUP = Path("backup") / "latest.weights.h5"


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
    record_data(run, data, more, weights)


def record_data(
    run: Path, data: Path | str, more: Iterable[str] = (), weights: Path | None = None
) -> None:
    """Note where the data of a run lies, and whose licences its weights are under from now on.

    Those of earlier data stay: the weights have learnt from it.

    Args:
        run: its directory.
        data: store, or root of a data set, noted as an absolute path; or words.
        more: licences of data that lies in no folder.
        weights: run that it starts from, when it does; its licences are this one's as well.
    """
    begun = {"seed": read_run_config(run).seed, "command": sys.argv, **environment()}
    record = {"data": ""} | begun | _read_record(run)
    record["data"] = str(data.absolute()) if isinstance(data, Path) else data
    before = record.get("licences", [UNKNOWN] if read_history(run) else [])
    of_data = licences_of(data) if isinstance(data, Path) else ()
    of_weights = run_licences(weights) if weights else ()
    record["licences"] = sorted({*before, *more, *of_data, *of_weights})
    if weights:
        record["weights"] = _name_of(weights)
    write_text(run / ENVIRONMENT, json.dumps(record, indent=2) + "\n")


def record_rendered(run: Path, songs: int, valid: int) -> None:
    """Note how many songs a run has had rendered for it, to train and to validate on."""
    _note(run, rendered=songs, rendered_valid=valid)


def _name_of(run: Path) -> str:
    """Return what a run is called by: the exported model that it was made of, or its path."""
    return _read_record(run).get("model", str(run))


def _note(run: Path, **more: str | int) -> None:
    """Add to what `environment.json` says."""
    write_text(run / ENVIRONMENT, json.dumps(_read_record(run) | more, indent=2) + "\n")


def read_rendered(run: Path) -> tuple[int, int | None]:
    """Read what `record_rendered` noted; 0 and None for a run that had none."""
    record = _read_record(run)
    return record.get("rendered", 0), record.get("rendered_valid")


def run_licences(run: Path) -> list[str]:
    """Return the licences that a run's data puts on its weights; runs of earlier versions do not
    know."""
    return _read_record(run).get("licences") or [UNKNOWN]


def weights_licence(run: Path) -> str:
    """Tell in a line what may be done with the weights of a run."""
    return together(run_licences(run))


def _read_record(run: Path) -> dict[str, Any]:
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
    """Read the configuration that a run was made with.

    Raises:
        InputError: when the directory holds no run.
    """
    if not (run / CONFIG).is_file():
        raise InputError(f"{run} is no run directory, it holds no {CONFIG}: train one first")
    return load_config(file=run / CONFIG, recorded=True)


def resume_config(
    run: Path, settings: Sequence[str], flags: Mapping[str, Any], data: Path | None
) -> tuple[Config, Path]:
    """Return configuration and data of a run to go on with; only section `training` may change.

    Raises:
        InputError: when the directory holds no run or another section would change.
    """
    config = changed_config(run, settings, flags)
    if data is None:
        noted = _read_record(run).get("data")
        if not noted or not Path(noted).is_dir():
            raise InputError(f"data of run {run} is not at {noted}: say by --data where it is now")
        data = Path(noted)
    return config, data


def changed_config(run: Path, settings: Sequence[str], flags: Mapping[str, Any]) -> Config:
    """Return the configuration of a run with another section `training`.

    Raises:
        InputError: when the directory holds no run or another section would change.
    """
    before = read_run_config(run)
    config = load_config(None, run / CONFIG, settings, flags, recorded=True)
    if config.model_copy(update={"training": before.training}) != before:
        raise InputError(f"a resumed run keeps all but training.*: {run / CONFIG} has the rest")
    return config


def load_run(run: Path) -> "tuple[keras.Model, Config]":
    """Load the best model of a run, and its configuration."""
    from synthgen_tf.model import build_model

    config = read_run_config(run)
    model = build_model(config)
    load_weights(model, config, run)
    return model, config


def load_weights(model: "keras.Model", config: Config, run: Path) -> None:
    """Give a model the weights of a run's best one.

    Raises:
        InputError: when the run holds none, or they are of another network.
    """
    before = read_run_config(run)
    if before.model != config.model:
        theirs, ours = before.model.model_dump(), config.model.model_dump()
        key = next(key for key in ours if ours[key] != theirs.get(key))
        raise InputError(
            f"weights of {_name_of(run)} are of another network: its model.{key} is "
            f"{theirs.get(key)}, here it is {ours[key]}"
        )
    if (run / BEST).is_file():
        model.load_weights(run / BEST)
    elif is_packed(run):
        give_packed(model, run)
    else:
        raise InputError(f"run {run} holds no {BEST} yet: train it for at least one epoch")


def weight_files(run: Path) -> list[Path]:
    """Return the files that hold a run's best model: `best.keras`, or else the parts of
    `packed`."""
    return [run / BEST] if (run / BEST).is_file() else sorted((run / PACKED).glob("part_*.npz"))
