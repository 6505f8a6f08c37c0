"""The commands. Each is a few lines: read options, call a room, print what came out."""

import os
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.cli.options import (
    ConfigFile,
    Data,
    EngineName,
    KindName,
    Model,
    Preset,
    Seed,
    Settings,
    describe,
    refuse_others,
)
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow

app = typer.Typer(
    help="Take the synthesizer out of a music track: synth + rest = the track, exactly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
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
    from synthgen_tf.separate import Separator, separate_paths
    from synthgen_tf.separate.predictors import load_predictor

    if engine != "tflite":
        import_tensorflow()
    separator = Separator(
        load_predictor(model, engine), overlap=overlap, shifts=shifts, segment_seconds=segment
    )
    names = [name.strip() for name in stems.split(",")] if stems else None
    result = separate_paths(
        separator,
        inputs,
        out,
        stems=names,
        format=format,
        subtype=subtype,
        clip=clip,
        overwrite=overwrite,
    )
    for files in result.done.values():
        for file in files.values():
            typer.echo(file)
    if result.skipped:
        typer.echo(f"{len(result.skipped)} stood there already: --overwrite does them again")
    for reason in result.failed.values():
        typer.echo(f"synthgen: failed: {reason}", err=True)
    if result.failed:
        raise typer.Exit(1)


@app.command()
def render(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the songs.")],
    songs: Annotated[int | None, typer.Option(help="How many.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 30.0,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    first: Annotated[int, typer.Option(help="Number of the first song.")] = 0,
    midi: Annotated[
        Path | None,
        typer.Option(help="Folder of MIDI files: half of the songs from them, half composed."),
    ] = None,
    font: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="<path>", help="Soundfont, .sf2 or .sf3, that plays some parts; repeatable."
        ),
    ] = None,
    vital: Annotated[
        float, typer.Option(help="Share of the synth parts that Vital plays (extra vita), 0 to 1.")
    ] = 0.0,
    format: Annotated[str, typer.Option(help="wav or flac.")] = "wav",
    describe: Annotated[
        bool, typer.Option("--describe", help="Say what the songs in DIR are, render none.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--out", help="Page of --describe; DIR/describe.html by default.")
    ] = None,
) -> None:
    """Render songs with a true synth stem, or describe a set of them."""
    if describe:
        from synthgen_tf.cli.tables import print_songs

        refuse_others(context, "--describe", {"out", "describe", "page"})
        print_songs(out, page)
        return
    if page is not None:
        raise InputError("--out names the page of --describe: give both, or leave it out")
    if songs is None:
        raise InputError("no --songs given: say how many to render, or --describe those there")
    if jobs > (cores := os.cpu_count() or 1):
        typer.echo(f"synthgen: {jobs} jobs asked for, {cores} cores: {cores} are used", err=True)
    settings = {"seconds": seconds, "seed": seed, "jobs": jobs, "first": first, "format": format}
    from synthgen_tf.render import render_songs

    written = render_songs(out, songs, **settings, midi=midi, fonts=font or (), vital=vital)
    if not font:
        typer.echo(
            "no soundfont: SynthGen's own engines played everything; --font FILE adds the sounds "
            "of one, such as TimGM6mb.sf2 of the Debian package timgm6mb-soundfont",
            err=True,
        )
    typer.echo(f"{len(written)} songs of {seconds:g} s in {out}")


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(help="Root of the data set.")],
    out: Annotated[Path, typer.Argument(help="Folder of the store.")],
    kind: KindName = None,
    jobs: Annotated[int | None, typer.Option(help="Processes; one a core by default.")] = None,
    config: ConfigFile = None,
    settings: Settings = None,
) -> None:
    """Check and decode a data set once, into a store that streams fast."""
    from synthgen_tf.cli.tables import print_store
    from synthgen_tf.config import load_config
    from synthgen_tf.data import prepare

    chosen = load_config(None, config, settings or ())
    jobs = (os.cpu_count() or 1) if jobs is None else jobs
    report = prepare(source, out, chosen, kind, jobs)
    if report.tracks:
        print_store(report.tracks, chosen.data.target)
    if report.removed:
        typer.echo(f"removed, for {source} has them no more: {', '.join(report.removed)}")
    if report.made or report.removed or report.problems or not report.tracks:
        typer.echo(f"{out}: {report.made} tracks prepared, {report.kept} stood there already")
    else:
        typer.echo(f"{out}: nothing to do, all {report.kept} tracks stand there already")
    for name, reason in report.problems.items():
        typer.echo(f"synthgen: skipped {name}: {reason}", err=True)
    for name, reason in report.left_out.items():
        typer.echo(f"synthgen: left out {name}: {reason}", err=True)
    if report.problems or not report.tracks:
        raise typer.Exit(1)


@app.command()
def train(
    run: Annotated[Path, typer.Option(help="Run directory to write.")],
    data: Annotated[
        Path | None, typer.Option(help="Root of the data set; a resumed run knows its own.")
    ] = None,
    preset: Preset = None,
    config: ConfigFile = None,
    settings: Settings = None,
    strategy: Annotated[str | None, typer.Option(help=describe("training.strategy"))] = None,
    minutes: Annotated[float | None, typer.Option(help=describe("training.minutes"))] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this run.")] = False,
) -> None:
    """Train a model into a run directory."""
    import_tensorflow()
    from synthgen_tf.config import load_config
    from synthgen_tf.data import advice_for
    from synthgen_tf.report import write_model_card
    from synthgen_tf.train import resume_config, train

    flags = {"training.strategy": strategy, "training.minutes": minutes}
    if resume:
        if preset or config:
            raise InputError("--resume keeps the run's configuration: leave --preset, --config out")
        chosen, data = resume_config(run, settings or (), flags, data)
    elif data is None:
        raise InputError("no --data given: name the root of a data set")
    else:
        chosen = load_config(preset, config, settings or (), flags)
    if advice := advice_for(data):
        typer.echo(f"synthgen: {advice}", err=True)
    try:
        best = train(chosen, data, run, resume)
    except KeyboardInterrupt:
        typer.echo(f"synthgen: interrupted, go on with: train --run {run} --resume", err=True)
        os._exit(130)  # without waiting for readers that are still at work
    typer.echo(best)
    typer.echo(write_model_card(run))


@app.command()
def evaluate(
    data: Data,
    out: Annotated[Path, typer.Option(help="JSON file to write; a CSV of its name beside it.")],
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    model: Model = None,
    engine: EngineName = None,
    estimates: Annotated[
        Path | None,
        typer.Option(help="Folder of <track>/<stem>.wav made elsewhere, in place of a model."),
    ] = None,
    stem: Annotated[
        str | None, typer.Option(help="Name of the files in --estimates; the target's by default.")
    ] = None,
    museval: Annotated[
        bool, typer.Option("--museval", help="BSSEval v4 too, its JSON in OUT_museval/test.")
    ] = False,
    kind: KindName = None,
    target: Annotated[
        str | None, typer.Option(help="Stem that is the truth; the model's own by default.")
    ] = None,
) -> None:
    """Score a model, or estimates, against known stems."""
    import_tensorflow()
    from synthgen_tf.cli.scoring import score

    if estimates and (model or engine):
        raise InputError("--estimates and --model were given: score one at a time")
    if stem and not estimates:
        raise InputError("--stem names files of --estimates: give both, or leave it out")
    score(data, out, split, kind, target, model, engine, estimates, stem, museval)


@app.command()
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


@app.command()
def export(
    model: Annotated[Path, typer.Option(help="Run directory.")],
    out: Annotated[Path, typer.Option(help="Folder of the model, such as savedmodels/NAME.")],
    version: Annotated[int | None, typer.Option(help="The next one by default.")] = None,
    tflite: Annotated[str, typer.Option(help="Of fp32, fp16, dynamic; comma-separated.")] = "fp32",
    half: Annotated[
        bool, typer.Option("--half", help="Store the SavedModel's weights in half precision.")
    ] = False,
) -> None:
    """Export a run as SavedModel and TFLite."""
    import_tensorflow()
    from synthgen_tf.export import export_run

    variants = [name.strip() for name in tflite.split(",") if name.strip()]
    export_run(model, out, version, variants, half)
    for file in sorted(out.iterdir()):
        typer.echo(file)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("demo"),
    songs: Annotated[int, typer.Option(help="Songs to render.")] = 100,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 12.0,
    minutes: Annotated[float, typer.Option(help="Of training.")] = 3.0,
    preset: Preset = "small",
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


@app.command()
def models() -> None:
    """List the models that come with SynthGen."""
    from synthgen_tf.separate.catalogue import shipped_models

    cards = shipped_models()
    for card in cards:
        typer.echo(
            f"{card.name} {card.version}: {card.stem}, {card.parameters / 1e6:.1f} M parameters, "
            f"{card.sample_rate} Hz, {card.channels} channels, {card.license}, {card.folder}"
        )
    if not cards:
        typer.echo("none")


@app.command()
def info() -> None:
    """Show versions, devices, ffmpeg and engines."""
    import_tensorflow()
    from synthgen_tf.cli.tables import print_info

    print_info()
