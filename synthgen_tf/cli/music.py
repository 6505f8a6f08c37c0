"""Commands that make or take apart music."""

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.cli.options import (
    EngineName,
    Engines,
    Fonts,
    Midi,
    Model,
    Recorded,
    Seed,
    names_of,
    output_format,
)
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow


def separate(
    inputs: Annotated[list[Path], typer.Argument(metavar="FILE_OR_DIR...", help="Audio to take.")],
    out: Annotated[Path, typer.Option(help="Folder for OUT/<input name>/<stem>.wav.")],
    model: Model = None,
    stems: Annotated[str | None, typer.Option(help="Comma-separated; both by default.")] = None,
    format: Annotated[str, typer.Option(help="wav, flac or mp3.")] = "wav",
    subtype: Annotated[
        str | None, typer.Option(help="FLOAT, PCM_16 or PCM_24; wav is FLOAT, flac PCM_24.")
    ] = None,
    clip: Annotated[
        str,
        typer.Option(
            help="Of PCM and mp3, beyond full scale: clamp, rescale (turn all stems of the song "
            "down by one gain) or none (refuse the song)."
        ),
    ] = "clamp",
    overlap: Annotated[
        float, typer.Option(help="Share of a block that the next covers, 0 to 0.9.")
    ] = 0.25,
    shifts: Annotated[
        int, typer.Option(help="Predictions to average; each costs the time of one.")
    ] = 1,
    segment: Annotated[
        float | None, typer.Option(help="Seconds of a block; the model's own by default.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do again what is done already.")
    ] = False,
    engine: EngineName = None,
) -> None:
    """Separate audio into synth and rest, which add up to it.

    OUT/separated.csv tells what was done. What stands there from the same file, model and settings
    is not done again. Exit code 1 when some inputs failed.
    """
    from synthgen_tf import audio
    from synthgen_tf.separate import Separator, carry_out, check_inputs, plan_batch
    from synthgen_tf.separate.predictors import load_predictor, quick_engine

    output = output_format(stems, format, subtype, clip)
    check_inputs(inputs)  # before TensorFlow takes its seconds
    engine = engine.lower() if engine else quick_engine(model)
    if engine != "tflite":
        import_tensorflow()
    separator = Separator(
        load_predictor(model, engine), overlap=overlap, shifts=shifts, segment_seconds=segment
    )
    plan = plan_batch(separator, inputs, out, output, overwrite=overwrite)
    result = carry_out(plan, separator)
    for files in result.done.values():
        for file in files.values():
            typer.echo(file)
    if result.skipped:
        typer.echo(f"{len(result.skipped)} stood there already: --overwrite does them again")
    if result.left:
        endings = Counter(file.suffix.lower() or "no ending" for file in result.left)
        kinds = ", ".join(f"{audio.shown(kind)} {count}" for kind, count in endings.most_common(5))
        more = ", ..." if len(endings) > 5 else ""
        typer.echo(
            f"synthgen: left {len(result.left)} files that are no audio by name: {kinds}{more}",
            err=True,
        )
    for reason in result.failed.values():
        typer.echo(f"synthgen: failed: {reason}", err=True)
    if result.failed:
        raise typer.Exit(1)


def render(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the songs.")],
    songs: Annotated[int | None, typer.Option(help="How many.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 30.0,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    first: Annotated[int, typer.Option(help="Number of the first song.")] = 0,
    midi: Midi = None,
    font: Fonts = None,
    recorded: Recorded = False,
    split: Annotated[
        str | None,
        typer.Option(
            help="far: synths, fonts and kits that no other split hears; hard: dense mixes. "
            "Else by number: train, valid and test."
        ),
    ] = None,
    vital: Annotated[
        float, typer.Option(help="Share of the synth parts that Vital plays (extra vita), 0 to 1.")
    ] = 0.0,
    engines: Engines = None,
    format: Annotated[str, typer.Option(help="wav or flac.")] = "wav",
) -> None:
    """Render songs with a true synth stem."""
    if songs is None:
        raise InputError(
            "no --songs given: say how many to render; synthgen describe tells of those there"
        )
    if jobs > (cores := os.cpu_count() or 1):
        typer.echo(f"synthgen: {jobs} jobs asked for, {cores} cores: {cores} are used", err=True)
    settings = {"seconds": seconds, "seed": seed, "jobs": jobs, "first": first}
    settings["format"] = format.lower()
    from synthgen_tf.render import find_recorded, render_songs

    def tell(line: str) -> None:
        typer.echo(f"synthgen: {line}", err=True)

    sources = {"midi": midi, "fonts": font or (), "vital": vital, "split": split}
    sources["engines"] = names_of(engines)
    if recorded:
        sources["recorded"], missing = find_recorded()
        if missing:
            tell(f"not installed: {', '.join(missing)} (make sources)")
    written = render_songs(out, songs, **settings, **sources, tell=tell)
    if not (font or recorded):
        typer.echo(
            "no recordings: our own engines played everything; --recorded adds the soundfonts "
            "and drum kits of this machine, --font FILE one of yours",
            err=True,
        )
    typer.echo(f"{len(written)} songs of {seconds:g} s in {out}")


def describe(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of rendered songs.")],
    out: Annotated[Path | None, typer.Option(help="Page; DIR/describe.html by default.")] = None,
) -> None:
    """Say what rendered songs are, in tables and on a page."""
    from synthgen_tf.cli.tables import print_songs

    print_songs(data, out)
