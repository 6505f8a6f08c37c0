"""Tables on the terminal."""

import importlib.util
import shutil

from rich.console import Console
from rich.table import Table as Grid

from synthgen_tf.report import Table
from synthgen_tf.report.tables import score_table


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
    print_table(score_table(scores))


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
        ["ffmpeg", shutil.which("ffmpeg") or "not found: MUSDB stem files cannot be read"],
        ["engines", ", ".join(found)],
    ]
    for name, value in rows:
        print(f"{name:14}{value}")
