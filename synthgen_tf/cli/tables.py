"""Tables on the terminal."""

import importlib.util
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from synthgen_tf.data.store import ACTIVE_ABOVE, StoredTrack, active_seconds
from synthgen_tf.table import Table
from synthgen_tf.tracks import SPLITS, USUAL_SPLITS


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


def print_store(tracks: Sequence[StoredTrack], target: str) -> None:
    """Print what a store holds, split by split."""
    rows = []
    found = {track.split for track in tracks}
    for split in [*(split for split in SPLITS if split in {*USUAL_SPLITS, *found}), "all"]:
        chosen = [track for track in tracks if split in (track.split, "all")]
        having = [track for track in chosen if target in track.stems]
        active = [active_seconds(track, target) for track in having]
        seconds = sum(map(len, active))
        row = [
            split,
            str(len(chosen)),
            f"{sum(track.frames / track.sample_rate for track in chosen) / 3600.0:.2f}",
            f"{100 * len(having) / len(chosen):.0f} %" if chosen else "–",
            f"{100 * sum(map(np.sum, active)) / seconds:.0f} %" if seconds else "–",
            str(sum(track.clipped > 0 for track in chosen)),
            str(sum(track.gain_db < 0.0 for track in chosen)),
        ]
        rows.append(row)
    columns = ["", "tracks", "hours", f"with {target}", "sounding", "clipped", "turned down"]
    note = (
        f"Sounding: share of the seconds, of tracks with {target}, in which it is above "
        f"-{ACTIVE_ABOVE} dB full scale. Clipped: tracks of which a few samples did not fit 16 "
        "bits; with many of them a track is turned down."
    )
    print_table(Table("Store", columns, rows, note))


def print_songs(root: Path, page: Path | None) -> None:
    """Print what a rendered data set holds, and write the page about it."""
    from synthgen_tf.render import describe_songs
    from synthgen_tf.render.dataset import PAGE
    from synthgen_tf.report import write_songs_page

    description = describe_songs(root)
    for table in description.tables:
        print_table(table)
    page = root / PAGE if page is None else page
    write_songs_page(page, f"Songs of {root.resolve().name}", description)
    print(page)


def print_info() -> None:
    """Print versions, devices, ffmpeg and engines."""
    import tensorflow as tf

    from synthgen_tf.runs import environment

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
