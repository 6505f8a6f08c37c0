"""`synthgen train`: what it trains on, and the order in which things have to start."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from synthgen_tf.config import Config, load_config
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow, leave_out_keras_settings
from synthgen_tf.runs import changed_config, read_rendered, resume_config

BACKENDS = ("tensorflow", "jax", "torch")
SECONDS = 30.0
"""Length of a rendered song."""


@dataclass(frozen=True)
class Rendering:
    """What songs are rendered for a training from.

    Attributes:
        songs: to train on, beside those to validate on.
        midi, fonts, engines, recorded: as of `synthgen render`.
        jobs: processes; None for all cores but one.
    """

    songs: int
    midi: Path | None = None
    fonts: Sequence[Path] = ()
    engines: Sequence[str] = ()
    recorded: bool = False
    jobs: int | None = None


def choose(
    run: Path,
    data: Path | None,
    rendering: Rendering | None,
    started: tuple,
    settings: Sequence[str],
    flags: Mapping[str, Any],
    resume: bool,
) -> tuple[Config, Path | None]:
    """The configuration and the data of a training.

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
    if rendering and data:
        raise InputError("--data and --render were given: train on one of them")
    if resume and any(started):
        raise InputError(
            "--resume keeps the run as it is: leave --preset, --config and --weights out"
        )
    if resume and rendering:
        return changed_config(run, settings, flags), None
    if resume:
        return resume_config(run, settings, flags, data)
    if data is None and rendering is None:
        raise InputError("no --data given: name the root of a data set")
    return load_config(*started[:2], settings, flags), data


def train_on_files(
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


def train_on_device(
    config: Config,
    run: Path,
    data: Path | None,
    rendering: Rendering | None,
    resume: bool,
    weights: Path | None,
) -> Path:
    """Start renderers, then the backend, then train; returns the path of the best model.

    Raises:
        InputError: where songs, backend or run directory do not fit.
    """
    backend = _check_backend()
    _check_strategy(config)
    renderers = None if rendering is None else _start(config, rendering, run, resume)
    try:
        if backend == "tensorflow":
            import_tensorflow()
        else:
            leave_out_keras_settings(backend)
            os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.95")  # JAX takes 0.75
        from synthgen_tf.resident.train import rendered_music, stored_music, train_resident

        music = rendered_music(renderers) if renderers else stored_music(data, config)
        return train_resident(config, music, run, resume, weights, _tell)
    finally:
        if renderers:
            renderers.close()


def _tell(line: str) -> None:
    typer.echo(f"synthgen: {line}", err=True)


def _check_backend() -> str:
    """The backend that the environment names, if it is installed."""
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


def _start(config: Config, rendering: Rendering, run: Path, resume: bool):
    """Renderers at work, on songs that earlier sessions of a run have not had."""
    from synthgen_tf.render import find_recorded
    from synthgen_tf.render.recorded import NO_RECORDINGS
    from synthgen_tf.render.sources import open_sources
    from synthgen_tf.resident.renderers import Renderers

    _check_songs(config)
    if rendering.songs < 2:
        raise InputError(f"--render is {rendering.songs}; expected 2 songs or more")
    recorded = NO_RECORDINGS
    if rendering.recorded:
        recorded, missing = find_recorded()
        if missing:
            _tell(f"--recorded goes without {', '.join(missing)}")
    sources = open_sources(rendering.midi, rendering.fonts, 0.0, recorded, rendering.engines, _tell)
    jobs = rendering.jobs or max(1, (os.cpu_count() or 2) - 1)
    first, valid = read_rendered(run) if resume else (0, None)
    songs = rendering.songs, config.seed, SECONDS, sources
    return Renderers(*songs, jobs, config.data.target, first, valid, _tell)


def _check_songs(config: Config) -> None:
    """Rendered songs are as they are, and have no names.

    Raises:
        InputError: for a configuration that asks for others.
    """
    from synthgen_tf.render.signals.dsp import SAMPLE_RATE

    wanted = {"model.sample_rate": SAMPLE_RATE, "model.channels": 2, "data.target_holds": None,
              "data.valid_tracks": ()}  # fmt: skip
    for name, value in wanted.items():
        section, key = name.split(".")
        found = getattr(getattr(config, section), key)
        if found != value:
            raise InputError(
                f"{name} is {found}; expected {value if value else 'none'} for --render: train on "
                "--data for anything else"
            )
