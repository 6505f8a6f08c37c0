"""Rendered songs, and any folder of stems."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.track import MIXTURE, Track
from synthgen_tf.tracks.track_files import (
    SPLITS,
    USUAL_SPLITS,
    Candidate,
    build_track,
    stem_files,
    tenth,
    visible,
)

DESCRIPTION = "song.json"
"""What a rendered song says of itself, beside its stems."""


def is_rendered(root: Path) -> bool:
    """Tell whether a folder is what `synthgen render` writes."""
    return any(root.glob(f"*/*/{DESCRIPTION}"))


def find_rendered(root: Path) -> Iterator[Candidate]:
    """Yield the songs of `<split>/<song>/<stem>.wav|flac` with `song.json`, which has style and
    levels."""
    for split in SPLITS:
        for folder in visible(root / split):
            if folder.is_dir():
                yield Candidate(folder.name, split, partial(_rendered, folder, split))


def _rendered(folder: Path, split: str) -> Track:
    try:
        song = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        style = song["style"]
        # songs of earlier versions have no levels
        levels = {
            stem: np.frombuffer(bytes(seconds), np.uint8)
            for stem, seconds in song.get("levels", {}).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder / DESCRIPTION} is no description of a song: render it anew"
        ) from error
    track = build_track(folder.name, split, stem_files(folder), genre=style)
    expected = -(-track.frames // track.sample_rate)
    for stem, seconds in levels.items():
        if len(seconds) != expected:
            raise InputError(
                f"{folder / DESCRIPTION} has levels of {len(seconds)} seconds of {stem}, its files "
                f"last {expected}: render it anew"
            )
    return replace(track, levels=levels)


def find_folders(root: Path) -> Iterator[Candidate]:
    """Yield the songs of `<split>/<track>/<stem>.wav|flac|mp3`, or without splits: then one track
    in ten each is `test` and `valid`, by the order of names."""
    with_splits = any((root / split).is_dir() for split in USUAL_SPLITS)
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
