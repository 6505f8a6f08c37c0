"""Search the configuration for the highest SI-SDR improvement on validation, with KerasTuner.

    .venv/bin/python tuning/search.py --data SONGS --out search --tuner hyperband --trials 8

Several processes or hosts share a search: each is given KERASTUNER_ORACLE_IP,
KERASTUNER_ORACLE_PORT and KERASTUNER_TUNER_ID, one the id `chief`; all see the same --out.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up noise

from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml

from synthgen_tf.cli import run_command
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow

HERE = Path(__file__).parent
SPACE, SEARCH = "space.yaml", "search.yaml"
CHIEF_SECONDS = 60
ADDRESS = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")


def search(
    data: Annotated[Path, typer.Option(help="Prepared store, or root of a data set.")],
    out: Annotated[Path, typer.Option(help="Search directory to write.")],
    space: Annotated[
        Path | None, typer.Option(help="YAML of what is searched; tuning/space.yaml by default.")
    ] = None,
    tuner: Annotated[
        Literal["hyperband", "bayesian", "random"], typer.Option(help="What decides on trials.")
    ] = "hyperband",
    trials: Annotated[int, typer.Option(min=1, help="Trials in all, at most.")] = 20,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="After them no trial begins; training.minutes ends each."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the choices.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this search.")] = False,
) -> None:
    """Search the configuration; leave best.yaml, search.html and TensorBoard's HParams in --out."""
    role = _role()
    import_tensorflow()
    from synthgen_tf.runs import MONITOR

    record = {"data": str(data.absolute()), "tuner": tuner, "seed": seed, "objective": MONITOR}
    if role == "worker":
        _await_chief()
    else:
        _open_directory(out, space or HERE / SPACE, record, resume)
    from findings import write_findings
    from keras_tuner.errors import FatalError
    from space import read_space
    from trials import ProcessTuner, build_oracle

    from synthgen_tf.cli.terminal import print_table

    chosen = read_space(out / SPACE)
    oracle = build_oracle(tuner, trials, seed, chosen.build_config(), minutes)
    tuning = ProcessTuner(oracle, chosen, data, out)
    if role != "worker" and resume and (out / "oracle.json").is_file():
        oracle.reload()
    try:
        tuning.search(verbose=0)
    except FatalError as error:
        raise InputError(str(error)) from None
    if role != "worker":
        print_table(write_findings(out, chosen))
        typer.echo(f"wrote {out / 'best.yaml'}, {out / 'search.html'} and {out / 'hparams'}/")


def _role() -> Literal["alone", "chief", "worker"]:
    given = [name for name in ADDRESS if os.environ.get(name)]
    if not given:
        return "alone"
    missing = [name for name in ADDRESS if name not in given]
    if missing:
        raise InputError(f"{given[0]} is set, {missing[0]} is not: set all of {', '.join(ADDRESS)}")
    return "chief" if "chief" in os.environ[ADDRESS[2]] else "worker"


def _await_chief() -> None:
    """Wait until the chief answers; KerasTuner itself would wait for an hour."""
    import grpc

    address = f"{os.environ[ADDRESS[0]]}:{os.environ[ADDRESS[1]]}"
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=CHIEF_SECONDS)
        except grpc.FutureTimeoutError:
            raise InputError(
                f"no chief answers at {address} for {CHIEF_SECONDS} s: start the search with "
                "KERASTUNER_TUNER_ID=chief there first"
            ) from None


def _open_directory(out: Path, space: Path, record: dict, resume: bool) -> None:
    """Check everything, then write what this search is into its directory."""
    from space import read_space

    from synthgen_tf.data import open_tracks, select_tracks
    from synthgen_tf.files import write_text
    from synthgen_tf.runs import EARLIER_MONITOR

    known = out / SEARCH
    if resume:
        if not known.is_file():
            raise InputError(f"{out} holds no search: leave --resume out to begin one")
        before = yaml.safe_load(known.read_text(encoding="utf-8"))
        before = {"objective": EARLIER_MONITOR, **before}
        for key in ("tuner", "seed", "objective"):
            if record[key] != before[key]:
                raise InputError(
                    f"the search in {out} has {key} {before[key]}, not {record[key]}: begin another"
                )
        space = out / SPACE
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists: choose another directory, or go on with it by --resume")
    config = read_space(space).build_config()
    tracks = open_tracks(Path(record["data"]), config)
    for split in ("train", "valid"):
        select_tracks(tracks, split, config)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / SPACE, space.read_text(encoding="utf-8"))
    write_text(known, yaml.safe_dump(record, sort_keys=False))


if __name__ == "__main__":
    run_command(search)
