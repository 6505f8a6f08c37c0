"""Prepares a data set: checks every track, converts the good ones, writes the index last.

A store is a function of its source and settings: whatever stood in it before, and however often
the work was killed, the same call ends in the same bytes.
"""

import functools
import hashlib
import json
import multiprocessing
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen_tf.config import Config
from synthgen_tf.data.convert import convert
from synthgen_tf.data.licence import LICENCES, data_set_licences
from synthgen_tf.data.store import (
    FORMAT,
    INDEX,
    TRACK,
    VERSION,
    Settings,
    StoredTrack,
    find_damage,
    is_store,
    stored_track,
    write_json,
)
from synthgen_tf.data.upkeep import (
    discard,
    draft_beside,
    read_standing,
    remove_drafts,
    remove_empty,
)
from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.files import writing
from synthgen_tf.processes import in_processes
from synthgen_tf.progress import progress_bar
from synthgen_tf.tracks import SPLITS, Scan, Track, scan_tracks
from synthgen_tf.tracks.readers import labels_of


@dataclass(frozen=True)
class Report:
    """What `prepare` found and did. Names are `<split>/<name>`.

    Attributes:
        tracks: all that the store holds now, by split and name.
        made: how many of them this call converted; the others stood already.
        removed: names of tracks that stood there and are no longer in the source.
        problems: names of tracks in the source that are damaged, and why.
        left_out: names of those that are whole and cannot serve, and why.
    """

    tracks: list[StoredTrack]
    made: int = 0
    removed: Sequence[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """How many tracks stood there already."""
        return len(self.tracks) - self.made


@dataclass(frozen=True)
class Order:
    """One track to convert.

    Attributes:
        track: in the source.
        out: folder of the store.
        settings: of the store.
        source: fingerprint of the track's files, as they are now.
    """

    track: Track
    out: Path
    settings: Settings
    source: str

    @property
    def name(self) -> str:
        """`<split>/<name>`, the finished track's folder in the store."""
        return f"{self.track.split}/{self.track.name}"

    @property
    def seconds(self) -> float:
        """Length of the track."""
        return self.track.frames / self.track.sample_rate


def prepare(
    source: Path, out: Path, config: Config, kind: str | None = None, jobs: int = 1
) -> Report:
    """Make a store of a data set, or bring one up to date: only what is missing is converted.

    Tracks that cannot be used are left out and told in the report. Tracks that are gone from the
    source, or have changed there, leave the store. Where no track remains, there is no store.

    Args:
        source: root of the data set.
        out: folder of the store; made if missing.
        config: `model.sample_rate` of the store; `data.labels` tell what belongs to which stem.
        kind: of the data set; told from its layout when it is None.
        jobs: processes, 1 or above; never more than there are cores.

    Raises:
        InputError: when the source holds no tracks, `out` holds anything else than a store made of
            this kind and with these settings, or the disk does not take it. What is finished then
            stays, and the same call goes on with it.
    """
    source, out = Path(source), Path(out)
    if jobs < 1:
        raise InputError(f"jobs is {jobs}; expected 1 or more")
    _check_places(source, out)
    scan = scan_tracks(source, kind, config.data.labels)
    settings = _settings(config, scan.kind)
    standing = read_standing(out, settings)
    orders, problems = _plan(scan, source, out, settings)
    entries = {
        name: entry
        for name, entry in standing.items()
        if name in orders and _is_current(entry, orders[name])
    }
    missing = [order for name, order in orders.items() if name not in entries]
    is_new = not out.exists()
    try:
        discard(out, standing.keys() - entries.keys())
        remove_drafts(out)
        made, bad = _convert_all(missing, jobs)
        entries |= made
        ordered = [entries[name] for name in orders if name in entries]
        if ordered:
            licences = {LICENCES: data_set_licences(source, scan.kind)}
            write_json(out / INDEX, {**settings, **licences, "tracks": ordered})
        else:
            (out / INDEX).unlink(missing_ok=True)
    finally:
        remove_drafts(out)
        remove_empty([*(out / split for split in SPLITS), *([out] if is_new else [])])
    return Report(
        [stored_track(out / INDEX, config.model.sample_rate, entry) for entry in ordered],
        made=len(made),
        removed=sorted(standing.keys() - orders.keys() - problems.keys() - scan.left_out.keys()),
        problems=dict(sorted({**problems, **bad}.items())),
        left_out=scan.left_out,
    )


def _check_places(source: Path, out: Path) -> None:
    if out.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{out} lies in the data set {source}: give a folder outside of it")
    if is_store(source):
        raise InputError(f"{source} is a prepared store: give the data set that it was made of")


def _settings(config: Config, kind: str) -> Settings:
    chosen = labels_of(kind, config.data.labels)
    labels = {stem: list(names) for stem, names in chosen.items()}
    return {
        "format": FORMAT,
        "version": VERSION,
        "sample_rate": config.model.sample_rate,
        "kind": kind,
        "labels": labels,
    }


def _plan(
    scan: Scan, source: Path, out: Path, settings: Settings
) -> tuple[dict[str, Order], dict[str, str]]:
    """What there is to convert, by name and in the order of the index; and what cannot be."""
    orders, problems = {}, dict(scan.problems)
    for track in scan.tracks:
        try:
            order = Order(track, out, settings, fingerprint(track, source))
            orders[order.name] = order
        except OSError as error:
            reason = f"{error.filename} cannot be read ({error.strerror}): get the file"
            problems[f"{track.split}/{track.name}"] = reason
    return orders, problems


def fingerprint(track: Track, source: Path) -> str:
    """16 hexadecimal digits that change with what a track is made of, by all that is known of it.

    That is what the reader tells, and name below the root, size and time of change of each file.

    Raises:
        OSError: when a file is missing.
    """
    stems: dict[str, Any] = {}
    for stem, files in track.stems.items():
        facts = [(os.path.relpath(file, source), Path(file).stat()) for file in files]
        stems[stem] = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in facts]
    told: list[Any] = [track.name, track.split, track.genre, dict(track.holds)]
    told += [track.sample_rate, track.frames, track.channels, track.subtype, stems]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _is_current(entry: Mapping, order: Order) -> bool:
    """True for a finished track whose source has not changed and whose files are all there."""
    if entry.get("source") != order.source:
        return False
    record = order.out / order.name / TRACK
    return not find_damage(stored_track(record, order.settings["sample_rate"], entry))


def _convert_all(orders: Sequence[Order], jobs: int) -> tuple[dict[str, dict], dict[str, str]]:
    """The entries of the tracks that were converted, and the reasons why others were not."""
    entries, problems = {}, {}
    longest_first = sorted(orders, key=lambda order: -order.seconds)  # no one works on alone
    with (
        progress_bar("preparing tracks", sum(order.seconds for order in orders)) as advance,
        closing(in_processes(_fill, longest_first, jobs)) as results,
    ):
        for order, entry, reason in results:
            advance(order.seconds)
            if entry is None:
                problems[order.name] = reason
            else:
                entries[order.name] = entry
    return entries, problems


def _fill(order: Order) -> tuple[Order, dict | None, str]:
    """Convert one track and put it in its place, all or nothing."""
    _end_with_parent()
    folder = order.out / order.name
    draft = draft_beside(folder)
    with writing(draft):
        draft.mkdir(parents=True)
    try:
        track = order.track
        entry = {
            "name": track.name,
            "split": track.split,
            "genre": track.genre,
            "holds": {stem: list(sounds) for stem, sounds in track.holds.items()},
            **convert(track, draft, order.settings["sample_rate"]),
            "source": order.source,
        }
        write_json(draft / TRACK, {**order.settings, "track": entry})
        with writing(folder):
            draft.rename(folder)
        return order, entry, ""
    except OutputError:  # of no use to go on with the next track
        raise
    except InputError as reason:
        return order, None, str(reason)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@functools.cache
def _end_with_parent() -> None:
    """When the process that gave the orders is killed, this one stops as well."""
    if parent := multiprocessing.parent_process():

        def wait() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()
