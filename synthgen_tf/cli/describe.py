"""`synthgen describe`: what rendered songs are."""

from pathlib import Path
from typing import Annotated

import typer


def describe(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of rendered songs.")],
    out: Annotated[Path | None, typer.Option(help="Page; DIR/describe.html by default.")] = None,
) -> None:
    """Say what rendered songs are, in tables and on a page."""
    from synthgen_tf.cli.terminal import print_table
    from synthgen_tf.render import describe_songs
    from synthgen_tf.render.dataset import PAGE
    from synthgen_tf.report import write_songs_page

    description = describe_songs(data)
    for table in description.tables:
        print_table(table)
    page = data / PAGE if out is None else out
    write_songs_page(page, f"Songs of {data.resolve().name}", description)
    typer.echo(page)
