"""A prepared store: every stem as 16-bit WAV at one rate, and an index of what sounds where.

    index.json                   what the store was made with, the licences that its songs put on
                                 what learns from them, and the entries of all tracks
    <split>/<name>/<stem>.wav    mono or stereo; mixture.wav where the source has a mixture file
    <split>/<name>/track.json    the same settings, and the entry of this track

An entry holds name, split, genre, holds, frames and channels as `Track` has them, and
    gain_db   by which all stems were turned down, 0 where they fit
    clipped   samples, over all stems, that lay beyond full scale and were clamped
    source    fingerprint of the files and settings that it was made from
    stems     name to crc32 (of the samples' bytes), rms_db, peak_db (null: silence) and levels
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synthgen_tf.audio import riff
from synthgen_tf.errors import InputError
from synthgen_tf.files import replace_file, writing
from synthgen_tf.tracks import SPLITS, Track

FORMAT, VERSION = "synthgen store", 1
INDEX, TRACK = "index.json", "track.json"
FULL_SCALE = 32_768
"""What 1.0 is in samples of 16 bits."""

ACTIVE_ABOVE = 60
"""A stem sounds in a second whose RMS is less than this many dB below full scale.

Stems of records play at 15 to 45. Between their notes there is bleed, hiss and what is left of a
reverb, at 65 and more; the noise of 16 bits is at 98."""

Settings = Mapping[str, Any]
"""Format, version, sample rate, kind and labels: the head of an index and of each track.json."""


@dataclass(frozen=True)
class StoredTrack(Track):
    """A track of a store: one WAV file for each stem.

    Attributes:
        gain_db: by which all stems were turned down, so that they fit 16 bits; 0 or below.
        clipped: samples, over all stems, that were clamped.
    """

    gain_db: float = 0.0
    clipped: int = 0


def active_seconds(track: Track, stem: str) -> np.ndarray:
    """Whether a stem sounds, second by second: bool (seconds,).

    All False where the track lacks the stem, or nobody measured it: tracks of a store and rendered
    songs are measured.
    """
    if stem in track.levels:
        return track.levels[stem] < ACTIVE_ABOVE
    return np.zeros(-(-track.frames // track.sample_rate), bool)


def is_store(root: Path) -> bool:
    """True for a folder that `prepare` wrote or began to write, in whatever version."""
    try:
        with (root / INDEX).open("rb") as file:
            return FORMAT.encode() in file.read(64)
    except OSError:
        return any(next((root / split).glob(f"*/{TRACK}"), None) for split in SPLITS)


def read_store(root: Path) -> list[StoredTrack]:
    """The tracks of a store, in the order of its index: by split and name.

    Every file is looked up, none is opened: 12,000 songs take seconds.

    Raises:
        InputError: when the store is unfinished, damaged or of another version, or when one of its
            files is missing or has another length than the index says.
    """
    index = read_index(root)
    tracks = [stored_track(root / INDEX, index["sample_rate"], entry) for entry in index["tracks"]]
    for track in tracks:
        if problem := find_damage(track):
            raise InputError(f"{problem}: run the store's `synthgen prepare` again to mend it")
    return tracks


def read_index(root: Path) -> dict:
    """The settings of a store and the entries of its `tracks`; levels come as bytes.

    Raises:
        InputError: when the store is unfinished, or its index is damaged or of another version.
    """
    if not (root / INDEX).is_file():
        raise InputError(
            f"store {root} has no {INDEX}, it is unfinished: run its `synthgen prepare` again"
        )
    return read_record(root / INDEX)


def read_record(path: Path) -> dict:
    """What an `index.json` or `track.json` says.

    Raises:
        InputError: when it cannot be read or is of another version.
    """
    try:
        record = json.loads(path.read_bytes(), object_hook=_compact)
        made = record["format"], record["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(_damaged(path, error)) from None
    if made != (FORMAT, VERSION):
        raise InputError(
            f"{path} is of {made[0]!r} version {made[1]}, expected {FORMAT!r} version {VERSION}: "
            "prepare the data set anew, into another folder"
        )
    if missing := {"sample_rate", "tracks" if path.name == INDEX else "track"} - record.keys():
        raise InputError(_damaged(path, f"no {min(missing)}"))
    return record


def write_json(path: Path, content: Mapping) -> None:
    """Write compact JSON, whole or not at all; a file that says the same already is left alone.

    Raises:
        OutputError: when the disk does not take it.
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False, default=_as_list)
    new = (text + "\n").encode("ascii")
    with writing(path):
        if not path.is_file() or path.read_bytes() != new:
            replace_file(path, lambda draft: draft.write_bytes(new))


def stored_track(record: Path, sample_rate: int, entry: Mapping) -> StoredTrack:
    """The track that an entry tells of; its files are not looked at.

    Args:
        record: the `index.json` or `track.json` that holds the entry.
        sample_rate: Hz, of the store.
        entry: see the top of this module.
    """
    try:
        root = record.parent if record.name == INDEX else record.parents[2]
        folder = root / entry["split"] / entry["name"]
        return StoredTrack(
            name=entry["name"],
            split=entry["split"],
            stems={stem: (folder / f"{stem}.wav",) for stem in entry["stems"]},
            sample_rate=sample_rate,
            frames=entry["frames"],
            channels=entry["channels"],
            subtype="PCM_16",
            genre=entry["genre"],
            holds={stem: tuple(sounds) for stem, sounds in entry["holds"].items()},
            levels={
                stem: np.frombuffer(facts["levels"], np.uint8)
                for stem, facts in entry["stems"].items()
            },
            gain_db=entry["gain_db"],
            clipped=entry["clipped"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(_damaged(record, error)) from None


def find_damage(track: StoredTrack) -> str | None:
    """What is wrong with a track's files, told by their sizes; None where all are there."""
    header = riff.header(track.sample_rate, track.channels, 2, track.frames, float32=False)
    expected = len(header) + 2 * track.frames * track.channels
    for (file,) in track.stems.values():
        try:
            found = os.stat(file).st_size  # noqa: PTH116, half the time of Path.stat
        except OSError as error:
            return f"{file} of the store cannot be found ({error.strerror})"
        if found != expected:
            return f"{file} has {found} bytes, expected {expected}"
    return None


def _as_list(value: object) -> list[int]:
    """For `json.dumps`: levels are bytes in memory, which take an eighth of a list's room."""
    if isinstance(value, bytes):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in a store's index")


def _compact(item: dict) -> dict:
    """Turn levels into bytes as soon as they are parsed, so that no long list lives on."""
    if isinstance(item.get("levels"), list):  # a stem may have that name, too
        item["levels"] = bytes(item["levels"])
    return item


def _damaged(path: Path, error: Exception | str) -> str:
    folder = path if path.name == INDEX else path.parent
    return (
        f"{path} cannot be read as a record of {FORMAT!r} version {VERSION} ({error}): delete "
        f"{folder} and run the store's `synthgen prepare` again"
    )
