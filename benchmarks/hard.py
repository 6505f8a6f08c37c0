"""The synth beside what is most like it: scores by neighbour, and a picture.

    python benchmarks/hard.py --data SONGS --scores scores.json --sheet docs/separated.jpg

Reads from the `song.json` of rendered songs what sounds beside the synth. A song counts for a
neighbour that is no more than `LOUD_DB` below it; many songs count for several.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from matplotlib.figure import Figure

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.evaluate import read_scores, separated_by
from synthgen_tf.report import Table
from synthgen_tf.report.figures import draw_spectrogram, loudest_db
from synthgen_tf.report.score_tables import format_db
from synthgen_tf.separate import Predictor, Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import DESCRIPTION, MIXTURE, Track, read_tracks

NEIGHBOURS = {
    "distorted guitar": {"DistortedGuitar"},
    "other guitars": {"AcousticGuitar", "CleanGuitar", "MutedGuitar"},
    "organ": {"Organ", "PipeOrgan"},
    "strings": {"StringEnsemble", "SoloStrings"},
    "piano, electric piano": {"Piano", "ElectricPiano", "Clavinet"},
    "brass and winds": {"Brass", "Wind"},
    "instruments of a soundfont": {"SoundFont"},
}
LOUD_DB = 6.0
SHOWN = ("distorted guitar", "organ", "strings", "instruments of a soundfont")
SECONDS = 12


def main() -> None:
    """Score the model on the hard songs, print the table and draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="rendered songs")
    parser.add_argument("--scores", type=Path, required=True, help="of synthgen evaluate on them")
    parser.add_argument("--sheet", type=Path, help="picture to write")
    parser.add_argument("--model", help="that the sheet shows, the shipped one by default")
    arguments = parser.parse_args()
    tracks = {track.name: track for track in read_tracks(arguments.data)}
    scored = [
        score for score in read_scores(arguments.scores)["tracks"] if "snr" in score["estimate"]
    ]
    groups = {name: beside(engines, scored, tracks) for name, engines in NEIGHBOURS.items()}
    print_table(as_table(groups))
    if arguments.sheet:
        draw_sheet(chosen(groups, tracks), load_predictor(arguments.model), arguments.sheet)


def beside(engines: set[str], scored: Sequence[Mapping], tracks: Mapping[str, Track]) -> list:
    """Choose the scores of those songs in which instruments of such engines are the rest's body."""
    return [score for score in scored if _is_beside(engines, tracks[score["name"]])]


def _is_beside(engines: set[str], track: Track) -> bool:
    song = json.loads((track.stems["synth"][0].parent / DESCRIPTION).read_text())
    level, synth = song["rms_db"]["other"], song["rms_db"]["synth"]
    if level is None or synth is None or level < synth - LOUD_DB:
        return False
    return any(each["stem"] == "other" and each["engine"] in engines for each in song["tracks"])


def as_table(groups: Mapping[str, Sequence[Mapping]]) -> Table:
    """Make a table with a row for each neighbour: medians over its songs."""

    def median(scores: Sequence[Mapping], system: str, measure: str) -> str:
        values = [each.get(system, {}).get(measure) for each in scores]
        values = [value for value in values if value is not None]  # earlier scores have fewer
        return format_db(float(np.median(values)) if values else None)

    rows = [
        [
            name,
            str(len(scores)),
            median(scores, "estimate", "snr"),
            median(scores, "estimate", "si_sdr_improvement"),
            median(scores, "estimate", "si_sdr"),
            median(scores, MIXTURE, "snr"),
            median(scores, "best_gain", "snr"),
            median(scores, "oracle_irm", "snr"),
        ]
        for name, scores in groups.items()
        if scores
    ]
    ours = ["SNR", "SI-SDR improvement", "SI-SDR"]
    others = ["SNR of the mixture", "at its best gain", "SNR of the oracle"]
    columns = ["beside", "songs", *ours, *others]
    note = f"Medians, dB; songs whose other stem is at most {LOUD_DB:g} dB below the synth."
    return Table("By neighbour", columns, rows, note)


def middle(scores: Sequence[Mapping]) -> Mapping:
    """Return the song with the median SNR."""
    return sorted(scores, key=lambda score: score["estimate"]["snr"])[len(scores) // 2]


def chosen(
    groups: Mapping[str, Sequence[Mapping]], tracks: Mapping[str, Track]
) -> dict[str, Track]:
    """Choose the song in the middle of each group that is shown, none of them twice."""
    shown: dict[str, str] = {}
    for name in SHOWN:
        if left := [score for score in groups[name] if score["name"] not in shown.values()]:
            shown[name] = middle(left)["name"]
    return {name: tracks[song] for name, song in shown.items()}


def draw_sheet(tracks: Mapping[str, Track], predictor: Predictor, path: Path) -> None:
    """Draw mixture, true synth and estimate of a song for each neighbour, one below the other."""
    estimate = separated_by(Separator(predictor))
    figure = Figure(figsize=(3 * len(tracks), 6), dpi=70, layout="constrained")
    axes = figure.subplots(3, len(tracks), squeeze=False)
    for column, (neighbour, track) in zip(axes.T, tracks.items(), strict=True):
        mixture, truth = track.read(MIXTURE), track.read(predictor.stem)
        signals = {
            f"beside {neighbour}: mixture": mixture,
            "its synth": truth,
            "the estimate": estimate(track, mixture),
        }
        reference_db = loudest_db(mixture, track.sample_rate)
        start = (track.frames - SECONDS * track.sample_rate) // 2
        for place, (title, signal) in zip(column, signals.items(), strict=True):
            part = signal[max(start, 0) :][: SECONDS * track.sample_rate]
            draw_spectrogram(place, part, track.sample_rate, reference_db)
            place.set_title(title, fontsize=8, pad=2)
            place.set_xticklabels([])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, pil_kwargs={"quality": 75})


if __name__ == "__main__":
    main()
