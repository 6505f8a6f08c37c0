"""Is plain MSE quiet, and does normalized MSE cure it? The model card's first finding, measured.

Trains one preset with each loss on the same rendered songs, seed and steps, and prints level error
and SNR on test songs that none of them saw:

    python benchmarks/quiet.py --out /tmp/quiet
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import load_config
from synthgen_tf.evaluate import evaluate, select_test_tracks, separated_by
from synthgen_tf.render import render_songs
from synthgen_tf.report import Table
from synthgen_tf.report.tables import format_db
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import read_tracks
from synthgen_tf.train import train

LOSSES = {
    "mse": "plain MSE",
    "nmse": "NormalizedMSE, mode target",
    "unit_norm": "NormalizedMSE, mode unit_norm",
}
MEASURES = ("level_error", "snr", "si_sdr")


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
    for loss, title in LOSSES.items():
        run = arguments.out / f"{arguments.preset}_{loss}"
        settings = [
            f"loss.terms={{{loss}: 1.0}}",
            "training.steps_per_epoch=100",
            f"training.epochs={arguments.steps // 100}",
        ]
        train(load_config(arguments.preset, settings=settings), songs, run)
        scores = evaluate(separated_by(Separator(load_predictor(run))), tracks, "synth")["median"][
            "estimate"
        ]
        rows.append([title, *(format_db(scores[measure]) for measure in MEASURES)])
    title = f"{arguments.preset}, {arguments.steps} steps, {arguments.songs} songs"
    note = f"dB, medians over {len(tracks)} test songs; level error 0 is right, below is quiet."
    print_table(Table(title, ["loss", "level error", "SNR", "SI-SDR"], rows, note))


if __name__ == "__main__":
    main()
