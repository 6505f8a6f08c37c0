"""What songs from many hands are worth: one preset trained on two sets, judged by a third.

    python benchmarks/sources.py --out DIR --songs 400 --minutes 20 --midi MIDI
    python benchmarks/sources.py --out DIR --songs 400 --steps 3500 --midi MIDI

On a machine that has other work, equal steps are fairer than equal minutes.

`few`: our own engines, one soundfont, Vital for some synths, MIDI files. `many`: all that
`synthgen render --engines all --recorded` finds on this machine. Both are as many songs of as many
seconds; the split `far`, which hears none of either, and test songs of `many` judge both. What
stands in DIR already is taken as it is.
"""

import argparse
import os
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.evaluate import evaluate, select_test_tracks, separated_by
from synthgen_tf.render import find_recorded, render_songs
from synthgen_tf.report import Table
from synthgen_tf.report.tables import format_db
from synthgen_tf.runs import BEST
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.train import train

FONT = Path("/usr/share/sounds/sf2/sf_GMbank.sf2")
MEASURES = ("si_sdr_improvement", "snr")


def main() -> None:
    """Render, train, score and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for songs and runs")
    parser.add_argument("--songs", type=int, default=400, help="of each set; 8 in 10 are train's")
    parser.add_argument("--judges", type=int, default=80, help="songs of far")
    parser.add_argument("--minutes", type=float, default=20.0, help="of training each")
    parser.add_argument("--steps", type=int, help="of training each, in place of minutes")
    parser.add_argument("--seed", type=int, default=11, help="of the songs")
    parser.add_argument("--preset", default="base")
    parser.add_argument("--midi", type=Path, help="folder of MIDI files")
    arguments = parser.parse_args()
    render(arguments)
    length = f"{arguments.steps}_steps" if arguments.steps else f"{arguments.minutes:g}_minutes"
    rows = []
    for name in ("few", "many"):
        run = arguments.out / f"{arguments.preset}_{name}_{length}"
        if not (run / BEST).is_file():
            train(configuration(arguments), arguments.out / name, run)
        separator = Separator(load_predictor(run))
        cells = []
        for split, tracks in judges(arguments.out).items():
            median = evaluate(separated_by(separator), tracks, "synth")["median"]
            cells += [format_db(median["estimate"].get(measure)) for measure in MEASURES]
            print(f"{name}, {split}: {dict(zip(MEASURES, cells[-2:], strict=True))}", flush=True)
        rows.append([name, *cells])
    columns = ["trained on", "far: SI-SDR improvement", "SNR", "test: SI-SDR improvement", "SNR"]
    note = f"Medians, dB; preset {arguments.preset}, {arguments.songs} songs of 30 s each."
    print_table(Table(f"{length.replace('_', ' ')} each", columns, rows, note))


def render(arguments: argparse.Namespace) -> None:
    """The three sets, each as far as it is not there yet."""
    common = partial(
        render_songs,
        jobs=os.cpu_count() or 1,
        format="flac",
        midi=arguments.midi,
        seed=arguments.seed,
    )
    recorded, missing = find_recorded()
    if missing:
        print(f"goes without {', '.join(missing)}")
    many = partial(common, recorded=recorded, engines=["all"])
    common(arguments.out / "few", arguments.songs, fonts=[FONT], vital=0.15)
    many(arguments.out / "many", arguments.songs)
    many(arguments.out / "many", arguments.judges, split="far")


def configuration(arguments: argparse.Namespace):
    """The preset, ended by the clock alone."""
    flags = {"training.epochs": 10_000, "training.minutes": arguments.minutes}
    if arguments.steps:
        an_epoch = load_config(arguments.preset).training.steps_per_epoch
        flags = {"training.epochs": round(arguments.steps / an_epoch), "training.minutes": 10_000}
    flags["training.patience"] = 10_000
    return load_config(arguments.preset, flags=flags)


def judges(out: Path) -> dict:
    """Songs that neither was trained on."""
    tracks = open_tracks(out / "many", load_config())
    return {split: select_test_tracks(tracks, split, "synth") for split in ("far", "test")}


if __name__ == "__main__":
    main()
