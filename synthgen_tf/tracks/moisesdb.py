"""MoisesDB: 240 songs, several files for each stem, no mixture.

Layout, as the moisesdb package reads it:
    [moisesdb_v0.1/]<song id>/{data.json, <stem name>/<file id>.<extension>}
A stem name may occur twice, a type on several files; files differ in length, and some in rate and
channels. The mixture is the sum of all, the shorter ones ending in silence. Files with bleed count
like the others, as they do in published scores.
"""

import csv
import functools
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.labels import StemLabels, stem_of
from synthgen_tf.tracks.track import Track
from synthgen_tf.tracks.track_files import Candidate, build_track, visible

VERSION = "moisesdb_v0.1"
DATA = "data.json"
NAMES = {"vocals": "vocals", "bass": "bass", "drums": "drums", "percussion": "drums"}
"""Stem names that have a stem of their own; all others are `other`."""

FOLDS = Path(__file__).with_name("moisesdb_folds.csv")
"""Folds 4 (`valid`) and 5 (`test`) of query-bandit's five, by the first eight digits of the ids:
Banquet's published scores are of fold 5."""


def is_moisesdb(root: Path) -> bool:
    """Tell whether a folder is the data set's own, or its parent."""
    return any((_home(root)).glob(f"*/{DATA}"))


def find(root: Path, labels: StemLabels) -> Iterator[Candidate]:
    """Yield all songs; those of the other three folds, and strangers, are to train on."""
    for song in visible(_home(root)):
        if song.is_dir():
            split = _folds().get(song.name[:8], "train")
            yield Candidate(song.name, split, partial(_song, song, split, labels))


def _home(root: Path) -> Path:
    return root / VERSION if (root / VERSION).is_dir() else root


@functools.cache
def _folds() -> Mapping[str, str]:
    with FOLDS.open(encoding="utf-8", newline="") as file:
        return {song: row["split"] for row in csv.DictReader(file) for song in row["songs"].split()}


def _song(folder: Path, split: str, labels: StemLabels) -> Track:
    data = _data(folder)
    stems: dict[str, list[Path]] = {}
    holds: dict[str, list[str]] = {}
    for part in data["stems"]:
        for file in part["tracks"]:
            path = folder / part["stemName"] / f"{file['id']}.{file['extension']}"
            family = NAMES.get(part["stemName"], "other")
            stem = stem_of([file["trackType"]], labels, family)
            stems.setdefault(stem, []).append(path)
            holds.setdefault(stem, []).append(file["trackType"])
    return build_track(folder.name, split, stems, genre=data.get("genre"), holds=holds, alike=False)


def _data(folder: Path) -> Mapping[str, Any]:
    path = folder / DATA
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        for part in data["stems"]:
            for file in part["tracks"]:
                _ = part["stemName"], file["id"], file["extension"], file["trackType"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is not MoisesDB's account of a song: get it again") from None
    return data
