"""What the model takes of each stem alone, and how it parts the target from each at equal level.

    python benchmarks/leakage.py --data SONGS --split valid --most 50
    python benchmarks/leakage.py --excerpt

A stem that is no synth should leave nothing in the estimate: what is left, relative to the stem,
tells what the model mistakes for one. `--excerpt` takes the real recording that the package
`stempeg` carries; its target is the stem `other`, guitars and keys and synths together.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from synthgen_tf import metrics
from synthgen_tf.cli.terminal import print_table
from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.demo import musdb_excerpt
from synthgen_tf.evaluate import measure, select_test_tracks
from synthgen_tf.report import Table
from synthgen_tf.report.score_tables import format_db
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import Track


def main() -> None:
    """Separate the stems of songs one by one, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="data set or prepared store")
    source.add_argument("--excerpt", action="store_true", help="the recording that stempeg has")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--most", type=int, help="songs at most")
    parser.add_argument("--model", help="the shipped one by default")
    arguments = parser.parse_args()
    separator = Separator(load_predictor(arguments.model))
    with tempfile.TemporaryDirectory() as folder:
        if arguments.excerpt:
            tracks, target = [musdb_excerpt(Path(folder))], "other"
        else:
            target = separator.stem
            found = open_tracks(arguments.data, load_config())
            tracks = select_test_tracks(found, arguments.split, target, arguments.most)
        rows = list(table_rows(separator, tracks, target))
    columns = ["stem", "songs", "kept of it alone", f"SI-SDR improvement of {target} beside it"]
    note = "Medians, dB; beside it: both at one level."
    print_table(Table(f"Mistaken for {separator.stem}", columns, rows, note))


def table_rows(separator: Separator, tracks: Sequence[Track], target: str) -> Iterator[list[str]]:
    """Yield the medians of each stem over the songs in which it plays."""
    for stem in sorted({name for track in tracks for name in track.parts()}):
        found = [each for track in tracks if (each := of_stem(separator, track, target, stem))]
        if found:
            alone, beside = np.array(found, float).T
            medians = np.median(alone), None if stem == target else np.nanmedian(beside)
            yield [stem, str(len(found)), *map(format_db, medians)]


def of_stem(
    separator: Separator, track: Track, target: str, stem: str
) -> tuple[float | None, float | None] | None:
    """Return what is kept of a stem, and the improvement beside it; None where it is silent."""
    sound, rate = track.read(stem), track.sample_rate
    kept = measure(metrics.level_error, sound, separator.separate(sound, rate)[separator.stem])
    if kept is None:
        return None
    wanted = track.read(target)
    above = measure(metrics.level_error, sound, wanted)
    if stem == target or above is None:
        return kept, None
    mixture = wanted + sound * np.float32(10 ** (above / 20))
    estimate = separator.separate(mixture, rate)[separator.stem]
    before, after = (measure(metrics.si_sdr, wanted, each) for each in (mixture, estimate))
    return kept, None if before is None or after is None else after - before


if __name__ == "__main__":
    main()
