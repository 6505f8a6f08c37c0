"""What separation costs: memory by length, time outside the predictor, SNR against speed.

    python benchmarks/separate.py --data SONGS [--model NAME_OR_PATH]

Songs of the data set's validation split are joined into one of 5 minutes and one of an hour, which
the command separates in a process of its own. The knobs are tried on the songs one by one: their
defaults are chosen by them, so they are not test songs.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, TypedDict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from synthgen_tf import audio, metrics
from synthgen_tf.cli.terminal import print_table
from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.evaluate import measure, select_test_tracks
from synthgen_tf.report import Table
from synthgen_tf.report.score_tables import ROWS, format_db
from synthgen_tf.separate import Predictor, Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE, Track

MINUTES = (5, 60)
RUNS = 3


class Knobs(TypedDict, total=False):
    """Settings of `Separator` that trade accuracy for speed."""

    overlap: float
    segment_seconds: float
    shifts: int


KNOBS: tuple[Knobs, ...] = (
    {},
    {"overlap": 0.0},
    {"overlap": 0.5},
    {"overlap": 0.75},
    {"segment_seconds": 2.0},
    {"segment_seconds": 6.0},
    {"segment_seconds": 12.0},
    {"segment_seconds": 24.0},
    {"shifts": 2},
    {"shifts": 4},
)


def main() -> None:
    """Measure memory, time and knobs, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data set with a valid split")
    parser.add_argument("--model", help="the shipped one by default")
    parser.add_argument("--songs", type=int, default=30, help="that the knobs are tried on")
    arguments = parser.parse_args()
    predictor = load_predictor(arguments.model)
    tracks = open_tracks(arguments.data, load_config())
    tracks = select_test_tracks(tracks, "valid", predictor.stem, arguments.songs)
    with tempfile.TemporaryDirectory() as folder:
        songs = [join_songs(tracks, minutes, Path(folder)) for minutes in MINUTES]
        print_table(cost_by_length(songs, arguments.model, Path(folder)))
        print_table(cost_outside(predictor, songs[0], Path(folder)))
    print_table(knobs(predictor, tracks))


def join_songs(tracks: Sequence[Track], minutes: int, folder: Path) -> Path:
    """Write a WAV file of so many minutes, of the songs one after the other, again and again."""
    path = folder / f"{minutes} minutes.wav"
    left = minutes * 60 * tracks[0].sample_rate
    with audio.Writer(path, tracks[0].sample_rate, tracks[0].channels, "PCM_16") as writer:
        songs = cycle(tracks)
        while left:
            mixture = next(songs).read(MIXTURE)[:left]
            writer.write(mixture)
            left -= len(mixture)
    return path


def cost_by_length(songs: Sequence[Path], model: str | None, folder: Path) -> Table:
    """Measure peak memory and time of the command, whole process, by the length of the song."""
    rows = []
    for song in songs:
        program = str(Path(sys.executable).with_name("synthgen"))
        command = [program, "separate", str(song), "--out", str(folder / "out")]
        command += ["--model", model] if model else []
        started = time.monotonic()
        process = os.posix_spawn(program, command, os.environ)
        _, status, usage = os.wait4(process, 0)
        if status:
            raise RuntimeError(f"separation ended with {os.waitstatus_to_exitcode(status)}")
        seconds = time.monotonic() - started
        peak = usage.ru_maxrss * (1024 if sys.platform == "linux" else 1)
        speed = audio.probe(song).seconds / seconds
        rows.append((song.stem, peak, seconds, speed))
    cells = [
        [name, f"{peak / 2**20:.0f}", f"{peak / rows[0][1]:.2f}", f"{took:.1f}", f"{speed:.0f}"]
        for name, peak, took, speed in rows
    ]
    columns = ["song", "peak memory, MiB", "over the first", "seconds", "times real time"]
    return Table("The command, whole process", columns, cells)


class Timed:
    """A predictor that counts the seconds spent in it."""

    def __init__(self, predictor: Predictor):
        self.predictor, self.seconds = predictor, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.predictor, name)

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        started = time.perf_counter()
        estimate = self.predictor(blocks)
        self.seconds += time.perf_counter() - started
        return estimate


def cost_outside(predictor: Predictor, song: Path, folder: Path) -> Table:
    """Measure the share of the time in which no prediction runs, from the open file to the
    written stems."""
    timed = Timed(predictor)
    separator = Separator(timed)
    separator.separate_file(song, folder / "warm")
    shares, speeds = [], []
    for _ in range(RUNS):
        timed.seconds, started = 0.0, time.perf_counter()
        separator.separate_file(song, folder / "again")
        whole = time.perf_counter() - started
        shares.append(1.0 - timed.seconds / whole)
        speeds.append(audio.probe(song).seconds / whole)
    row = [f"{100 * float(np.median(shares)):.1f} %", f"{float(np.median(speeds)):.0f}"]
    columns = ["outside the predictor", "times real time"]
    return Table("A file of 5 minutes, steady state", columns, [row], f"Median of {RUNS}.")


def knobs(predictor: Predictor, tracks: Sequence[Track]) -> Table:
    """Measure median SNR, mean SI-SDR improvement and speed for each setting."""
    songs = [(track.read(MIXTURE), track.read(predictor.stem)) for track in tracks]
    songs = [pair for pair in songs if measure(metrics.snr, pair[1], pair[0]) is not None]
    seconds = sum(len(mixture) for mixture, _ in songs) / tracks[0].sample_rate
    rows = []
    for settings in KNOBS:
        separator = Separator(predictor, **settings)
        separator.separate(songs[0][0], tracks[0].sample_rate)
        started, found = time.perf_counter(), []
        for mixture, _ in songs:
            stems = separator.separate(mixture, tracks[0].sample_rate)
            found.append(stems[predictor.stem])
        took = time.perf_counter() - started
        name = ", ".join(f"{key} {value:g}" for key, value in settings.items())
        scores = scored(songs, found)
        rows.append([name or "as it is", *scores, f"{seconds / took:.0f}"])
    gains: dict[str, Callable[[np.ndarray, np.ndarray], float | np.ndarray]]
    gains = {"mixture": lambda *_: 1.0, "best_gain": best_gain}
    for name, gain in gains.items():
        signals = [gain(truth, mixture) * mixture for mixture, truth in songs]
        rows.append([ROWS[name], *scored(songs, signals), ""])
    columns = ["setting", "SNR, median", "SNR, mean", "SI-SDR improvement, mean", "times real time"]
    return Table(f"{len(songs)} songs in memory", columns, rows)


def best_gain(truth: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """Return the one gain of a mixture, (time, channels), that is best against a stem."""
    return np.asarray(metrics.best_gain(truth[None], mixture[None]))[0]


def decibels(metric: Callable, truth: np.ndarray, estimate: np.ndarray) -> float:
    """Return a metric as `measure` gives it; NaN where the truth is silent."""
    value = measure(metric, truth, estimate)
    return np.nan if value is None else value


def scored(songs: Sequence[tuple], estimates: Sequence[np.ndarray]) -> list[str]:
    """Write median and mean SNR and mean SI-SDR improvement over (mixture, truth) pairs as text."""
    pairs = list(zip(songs, estimates, strict=True))
    snr = [decibels(metrics.snr, truth, estimate) for (_, truth), estimate in pairs]
    rise = [
        decibels(metrics.si_sdr, truth, estimate) - decibels(metrics.si_sdr, truth, mixture)
        for (mixture, truth), estimate in pairs
    ]
    return [format_db(float(np.median(snr))), f"{np.mean(snr):.3f}", f"{np.mean(rise):.3f}"]


if __name__ == "__main__":
    main()
