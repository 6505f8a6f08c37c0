"""Commands from a data set to a model that is judged and exported."""

import os
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.cli.options import (
    ConfigFile,
    Data,
    EngineName,
    Engines,
    Fonts,
    KindName,
    Midi,
    Model,
    Preset,
    Recorded,
    Settings,
    describe,
    names_of,
)
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow


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
    weights: Annotated[
        Path | None, typer.Option(help="Run directory whose best model this one starts from.")
    ] = None,
    resident: Annotated[
        bool,
        typer.Option(
            "--resident",
            help="Hold the songs in the memory of the device; on any backend (KERAS_BACKEND).",
        ),
    ] = False,
    render: Annotated[
        int | None,
        typer.Option(help="Songs to render while training runs, in place of --data; --resident."),
    ] = None,
    midi: Midi = None,
    font: Fonts = None,
    recorded: Recorded = False,
    engines: Engines = None,
    jobs: Annotated[
        int | None, typer.Option(help="Processes that render; all cores but one by default.")
    ] = None,
) -> None:
    """Train a model into a run directory."""
    from synthgen_tf.cli.train import Rendering, choose, train_on_device, train_on_files

    sources = (midi, font or (), names_of(engines), recorded, jobs)
    rendering = None if render is None else Rendering(render, *sources)
    if rendering is None and any(sources):
        raise InputError("--midi, --font, --recorded, --engines and --jobs are for --render SONGS")
    flags = {"training.strategy": strategy, "training.minutes": minutes}
    started = (preset, config, weights)
    chosen, data = choose(run, data, rendering, started, settings or (), flags, resume)
    try:
        if resident or rendering:
            best = train_on_device(chosen, run, data, rendering, resume, weights)
        else:
            best = train_on_files(chosen, run, data, resume, weights)
    except KeyboardInterrupt:
        typer.echo(f"synthgen: interrupted, go on with: train --run {run} --resume", err=True)
        os._exit(130)  # without waiting for readers that are still at work
    if best:
        from synthgen_tf.report import write_model_card  # Keras, which renderers start before

        typer.echo(best)
        typer.echo(write_model_card(run))


def evaluate(
    data: Data,
    out: Annotated[Path, typer.Option(help="JSON file to write; a CSV of its name beside it.")],
    split: Annotated[
        str, typer.Option(help="train, valid, test, another that the data set has, or all.")
    ] = "test",
    most: Annotated[
        int | None, typer.Option(help="Tracks of each split, taken evenly; all by default.")
    ] = None,
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
    config: ConfigFile = None,
    settings: Settings = None,
) -> None:
    """Score a model, or estimates, against known stems.

    --split all --most 100 tells too little learnt, learnt by heart and music of another kind apart.
    """
    import_tensorflow()
    from synthgen_tf.cli.evaluate import score

    if estimates and (model or engine):
        raise InputError("--estimates and --model were given: score one at a time")
    if stem and not estimates:
        raise InputError("--stem names files of --estimates: give both, or leave it out")
    chosen = (model, engine, estimates, stem, museval, config, settings or ())
    score(data, out, split, kind, target, *chosen, most=most)


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


def export(
    model: Annotated[Path, typer.Option(help="Run directory.")],
    out: Annotated[Path, typer.Option(help="Folder of the model, such as savedmodels/NAME.")],
    version: Annotated[int | None, typer.Option(help="The next one by default.")] = None,
    tflite: Annotated[
        str, typer.Option(help="Of fp32, fp16, dynamic, int8; comma-separated.")
    ] = "fp32",
    half: Annotated[
        bool, typer.Option("--half", help="Store the SavedModel's weights in half precision.")
    ] = False,
) -> None:
    """Export a run as SavedModel and TFLite."""
    import_tensorflow()
    from synthgen_tf.export import export_run

    variants = [name.strip().lower() for name in tflite.split(",") if name.strip()]
    export_run(model, out, version, variants, half)
    for file in sorted(out.iterdir()):
        typer.echo(file)
