"""`synthgen train`: what it trains on, and the order in which things have to start."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgen_tf.cli.options import (
    ConfigFile,
    Engines,
    Fonts,
    Midi,
    Preset,
    Recorded,
    Settings,
    help_of,
    names_of,
)
from synthgen_tf.cli.start import run_of
from synthgen_tf.config import Config, load_config
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow, leave_out_keras_settings

if TYPE_CHECKING:
    from synthgen_tf.resident.rendering import Rendering

BACKENDS = ("tensorflow", "jax", "torch")


def train(
    run: Annotated[Path, typer.Option(help="Run directory to write.")],
    data: Annotated[
        Path | None, typer.Option(help="Root of the data set; a resumed run knows its own.")
    ] = None,
    preset: Preset = None,
    config: ConfigFile = None,
    settings: Settings = None,
    strategy: Annotated[str | None, typer.Option(help=help_of("training.strategy"))] = None,
    minutes: Annotated[float | None, typer.Option(help=help_of("training.minutes"))] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this run.")] = False,
    weights: Annotated[
        Path | None,
        typer.Option(help="Run directory, exported or shipped model that this one starts from."),
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
        int | None, typer.Option(min=1, help="Processes that render; all cores but one by default.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Length of each rendered song; 30 by default.")
    ] = None,
) -> None:
    """Train a model into a run directory."""
    sources = (midi, font or (), names_of(engines), recorded, jobs, seconds)
    rendering = None
    if render is not None:
        from synthgen_tf.resident.rendering import Rendering

        rendering = Rendering(render, *sources)
    elif any(sources):
        raise InputError(
            "--midi, --font, --recorded, --engines, --jobs and --seconds are for --render SONGS"
        )
    flags = {"training.strategy": strategy, "training.minutes": minutes}
    started = (preset, config, weights)
    chosen, source = _choose(run, data, rendering, started, settings or (), flags, resume)
    best: Path | None
    try:
        with run_of(weights) as start:
            if resident or not isinstance(source, Path):
                best = _train_on_device(chosen, run, source, resume, start)
            else:
                best = _train_on_files(chosen, run, source, resume, start)
    except KeyboardInterrupt:
        typer.echo(f"synthgen: interrupted, go on with: train --run {run} --resume", err=True)
        os._exit(130)  # without waiting for readers that are still at work
    if best:
        from synthgen_tf.report import write_model_card  # Keras, which renderers start before

        typer.echo(best)
        typer.echo(write_model_card(run))


def _choose(
    run: Path,
    data: Path | None,
    rendering: "Rendering | None",
    started: tuple[str | None, Path | None, Path | None],
    settings: Sequence[str],
    flags: Mapping[str, Any],
    resume: bool,
) -> tuple[Config, "Path | Rendering"]:
    """Return the configuration of a training, and its data: a folder, or songs to render.

    Args:
        run: run directory.
        data: of the data set, None for a resumed run that knows its own.
        rendering: in place of data.
        started: preset, configuration file and run of weights, which a resumed run has no use for.
        settings, flags: that change the configuration.
        resume: whether the run is to go on.

    Raises:
        InputError: for options that do not go together.
    """
    from synthgen_tf.runs import changed_config, resume_config

    if rendering and data:
        raise InputError("--data and --render were given: train on one of them")
    if resume and any(started):
        raise InputError(
            "--resume keeps the run as it is: leave --preset, --config and --weights out"
        )
    if resume and rendering:
        return changed_config(run, settings, flags), rendering
    if resume:
        return resume_config(run, settings, flags, data)
    source = rendering or data
    if source is None:
        raise InputError("no --data given: name the root of a data set")
    preset, config, _ = started
    return load_config(preset, config, settings, flags), source


def _train_on_files(
    config: Config, run: Path, data: Path, resume: bool, weights: Path | None
) -> Path | None:
    """Train by tf.data; returns the path of the best model, None where another host tells.

    Raises:
        InputError: where data or run directory do not fit.
    """
    import_tensorflow()
    from synthgen_tf.data import advice_for
    from synthgen_tf.train import leads, train

    if advice := advice_for(data):
        _tell(advice)
    if config.training.strategy == "multiworker":
        _tell("training begins when all workers are there")
    best = train(config, data, run, resume, weights)
    return best if leads(config) else None


def _train_on_device(
    config: Config,
    run: Path,
    source: "Path | Rendering",
    resume: bool,
    weights: Path | None,
) -> Path:
    """Start renderers, then the backend, then train; returns the path of the best model.

    Raises:
        InputError: where songs, backend or run directory do not fit.
    """
    backend = _check_backend()
    _check_strategy(config)
    renderers = None
    if not isinstance(source, Path):
        from synthgen_tf.resident.rendering import start_renderers

        renderers = start_renderers(config, source, run, resume, _tell)
    try:
        if backend == "tensorflow":
            import_tensorflow()
        else:
            leave_out_keras_settings(backend)
            os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.95")  # JAX takes 0.75
        from synthgen_tf.resident.train import rendered_music, stored_music, train_resident

        if renderers:
            music = rendered_music(renderers)
        elif isinstance(source, Path):
            music = stored_music(source, config)
        return train_resident(config, music, run, resume, weights, _tell)
    finally:
        if renderers:
            renderers.close()


def _tell(line: str) -> None:
    typer.echo(f"synthgen: {line}", err=True)


def _check_backend() -> str:
    """Return the backend that the environment names, if it is installed."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise InputError(f"KERAS_BACKEND is {backend!r}; expected {', '.join(BACKENDS)}")
    if importlib.util.find_spec(backend) is None:
        raise InputError(
            f"KERAS_BACKEND is {backend} and {backend} is not installed: pip install {backend}, "
            "or set KERAS_BACKEND to one that is"
        )
    return backend


def _check_strategy(config: Config) -> None:
    if config.training.strategy not in ("auto", "one"):
        raise InputError(
            f"--resident trains on one device; training.strategy is {config.training.strategy}: "
            "leave it out, or train without --resident"
        )
