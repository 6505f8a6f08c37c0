"""`synthgen prepare`: a data set into a store that streams fast."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthgen_tf.cli.options import ConfigFile, KindName, Settings

if TYPE_CHECKING:
    from synthgen_tf.data.store import StoredTrack


def prepare(
    source: Annotated[Path, typer.Argument(help="Root of the data set.")],
    out: Annotated[Path, typer.Argument(help="Folder of the store.")],
    kind: KindName = None,
    jobs: Annotated[int | None, typer.Option(help="Processes; one a core by default.")] = None,
    config: ConfigFile = None,
    settings: Settings = None,
) -> None:
    """Check and decode a data set once, into a store that streams fast."""
    from synthgen_tf.config import load_config
    from synthgen_tf.data import prepare

    chosen = load_config(None, config, settings or ())
    jobs = (os.cpu_count() or 1) if jobs is None else jobs
    report = prepare(source, out, chosen, kind, jobs)
    if report.tracks:
        _print_store(report.tracks, chosen.data.target)
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


def _print_store(tracks: "Sequence[StoredTrack]", target: str) -> None:
    """Print what a store holds, split by split."""
    import numpy as np

    from synthgen_tf.cli.terminal import print_table
    from synthgen_tf.data.store import ACTIVE_ABOVE, active_seconds
    from synthgen_tf.table import Table
    from synthgen_tf.tracks import SPLITS, USUAL_SPLITS

    rows = []
    found = {track.split for track in tracks}
    for split in [*(split for split in SPLITS if split in {*USUAL_SPLITS, *found}), "all"]:
        chosen = [track for track in tracks if split in (track.split, "all")]
        having = [track for track in chosen if target in track.stems]
        active = [active_seconds(track, target) for track in having]
        seconds = sum(map(len, active))
        row = [
            split,
            str(len(chosen)),
            f"{sum(track.frames / track.sample_rate for track in chosen) / 3600.0:.2f}",
            f"{100 * len(having) / len(chosen):.0f} %" if chosen else "–",
            f"{100 * sum(map(np.sum, active)) / seconds:.0f} %" if seconds else "–",
            str(sum(track.clipped > 0 for track in chosen)),
            str(sum(track.gain_db < 0.0 for track in chosen)),
        ]
        rows.append(row)
    columns = ["", "tracks", "hours", f"with {target}", "sounding", "clipped", "turned down"]
    note = (
        f"Sounding: share of the seconds, of tracks with {target}, in which it is above "
        f"-{ACTIVE_ABOVE} dB full scale. Clipped: tracks of which a few samples did not fit 16 "
        "bits; with many of them a track is turned down."
    )
    print_table(Table("Store", columns, rows, note))
