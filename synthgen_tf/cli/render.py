"""`synthgen render`: songs with a true synth stem."""

import os
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.choices import ExtraSplit, Lossless, UsualSplit
from synthgen_tf.cli.options import Engines, Fonts, Midi, Recorded, Seed, listed, names_of
from synthgen_tf.errors import InputError

EXTRA = listed(
    ExtraSplit,
    "or",
    far="synths, fonts and kits that no other split hears",
    hard="dense mixes",
)


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
        typer.Option(help=f"{EXTRA}. Else by number: {listed(UsualSplit, 'and')}."),
    ] = None,
    vital: Annotated[
        float, typer.Option(help="Share of the synth parts that Vital plays (extra vita), 0 to 1.")
    ] = 0.0,
    engines: Engines = None,
    format: Annotated[str, typer.Option(help=f"{listed(Lossless, 'or')}.")] = "wav",
) -> None:
    """Render songs with a true synth stem."""
    if songs is None:
        raise InputError(
            "no --songs given: say how many to render; synthgen describe tells of those there"
        )
    if jobs > (cores := os.cpu_count() or 1):
        typer.echo(f"synthgen: {jobs} jobs asked for, {cores} cores: {cores} are used", err=True)
    from synthgen_tf.render import find_recorded, render_songs
    from synthgen_tf.render.recorded import NO_RECORDINGS

    def tell(line: str) -> None:
        typer.echo(f"synthgen: {line}", err=True)

    found, missing = find_recorded() if recorded else (NO_RECORDINGS, [])
    if missing:
        tell(f"not installed: {', '.join(missing)} (make sources)")
    written = render_songs(
        out,
        songs,
        seconds=seconds,
        seed=seed,
        jobs=jobs,
        first=first,
        midi=midi,
        fonts=font or (),
        vital=vital,
        recorded=found,
        split=split,
        engines=names_of(engines),
        format=format.lower(),
        tell=tell,
    )
    if not (font or recorded):
        typer.echo(
            "no recordings: our own engines played everything; --recorded adds the soundfonts "
            "and drum kits of this machine, --font FILE one of yours",
            err=True,
        )
    typer.echo(f"{len(written)} songs of {seconds:g} s in {out}")
