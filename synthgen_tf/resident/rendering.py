"""How `synthgen train --render` starts its renderers."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.config import Config
from synthgen_tf.errors import InputError
from synthgen_tf.render import find_recorded
from synthgen_tf.render.recorded import NO_RECORDINGS
from synthgen_tf.render.signals.dsp import SAMPLE_RATE
from synthgen_tf.render.sources import open_sources
from synthgen_tf.resident.renderers import Renderers
from synthgen_tf.runs import read_rendered

SECONDS = 30.0
"""Length of a rendered song, if nothing else is asked for."""


@dataclass(frozen=True)
class Rendering:
    """What the songs of a training are rendered from, and how many.

    Attributes:
        songs: how many to train on; those to validate on come on top.
        midi, fonts, engines, recorded: as of `synthgen render`.
        jobs: processes; None for all cores but one.
        seconds: length of a song; None for `SECONDS`. Half as long, twice as many sounds are
            rendered in the same time.
    """

    songs: int
    midi: Path | None = None
    fonts: Sequence[Path] = ()
    engines: Sequence[str] = ()
    recorded: bool = False
    jobs: int | None = None
    seconds: float | None = None


def start_renderers(
    config: Config,
    rendering: Rendering,
    run: Path,
    resume: bool,
    tell: Callable[[str], object],
) -> Renderers:
    """Start renderers on songs that earlier sessions of a run have not had.

    Args:
        config: of the training.
        rendering: what the songs are rendered from.
        run: run directory.
        resume: whether the run goes on.
        tell: called with a line of text about what is missing among the sources.

    Raises:
        InputError: for a configuration that asks for other songs than are rendered, or sources
            that cannot be used.
    """
    _check_songs(config)
    if rendering.songs < 2:
        raise InputError(f"--render is {rendering.songs}; expected 2 songs or more")
    seconds = SECONDS if rendering.seconds is None else rendering.seconds
    if seconds < (shortest := _shortest_seconds(config)):
        raise InputError(
            f"--seconds is {seconds:g}; expected {shortest:.2f} or more, which a cut "
            f"of {config.data.segment_seconds:g} s (data.segment_seconds) may take at high speed"
        )
    recorded = NO_RECORDINGS
    if rendering.recorded:
        recorded, missing = find_recorded()
        if missing:
            tell(f"--recorded goes without {', '.join(missing)}")
    sources = open_sources(rendering.midi, rendering.fonts, 0.0, recorded, rendering.engines, tell)
    jobs = rendering.jobs or max(1, (os.cpu_count() or 2) - 1)
    first, valid = read_rendered(run) if resume else (0, None)
    songs = rendering.songs, config.seed, seconds, sources
    return Renderers(*songs, jobs, config.data.target, first, valid, tell)


def _shortest_seconds(config: Config) -> float:
    """Return the length of a cut at the highest speed, 1 s at least."""
    return max(1.0, config.data.segment_seconds * config.data.fastest)


def _check_songs(config: Config) -> None:
    """Refuse a configuration that asks for other songs than are rendered.

    Raises:
        InputError: where rate, channels or choice of tracks are not those of rendered songs.
    """
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
