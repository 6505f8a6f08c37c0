"""`python -m synthgen_tf.scale`: a catalogue of songs on a Ray cluster."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up noise

from synthgen_tf.cli import run_command
from synthgen_tf.cli.options import (
    ClipName,
    EngineName,
    FormatName,
    Model,
    Overwrite,
    Stems,
    SubtypeName,
    output_format,
)
from synthgen_tf.errors import InputError, install


def scale(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Folder or URL of the songs.")],
    out: Annotated[str, typer.Option(help="Folder or URL for OUT/<song>/<stem>.wav.")],
    manifest: Annotated[
        Path | None, typer.Option(help="Folder for separated.csv; OUT, where that is one.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="With a model each; as many as there are CPUs for.")
    ] = None,
    cpus: Annotated[int, typer.Option(min=1, help="Of each worker.")] = 1,
    gpus: Annotated[float, typer.Option(min=0, help="Of each worker, with savedmodel.")] = 0.0,
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster; one on this machine by default.")
    ] = None,
    model: Model = None,
    engine: EngineName = "tflite",
    stems: Stems = None,
    format: FormatName = "wav",
    subtype: SubtypeName = None,
    clip: ClipName = "clamp",
    overwrite: Overwrite = False,
) -> None:
    """Separate a catalogue; a second call goes on where the first was stopped.

    Exit code 1 when some songs failed: separated.csv says why.
    """
    try:
        from synthgen_tf.scale import separate_catalogue
        from synthgen_tf.scale.worker import Work
    except ImportError as error:
        raise InputError(f"this needs {error.name}: {install('ray')}") from None
    output = output_format(stems, format, subtype, clip)
    output = replace(output, stems=output.stems or None)
    work = Work(source, out, model=model, engine=engine, threads=cpus, output=output)
    result = separate_catalogue(
        work,
        manifest=manifest,
        overwrite=overwrite,
        workers=workers,
        gpus=gpus,
        address=address,
    )
    typer.echo(f"{result.done} songs separated, {result.skipped} stood there already")
    for reason in result.failed.values():
        typer.echo(f"synthgen: failed: {reason}", err=True)
    if result.failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(scale)
