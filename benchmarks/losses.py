"""What each loss does, on the same network, songs, steps and seed.

    python benchmarks/losses.py --out /tmp/losses

Answers the findings of the SynthGen v1.0 model card: is plain MSE quiet, does normalized MSE cure
it, do perceptual losses help? A row for each loss, scored on test songs that no run has seen. Runs
that stand in the folder already are scored as they are.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import load_config
from synthgen_tf.evaluate import evaluate, select_test_tracks, separated_by
from synthgen_tf.render import render_songs
from synthgen_tf.report import Table
from synthgen_tf.report.tables import COLUMNS, ROWS, format_db
from synthgen_tf.runs import BEST
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE, Track, read_tracks
from synthgen_tf.train import train

LOSSES = {
    "plain MSE": {"mse": 1.0},
    "`NormalizedMSE`, mode `target`": {"nmse": 1.0},
    "`NormalizedMSE`, mode `unit_norm`": {"unit_norm": 1.0},
    "L1": {"l1": 1.0},
    "SI-SDR": {"si_sdr": 0.1},
    "`mr_stft`": {"mr_stft": 1.0},
    "`log_mel` with NMSE": {"log_mel": 1.0, "nmse": 1.0},
    "NMSE of magnitudes": {"magnitude": 1.0},
}
MEASURES = ("snr", "si_sdr_improvement", "si_sdr", "level_error", "silence_level")
BESIDE = (MIXTURE, "best_gain")
WINDOW, HOP = 2048, 512


def main() -> None:
    """Render, train once for each loss, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for songs and runs")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--steps", type=int, default=600)
    arguments = parser.parse_args()

    songs = arguments.out / "songs"
    render_songs(songs, arguments.songs, seconds=12.0, seed=0, jobs=2)
    tracks = select_test_tracks(read_tracks(songs), "test", "synth")
    rows = []
    for title, terms in LOSSES.items():
        run = arguments.out / f"{arguments.preset}_{'_'.join(terms)}"
        settings = {
            "loss.terms": terms,
            "training.steps_per_epoch": 100,
            "training.epochs": arguments.steps // 100,
        }
        if not (run / BEST).is_file():
            train(load_config(arguments.preset, flags=settings), songs, run)
        estimator = separated_by(Separator(load_predictor(run)))
        medians = evaluate(estimator, tracks, "synth")["median"]
        rows.append(
            [*row(title, medians["estimate"]), format_db(median_distance(estimator, tracks))]
        )
    rows += [[*row(ROWS[name], medians[name]), format_db(None)] for name in BESIDE]
    title = f"{arguments.preset}, {arguments.steps} steps, {arguments.songs} songs"
    note = (
        f"dB, medians over {len(tracks)} test songs. Level error: 0 is right, below is quiet. "
        "Distance: log-spectral, smaller is better."
    )
    columns = ["loss", *(COLUMNS[name] for name in MEASURES), "distance"]
    print_table(Table(title, columns, rows, note))


def row(title: str, medians: Mapping[str, float]) -> list[str]:
    """A title and the measures."""
    return [title, *(format_db(medians.get(name)) for name in MEASURES)]


def median_distance(estimator, tracks: Sequence[Track]) -> float:
    """Median over the tracks whose target sounds."""
    pairs = ((track.read("synth"), track.read(MIXTURE), track) for track in tracks)
    found = [
        log_spectral_distance(truth, estimator(track, mixture))
        for truth, mixture, track in pairs
        if truth.any()
    ]
    return float(np.median(found))


def log_spectral_distance(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Root mean square over bins, mean over frames, of the difference of levels in dB.

    Bins more than 60 dB below the truth's loudest count as that.
    """
    transform = ShortTimeFFT(hann(WINDOW, sym=False), HOP, 44_100)
    levels = [np.abs(transform.stft(signal.T)) for signal in (truth, estimate)]
    floor = 1e-3 * levels[0].max()
    wanted, found = (20 * np.log10(np.maximum(level, floor)) for level in levels)
    return float(np.sqrt(np.square(wanted - found).mean(axis=-2)).mean())


if __name__ == "__main__":
    main()
