"""Checks a data set, decodes it once, and writes it as a store.

Finished tracks are never touched again, so a call that was killed is repeated, and the store is
that of a call that was not.
"""

import json
import math
import shutil
import statistics
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.config import Config, Kind
from synthgen_tf.data.meter import Meter
from synthgen_tf.data.store import (
    ACTIVE_ABOVE,
    FORMAT,
    INDEX,
    TRACK,
    VERSION,
    StoredTrack,
    is_store,
    read_index,
    read_store,
    write_json,
)
from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.processes import in_processes
from synthgen_tf.progress import progress_bar
from synthgen_tf.tracks import MIXTURE, Track, scan_tracks

SUM_TOLERANCE_DB = -15.0
"""Power of what the mixture has beyond its stems, relative to it, at most: median over the seconds.

The MUSDB18 excerpt in stempeg, whose streams were coded one by one, has -22 dB, single seconds far
more. Stems that are one sample late have -12 dB, and a missing one has its own level."""

MOST_CLAMPED = 1e-3
"""Share of a stem's samples beyond full scale above which the whole track is turned down."""
HEADROOM = 0.99


@dataclass(frozen=True)
class Order:
    """One track to prepare."""

    track: Track
    out: Path
    sample_rate: int

    @property
    def folder(self) -> Path:
        """Where the finished track stands."""
        return self.out / self.track.split / self.track.name

    @property
    def unfinished(self) -> Path:
        """Where it is written; hidden, beside its final place so that a rename is atomic."""
        return self.folder.with_name(f".{self.track.name}.tmp")


@dataclass(frozen=True)
class Report:
    """What `prepare` did.

    Attributes:
        tracks: all that the store holds now.
        made: how many of them this call made.
        problems: track to the reason why it was left out.
        scaled: how many tracks were turned down to fit 16 bits.
    """

    tracks: list[StoredTrack]
    made: int
    problems: dict[str, str] = field(default_factory=dict)
    scaled: int = 0


def prepare(
    source: Path, out: Path, config: Config, kind: Kind | None = None, jobs: int = 1
) -> Report:
    """Write a data set as a store, or finish one that an earlier call began.

    A track that is damaged, has more than two channels, or whose stems do not sum to its mixture is
    left out and reported. A track that left the source leaves the index, its files stay.

    Args:
        source: root of the data set.
        out: folder of the store; made if missing.
        config: `model.sample_rate` is that of the store, `data.labels` say what is in which stem.
        kind: of the data set; told from its layout when it is None.
        jobs: processes.

    Raises:
        InputError: when the source is no data set, `out` holds anything but a store of the same
            settings, no track is fit, or the disk is full.
    """
    source, out = Path(source), Path(out)
    scan = scan_tracks(source, kind, config.data.labels)
    settings = {
        "format": FORMAT,
        "version": VERSION,
        "kind": scan.kind,
        "sample_rate": config.model.sample_rate,
        "labels": config.data.labels.get(scan.kind, {}),
    }
    _check_folder(source, out, settings)
    fresh = not is_store(out)
    if fresh:
        _make_folder(out)
        write_json(out / INDEX, {**settings, "tracks": []})  # says whose an unfinished store is
    orders = [Order(track, out, config.model.sample_rate) for track in scan.tracks]
    missing = [order for order in orders if _finished(order) is None]
    problems = dict(scan.problems)
    with progress_bar("preparing tracks", len(orders)) as advance:
        advance(len(orders) - len(missing))
        for name, problem in in_processes(_fill, missing, jobs):
            if problem:
                problems[name] = problem
            advance(1)
    entries = [entry for order in orders if (entry := _finished(order)) is not None]
    if not entries:
        if fresh:
            shutil.rmtree(out)
        reasons = "; ".join(problems.values())
        raise InputError(f"none of the {len(problems)} tracks of {source} can be used: {reasons}")
    write_json(out / INDEX, {**settings, "tracks": entries})
    scaled = sum(entry["gain_db"] != 0.0 for entry in entries)
    made = sum(name_of(order.track) not in problems for order in missing)
    return Report(read_store(out), made, dict(sorted(problems.items())), scaled)


def name_of(track: Track) -> str:
    """A track's name in reports, unique in its data set."""
    return f"{track.split}/{track.name}"


def fingerprint(track: Track) -> list[list]:
    """Name, size and time of change of the files that a track is made of."""
    files = sorted({file for stem in track.stems.values() for file in stem})
    return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]


def _check_folder(source: Path, out: Path, settings: dict) -> None:
    """Refuse a folder that holds something else, so that nothing of the user's is mixed in."""
    if out.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{out} lies in the data set {source}: give a folder outside of it")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: give a folder for the store")
    if (out / INDEX).is_file():
        index = read_index(out)
        for key, value in json.loads(json.dumps(settings)).items():
            if index.get(key) != value:
                raise InputError(
                    f"store {out} was prepared with {key} {index.get(key)}, not {value}: "
                    "give another folder"
                )
        return
    strangers = [] if not out.exists() else [e for e in out.iterdir() if e.name[0] != "."]
    if strangers:
        raise InputError(f"{out} holds {strangers[0].name} and is no store: give an empty folder")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make {folder} ({error.strerror}): check permissions and the room on the disk"
        ) from error


def _finished(order: Order) -> dict | None:
    """The entry of a track that stands already and whose source has not changed."""
    try:
        entry = json.loads((order.folder / TRACK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    files = [order.folder / f"{stem}.wav" for stem in entry["stems"]]
    whole = all(file.is_file() for file in files)
    return entry if whole and entry["source"] == fingerprint(order.track) else None


def _fill(order: Order) -> tuple[str, str | None]:
    """Prepare one track and put it in its place, all or nothing: its name, and what is wrong."""
    try:
        shutil.rmtree(order.unfinished, ignore_errors=True)  # another call was interrupted
        _make_folder(order.unfinished)
        entry = _write(order)
        if entry["clamped"] > MOST_CLAMPED:
            loudest = max(facts["peak_db"] for facts in entry["stems"].values())
            entry = _write(order, round(20.0 * math.log10(HEADROOM) - loudest, 2))
        write_json(order.unfinished / TRACK, entry)
        if order.folder.exists():  # made from files that have changed since
            shutil.rmtree(order.folder)
        order.unfinished.replace(order.folder)
    except OutputError:
        raise
    except InputError as error:
        return name_of(order.track), str(error)
    finally:
        shutil.rmtree(order.unfinished, ignore_errors=True)
    return name_of(order.track), None


def _write(order: Order, gain_db: float = 0.0) -> dict:
    """Write the stems of a track, all at once block by block; returns its entry in the index."""
    track = order.track
    if track.channels > 2:
        raise InputError(
            f"track {track.name} has {track.channels} channels: expected mono or stereo"
        )
    stems = [*track.parts(), *([MIXTURE] if MIXTURE in track.stems else [])]
    gain = np.float32(10.0 ** (gain_db / 20.0))
    meters = {stem: Meter() for stem in [*stems, "residual"]}
    with ExitStack() as stack:
        facts = order.sample_rate, track.channels, "PCM_16"
        writers = [
            stack.enter_context(audio.Writer(order.unfinished / f"{stem}.wav", *facts))
            for stem in stems
        ]
        sources = [_seconds(track, stem, order.sample_rate) for stem in stems]
        for second in zip(*sources, strict=True):
            for stem, block, writer in zip(stems, second, writers, strict=True):
                meters[stem].add(block * gain)
                writer.write(block * gain)
            if stems[-1] == MIXTURE:
                meters["residual"].add((second[-1] - sum(second[:-1])) * gain)
    residual = meters.pop("residual")
    _check_sum(track, residual, meters.get(MIXTURE))
    return {
        "name": track.name,
        "split": track.split,
        "genre": track.genre,
        "holds": {stem: list(sounds) for stem, sounds in track.holds.items()},
        "frames": writers[0].frames,
        "channels": track.channels,
        "gain_db": gain_db,
        "clamped": max(meter.clamped_share() for meter in meters.values()),
        "source": fingerprint(track),
        "stems": {
            stem: meter.facts() | {"crc32": _checksum(order.unfinished / f"{stem}.wav")}
            for stem, meter in meters.items()
        },
    }


def _seconds(track: Track, stem: str, sample_rate: int) -> Iterator[np.ndarray]:
    """A stem at the store's rate, one second a block."""
    if track.sample_rate == sample_rate:
        return track.blocks(stem, sample_rate)
    rates = track.sample_rate, sample_rate
    return audio.even(
        audio.resample_blocks(track.blocks(stem), *rates, track.channels), sample_rate
    )


def _check_sum(track: Track, residual: Meter, mixture: Meter | None) -> None:
    pairs = zip(mixture.levels, residual.levels, strict=True) if mixture else ()
    beyond = [loud - left for loud, left in pairs if loud < ACTIVE_ABOVE]
    if beyond and statistics.median(beyond) > SUM_TOLERANCE_DB:
        raise InputError(
            f"the stems of track {track.name} miss its mixture by {statistics.median(beyond):g} "
            f"dB: expected {SUM_TOLERANCE_DB:g} dB or less, a stem is missing, late or foreign"
        )


def _checksum(path: Path) -> int:
    """CRC-32 of a file."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
