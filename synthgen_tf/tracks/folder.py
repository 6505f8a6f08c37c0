"""Rendered songs, and any folder of stems."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.files import (
    SPLITS,
    Candidate,
    build_track,
    stem_files,
    tenth,
    visible,
)
from synthgen_tf.tracks.track import MIXTURE, Track

SONG = "song.json"


def is_rendered(root: Path) -> bool:
    """True for what `synthgen render` writes."""
    return any(root.glob(f"*/*/{SONG}"))


def find_rendered(root: Path) -> Iterator[Candidate]:
    """`<split>/<song>/<stem>.wav` and `song.json`, whose style is the genre."""
    for split in SPLITS:
        for folder in visible(root / split):
            if folder.is_dir():
                yield Candidate(folder.name, split, partial(_rendered, folder, split))


def _rendered(folder: Path, split: str) -> Track:
    try:
        style = json.loads((folder / SONG).read_text(encoding="utf-8"))["style"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder / SONG} is no description of a song: render it anew") from error
    return build_track(folder.name, split, stem_files(folder), genre=style)


def find_folders(root: Path) -> Iterator[Candidate]:
    """`<split>/<track>/<stem>.wav|flac|mp3`, or without splits: then one track in ten each is
    `test` and `valid`, by the order of names."""
    with_splits = any((root / split).is_dir() for split in SPLITS)
    parents = [root / split for split in SPLITS] if with_splits else [root]
    for parent in parents:
        folders = [folder for folder in visible(parent) if stem_files(folder)]
        for place, folder in enumerate(folders):
            split = parent.name if with_splits else tenth(place)
            yield Candidate(folder.name, split, partial(_folder, folder, split))


def _folder(folder: Path, split: str) -> Track:
    stems = stem_files(folder)
    if not set(stems) - {MIXTURE}:
        raise InputError(f"track {folder} holds no stems: expected files like {folder}/synth.wav")
    return build_track(folder.name, split, stems)
