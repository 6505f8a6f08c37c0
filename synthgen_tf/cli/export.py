"""`synthgen export`: a run as SavedModel and TFLite."""

from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.choices import Variant
from synthgen_tf.cli.options import listed
from synthgen_tf.quiet import import_tensorflow


def export(
    model: Annotated[Path, typer.Option(help="Run directory.")],
    out: Annotated[Path, typer.Option(help="Folder of the model, such as savedmodels/NAME.")],
    version: Annotated[int | None, typer.Option(help="The next one by default.")] = None,
    tflite: Annotated[str, typer.Option(help=f"Of {listed(Variant)}; comma-separated.")] = "fp32",
    half: Annotated[
        bool, typer.Option("--half", help="Store the SavedModel's weights in half precision.")
    ] = False,
    level: Annotated[
        Path | None,
        typer.Option(
            help="Scores of evaluate --split valid: what --level match of separate goes by."
        ),
    ] = None,
) -> None:
    """Export a run as SavedModel and TFLite."""
    import_tensorflow()
    from synthgen_tf.export import export_run

    variants = [name.strip().lower() for name in tflite.split(",") if name.strip()]
    export_run(model, out, version, variants, half, level)
    for file in sorted(out.iterdir()):
        typer.echo(file)
