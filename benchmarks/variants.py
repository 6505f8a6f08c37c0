"""What each exported form of a model weighs, loses and gains in speed, beside Keras.

    python benchmarks/variants.py --run RUN --data SONGS [--songs 30]

All forms are exported to a temporary folder, and separate the same test songs. Speeds are taken in
turns, two blocks a call, so that other work on the machine slows all alike.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile
from race import times_real_time
from separate import decibels

from synthgen_tf import metrics
from synthgen_tf.choices import Variant
from synthgen_tf.cli.terminal import print_table
from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.evaluate import select_test_tracks
from synthgen_tf.export import export_run
from synthgen_tf.report import Table
from synthgen_tf.separate import Predictor, Separator
from synthgen_tf.separate.model_folders import Card, read_card
from synthgen_tf.separate.predictors import KerasPredictor, SavedModelPredictor, TFLitePredictor
from synthgen_tf.tracks import MIXTURE, Track

SHORT_SECONDS, RUNS = 10, 5


class Form(NamedTuple):
    """A form of the model: its name, what runs it, and the bytes it has on disk."""

    name: str
    predictor: Predictor
    size: int


def main() -> None:
    """Export, separate, time, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="run directory of the model")
    parser.add_argument("--data", type=Path, required=True, help="data set with a test split")
    parser.add_argument("--songs", type=int, default=30, help="of the test split, taken evenly")
    arguments = parser.parse_args()
    keras = Form("Keras", KerasPredictor(arguments.run), 0)
    tracks = open_tracks(arguments.data, load_config())
    tracks = select_test_tracks(tracks, "test", keras.predictor.stem, arguments.songs)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model"
        export_run(arguments.run, out, tflite=get_args(Variant))
        forms = [keras, *exported(read_card(out))]
        print_table(compared(forms, tracks))
        print_table(whole_process(out, Path(folder)))


def exported(card: Card) -> list[Form]:
    """Load the SavedModel and each TFLite file of a folder."""
    size = sum(file.stat().st_size for file in card.savedmodel.rglob("*") if file.is_file())
    forms = [Form("SavedModel", SavedModelPredictor(card), size)]
    for name, sha256 in card.sha256.items():
        if name.endswith(".tflite"):
            alone = replace(card, sha256={name: sha256})
            variant = name.removesuffix(".tflite").removeprefix(card.name).strip("_") or "fp32"
            size = (card.folder / name).stat().st_size
            forms.append(Form(f"TFLite {variant}", TFLitePredictor(alone), size))
    return forms


def compared(forms: Sequence[Form], tracks: Sequence[Track]) -> Table:
    """Compare all forms with the first, Keras, on the songs."""
    estimates = [separated(form.predictor, tracks) for form in forms]
    stem = forms[0].predictor.stem
    truths = [track.read(stem) for track in tracks]
    pairs = [zip(truths, found, strict=True) for found in estimates]
    snr = [np.array([decibels(metrics.snr, *pair) for pair in each]) for each in pairs]
    speeds = times_real_time([form.predictor for form in forms])
    rows = []
    for form, found, scored, speed in zip(forms, estimates, snr, speeds, strict=True):
        first = form is forms[0]
        parity = "" if first else f"{parity_db(estimates[0], found):.0f}"
        lost = "" if first else f"{np.nanmean(snr[0] - scored):.3f}"
        size = f"{form.size / 1e6:.1f}" if form.size else ""
        rows.append([form.name, size, parity, lost, f"{speed:.0f}", f"{speed / speeds[0]:.2f}"])
    columns = ["form", "MB", "like Keras, dB", "SNR lost, dB", "times real time", "over Keras"]
    note = f"SNR lost: the mean over {len(tracks)} test songs. {os.cpu_count()} cores."
    return Table("Forms of the model", columns, rows, note)


def separated(predictor: Predictor, tracks: Sequence[Track]) -> list[np.ndarray]:
    """Return what a predictor takes out of each track: (time, channels)."""
    separator = Separator(predictor)
    return [
        separator.separate(track.read(MIXTURE), track.sample_rate)[predictor.stem]
        for track in tracks
    ]


def parity_db(wanted: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> float:
    """Return how far below all wanted samples the differences lie, dB."""
    pairs = list(zip(wanted, found, strict=True))
    signal = sum(float(np.sum(np.square(one, dtype=np.float64))) for one, _ in pairs)
    noise = sum(float(np.sum(np.square(one - two, dtype=np.float64))) for one, two in pairs)
    return 10.0 * float(np.log10(signal / max(noise, 1e-30)))


def whole_process(model: Path, folder: Path) -> Table:
    """Time `synthgen separate --engine tflite` of a short file, from the start to the exit."""
    song = folder / "short.wav"
    noise = 0.1 * np.random.default_rng(0).standard_normal((SHORT_SECONDS * 44_100, 2))
    soundfile.write(song, noise, 44_100)
    command = [str(Path(sys.executable).with_name("synthgen")), "separate", str(song)]
    command += ["--out", str(folder / "stems"), "--model", str(model), "--engine", "tflite"]
    seconds = []
    for _ in range(1 + RUNS):
        started = time.perf_counter()
        subprocess.run([*command, "--overwrite"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    row = [f"separate --engine tflite, {SHORT_SECONDS} s", f"{np.median(seconds[1:]):.2f}"]
    return Table("The command, whole process", ["what", "seconds"], [row], f"Median of {RUNS}.")


if __name__ == "__main__":
    main()
