"""Networks against each other: the same songs, the same minutes, the same test.

    python benchmarks/race.py --data SONGS --out RUNS --minutes 10 small base open-unmix
    python benchmarks/race.py --data SONGS --out RUNS --steps 750 --split far base other.yaml

Candidates are presets, configuration files, and `open-unmix`, for which torch and openunmix must
be installed. Each is trained in turn, alone on the machine; runs that stand in the folder already
are scored as they are. Rows go to `race.md` there.
"""

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import Config, load_config, preset_names
from synthgen_tf.data import open_tracks, select_tracks
from synthgen_tf.evaluate import evaluate, select_test_tracks, separated_by
from synthgen_tf.report import Table
from synthgen_tf.report.tables import COLUMNS, ROWS, format_db
from synthgen_tf.runs import BEST, load_run, read_history
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE
from synthgen_tf.train import train

RIVAL = "open-unmix"
MEASURES = (
    *("snr", "si_sdr_improvement", "snr_improvement", "si_sdr"),
    *("level_error", "silence_level"),
)
BESIDE = (MIXTURE, "best_gain")
TIMED = 5
EPOCH = 250
"""Steps between validations."""


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data set or prepared store")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training each")
    parser.add_argument("--steps", type=int, help="of training each, in place of minutes")
    parser.add_argument("--split", default="test", help="whose songs judge")
    parser.add_argument("candidates", nargs="+", help="presets, YAML files or open-unmix")
    arguments = parser.parse_args()
    if arguments.steps and (arguments.steps % EPOCH or RIVAL in arguments.candidates):
        parser.error(f"--steps is for presets and YAML files, in whole epochs of {EPOCH} steps")
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = {name: trained(name, arguments) for name in arguments.candidates}
    tracks = open_tracks(arguments.data, load_config())
    tracks = select_test_tracks(tracks, arguments.split, load_config().data.target)
    speeds = times_real_time([predictor for predictor, *_ in found.values()])
    rows = []
    for (name, (predictor, parameters, steps)), speed in zip(found.items(), speeds, strict=True):
        scores = evaluate(separated_by(Separator(predictor)), tracks, predictor.stem)
        medians = scores["median"]
        facts = [f"{parameters / 1e6:.2f} M", f"{steps:,}"]
        rows.append([name, *facts, *cells(medians["estimate"]), f"{speed:.0f}"])
    rows += [[ROWS[name], "", "", *cells(medians[name]), ""] for name in BESIDE]
    judges = f"{len(tracks)} {arguments.split} songs"
    note = f"Medians over {judges}, dB. Speed: the network alone, blocks of stereo."
    scored = [COLUMNS[measure] for measure in MEASURES]
    columns = ["network", "parameters", "steps", *scored, "times real time"]
    length = f"{arguments.steps} steps" if arguments.steps else f"{arguments.minutes:g} minutes"
    print_table(Table(f"{length} each", columns, rows, note))


def cells(medians: Mapping[str, float]) -> list[str]:
    """The measures as text."""
    return [format_db(medians.get(measure)) for measure in MEASURES]


def trained(name: str, arguments: argparse.Namespace):
    """Predictor, parameters and steps of a candidate, trained now unless that was done before."""
    if name == RIVAL:
        return trained_rival(arguments)
    run = arguments.out / Path(name).stem
    if not (run / BEST).is_file():
        train(chosen(name, arguments.minutes, arguments.steps), arguments.data, run)
    steps = int(read_history(run)[-1]["step"])
    return load_predictor(run), load_run(run)[0].count_params(), steps


def chosen(name: str, minutes: float, steps: int | None) -> Config:
    """The configuration of a candidate, its end set by the clock, or by the steps, alone."""
    flags = {
        "training.minutes": 1e6 if steps else minutes,
        "training.epochs": steps // EPOCH if steps else 10_000,
        "training.patience": 10_000,
        "training.steps_per_epoch": EPOCH,
    }
    if name in preset_names():
        return load_config(name, flags=flags)
    return load_config(file=Path(name), flags=flags)


def trained_rival(arguments: argparse.Namespace):
    """The same for Open-Unmix, at the examples of `base` in batches of its own recipe."""
    from open_unmix import load_open_unmix, train_open_unmix

    config = load_config("base", settings=["data.segment_seconds=6", "data.batch_size=16"])
    file = arguments.out / f"{RIVAL}.pt"
    if not file.is_file():
        tracks = select_tracks(open_tracks(arguments.data, config), "train", config)
        train_open_unmix(tracks, config, arguments.minutes, file)
    rival, steps = load_open_unmix(file, config)
    return rival, sum(weights.numel() for weights in rival.network.parameters()), steps


def times_real_time(predictors) -> list[float]:
    """Seconds of stereo that each separates in a second, taking turns; medians."""
    took: list[list[float]] = [[] for _ in predictors]
    for _ in range(1 + TIMED):
        for predictor, seconds in zip(predictors, took, strict=True):
            shape = (2, predictor.segment, predictor.channels)
            blocks = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
            start = time.perf_counter()
            predictor(blocks)
            per_second = 2 * predictor.segment / predictor.sample_rate
            seconds.append(per_second / (time.perf_counter() - start))
    return [float(np.median(seconds[1:])) for seconds in took]  # the first warms up


if __name__ == "__main__":
    main()
