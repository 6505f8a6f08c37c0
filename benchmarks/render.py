"""How fast songs are rendered, by what they are made of, and what they look like.

    python benchmarks/render.py --midi DIR --font FILE --vital
    python benchmarks/render.py --sheet docs/songs.jpg --of SONGS

The first prints seconds of music per second of CPU time of one core, whole songs in memory, for our
own engines and, as far as they are given, for MIDI files, soundfonts and Vital, and with `--all`
for the whole command with all that is installed. The second draws
twelve songs of a rendered data set.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile
from matplotlib.figure import Figure

from synthgen_tf.cli.tables import print_table
from synthgen_tf.render.song import render_song
from synthgen_tf.render.sources import NO_SOURCES, Sources, open_sources
from synthgen_tf.report import Table
from synthgen_tf.report.figures import draw_spectrogram, loudest_db

SHEET_SECONDS = 12
ROWS, COLUMNS = 4, 3


def main() -> None:
    """Time songs of every source, or draw a sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=60, help="of each kind")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--midi", type=Path, help="folder of MIDI files")
    parser.add_argument("--font", type=Path, action="append", default=[], help="soundfont")
    parser.add_argument("--vital", action="store_true", help="let Vital play every synth part")
    parser.add_argument("--all", action="store_true", help="all engines and recordings there are")
    parser.add_argument("--sheet", type=Path, help="picture to write")
    parser.add_argument("--of", type=Path, help="data set to draw")
    arguments = parser.parse_args()
    if arguments.sheet:
        draw_sheet(arguments.of, arguments.sheet)
        return
    kinds = {"composed, our own engines": NO_SOURCES}
    if arguments.midi:
        kinds["half from MIDI files"] = open_sources(arguments.midi)
    if arguments.font:
        kinds["with a soundfont"] = open_sources(fonts=arguments.font)
    if arguments.vital:
        kinds["every synth by Vital"] = open_sources(vital=1.0)
    rows = [[name, *_speeds(kind, arguments)] for name, kind in kinds.items()]
    if arguments.all:
        rows.append(["all engines and recordings", "", _speed_of_command(arguments), ""])
    columns = ["songs", "median", "all together", "slowest"]
    note = "Seconds of music per CPU second; files are not written."
    print_table(Table(f"{arguments.songs} songs of {arguments.seconds:g} s", columns, rows, note))


def _speeds(sources: Sources, arguments: argparse.Namespace) -> list[str]:
    taken = []
    for index in range(arguments.songs):
        begin = time.process_time()
        render_song(0, index, arguments.seconds, sources)
        taken.append(time.process_time() - begin)
    middle, mean, most = np.median(taken), np.mean(taken), max(taken)
    return [f"{arguments.seconds / each:.1f}" for each in (middle, mean, most)]


def _speed_of_command(arguments: argparse.Namespace) -> str:
    """Of `synthgen render` as a whole, for the engines play in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "synthgen_tf", "render", folder, "--songs",
                   str(arguments.songs), "--seconds", str(arguments.seconds), "--engines", "all",
                   "--recorded", "--format", "flac"]  # fmt: skip
        command += ["--midi", str(arguments.midi)] if arguments.midi else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{arguments.songs * arguments.seconds / taken:.1f}"


def draw_sheet(songs: Path, path: Path) -> None:
    """Draw mixture and synth stem of twelve train songs, one style after the other."""
    by_style: dict[str, Path] = {}
    for file in sorted(songs.glob("train/*/song.json")):
        facts = json.loads(file.read_text())
        if facts["has_synth"]:
            by_style.setdefault(facts["style"], file.parent)
    figure = Figure(figsize=(12, 10), dpi=70, layout="constrained")
    axes = figure.subplots(2 * ROWS, COLUMNS)
    for number, (style, folder) in enumerate(list(by_style.items())[: ROWS * COLUMNS]):
        row, column = divmod(number, COLUMNS)
        reference_db = None
        for place, stem in zip(
            axes[2 * row : 2 * row + 2, column], ("mixture", "synth"), strict=True
        ):
            signal, rate = soundfile.read(folder / f"{stem}.wav", always_2d=True)
            signal = signal[: SHEET_SECONDS * rate]
            reference_db = reference_db or loudest_db(signal, rate)
            draw_spectrogram(place, signal, rate, reference_db)
            place.set_title(f"{style}: {stem}", fontsize=8, pad=2)
            place.set_xticklabels([])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, pil_kwargs={"quality": 75})


if __name__ == "__main__":
    main()
