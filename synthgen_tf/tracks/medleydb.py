"""MedleyDB 1 and 2: multitracks with named instruments.

Layout, as the medleydb package has it:
    Audio/<id>/{<id>_MIX.wav, <id>_STEMS/<id>_STEM_NN.wav}   and   <id>_METADATA.yaml somewhere
The mixture is the sum of the stems: `_MIX.wav` was mastered, and the stems do not add up to it.
Stems go by their instruments, and by component `bass`. Songs with bleed are left out, as MUSDB's
makers did, who took 46 of the others into its train folder.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.labels import StemLabels, family_of, stem_of
from synthgen_tf.tracks.track import Track
from synthgen_tf.tracks.track_files import (
    Candidate,
    LeftOut,
    build_track,
    read_yaml,
    tenth_of_name,
    visible,
)

METADATA_FOLDERS = ("Metadata", "medleydb/data/Metadata", "data/Metadata")


def is_medleydb(root: Path) -> bool:
    """Tell whether a folder is the data set's own, or holds its `Audio`."""
    return any(_audio(root).glob("*/*_STEMS"))


def find(root: Path, labels: StemLabels) -> Iterator[Candidate]:
    """Yield all songs. An artist is in one split only: one in ten each is `test` and `valid`."""
    home = _audio(root)
    for song in visible(home):
        if song.is_dir():
            split = tenth_of_name(song.name.split("_")[0])
            yield Candidate(song.name, split, partial(_song, song, split, labels))


def _audio(root: Path) -> Path:
    return root / "Audio" if (root / "Audio").is_dir() else root


def _song(folder: Path, split: str, labels: StemLabels) -> Track:
    metadata = _metadata(folder)
    if metadata.get("has_bleed") in ("yes", True):
        raise LeftOut("its stems hold each other's sound: has_bleed is yes in its metadata")
    stems: dict[str, list[Path]] = {}
    holds: dict[str, list[str]] = {}
    for entry in metadata["stems"].values():
        sounds = entry["instrument"]
        sounds = [sounds] if isinstance(sounds, str) else list(sounds)
        family = "bass" if entry.get("component") == "bass" else family_of("medleydb", sounds)
        stem = stem_of(sounds, labels, family)
        file = folder / metadata.get("stem_dir", f"{folder.name}_STEMS") / entry["filename"]
        stems.setdefault(stem, []).append(file)
        holds.setdefault(stem, []).extend(sounds)
    genre = metadata.get("genre")
    return build_track(folder.name, split, stems, genre=genre, holds=holds, alike=False)


def _metadata(folder: Path) -> Mapping[str, Any]:
    name = f"{folder.name}_METADATA.yaml"
    homes = [folder, *(base / each for base in folder.parents[:3] for each in METADATA_FOLDERS)]
    path = next((home / name for home in homes if (home / name).is_file()), None)
    if path is None:
        raise InputError(
            f"{name} is in none of {', '.join(METADATA_FOLDERS)} beside {folder.parent}: copy the "
            "medleydb repository's Metadata there"
        )
    try:
        metadata = read_yaml(path)
        if all(entry["instrument"] and entry["filename"] for entry in metadata["stems"].values()):
            return metadata
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path} is not MedleyDB's account of a song: get it again")
