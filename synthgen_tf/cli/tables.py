"""Tables on the terminal."""

import importlib.util
import shutil

from rich.console import Console
from rich.table import Table as Grid

from synthgen_tf.data import Report
from synthgen_tf.data.store import ACTIVE_ABOVE, active_seconds
from synthgen_tf.table import Table
from synthgen_tf.tracks import SPLITS


def print_table(table: Table) -> None:
    """Print a titled table and the note under it."""
    console = Console()
    grid = Grid(title=table.title, title_justify="left")
    for i, column in enumerate(table.columns):
        grid.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in table.rows:
        grid.add_row(*row)
    console.print()
    console.print(grid)
    if table.note:
        console.print(table.note)


def print_scores(scores: dict) -> None:
    """Print the medians of an evaluation."""
    from synthgen_tf.report.tables import score_table

    print_table(score_table(scores))


def print_store(report: Report, target: str) -> None:
    """Print what a store holds, split by split."""
    rows = []
    for split in [*SPLITS, "all"]:
        tracks = [track for track in report.tracks if split in (track.split, "all")]
        hours = sum(track.frames / track.sample_rate for track in tracks) / 3600.0
        having = [track for track in tracks if target in track.stems]
        seconds = [sounds for track in having for sounds in active_seconds(track, target)]
        activity = f"{100 * sum(seconds) / len(seconds):.0f} %" if seconds else "–"
        row = [split, len(tracks), f"{hours:.2f}", len(having), activity]
        rows.append([str(value) for value in row])
    note = f"{target!r} sounds in a second that is above -{ACTIVE_ABOVE} dB full scale."
    if report.scaled:
        note += f" {report.scaled} tracks were turned down to fit 16 bits."
    columns = ["split", "tracks", "hours", f"with {target!r}", f"{target!r} sounds"]
    print_table(Table("Store", columns, rows, note))


def print_info() -> None:
    """Print versions, devices, ffmpeg and engines."""
    import tensorflow as tf

    from synthgen_tf.train.run import environment

    facts = environment()
    engines = {"tflite": "ai_edge_litert", "keras": "keras", "savedmodel": "tensorflow"}
    found = [name for name, module in engines.items() if importlib.util.find_spec(module)]
    rows = [
        ["commit", facts["commit"] or "installed package"],
        ["Python", facts["python"]],
        ["platform", facts["platform"]],
        *([name, version or "not installed"] for name, version in facts["packages"].items()),
        ["devices", ", ".join(device.name for device in tf.config.list_physical_devices())],
        ["ffmpeg", shutil.which("ffmpeg") or "not found, the packages musdb and stempeg need it"],
        ["engines", ", ".join(found)],
    ]
    for name, value in rows:
        print(f"{name:14}{value}")
