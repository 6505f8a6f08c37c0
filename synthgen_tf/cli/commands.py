"""The commands. Each is a few lines: read options, call a room, print what came out."""

from typing import Annotated

import typer

import synthgen_tf
from synthgen_tf.cli import HELP
from synthgen_tf.cli.learning import evaluate, export, prepare, report, train
from synthgen_tf.cli.music import describe, render, separate
from synthgen_tf.cli.overview import demo, info, models
from synthgen_tf.cli.serving import serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=HELP,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"synthgen {synthgen_tf.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_tell_version
        ),
    ] = False,
) -> None:
    """Take the synthesizer out of a music track: synth + rest = the track, exactly."""


IN_ORDER = (
    separate,
    render,
    describe,
    prepare,
    train,
    evaluate,
    report,
    export,
    serve,
    demo,
    models,
    info,
)
for command in IN_ORDER:
    app.command(context_settings=HELP)(command)
