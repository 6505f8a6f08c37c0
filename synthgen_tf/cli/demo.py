"""`synthgen demo`: the whole story, from songs to a report."""

from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.cli.options import PRESET, Seed
from synthgen_tf.quiet import import_tensorflow


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("demo"),
    songs: Annotated[int, typer.Option(help="Songs to render.")] = 100,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 12.0,
    minutes: Annotated[float, typer.Option(help="Of training.")] = 3.0,
    preset: Annotated[str, PRESET] = "small",
    jobs: Annotated[int, typer.Option(help="Processes that render.")] = 2,
    seed: Seed = 0,
) -> None:
    """The whole story in minutes, from songs to a report."""
    import_tensorflow()
    from synthgen_tf.cli.tables import print_table
    from synthgen_tf.demo import run_demo

    result = run_demo(
        out, songs=songs, seconds=seconds, minutes=minutes, preset=preset, jobs=jobs, seed=seed
    )
    for table in result.tables:
        print_table(table)
    for path in result.files:
        typer.echo(path)
