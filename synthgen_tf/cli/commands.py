"""The commands. Each is a few lines: read options, call a room, print what came out."""

import typer

from synthgen_tf.cli.learning import evaluate, export, prepare, report, train
from synthgen_tf.cli.music import render, separate
from synthgen_tf.cli.overview import demo, info, models
from synthgen_tf.cli.serving import serve

app = typer.Typer(
    help="Take the synthesizer out of a music track: synth + rest = the track, exactly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

IN_ORDER = (separate, render, prepare, train, evaluate, report, export, serve, demo, models, info)
for command in IN_ORDER:
    app.command()(command)
