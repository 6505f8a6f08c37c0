"""`synthgen report`: the page and the card of a run, or of scores."""

from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.quiet import import_tensorflow


def report(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|SCORES", help="Run directory, or file of evaluate.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; that of the source by default.")
    ] = None,
) -> None:
    """Write report.html and, for a run, MODEL_CARD.md."""
    import_tensorflow()
    from synthgen_tf.report import write_report

    for path in write_report(source, out):
        typer.echo(path)
