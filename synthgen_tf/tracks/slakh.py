"""Slakh2100 (original and redux) and BabySlakh: MIDI songs with a file for each instrument.

Layout, as slakh-utils and the files themselves have it:
    [train|validation|test/]TrackNNNNN/{metadata.yaml, mix.flac, stems/SNN.flac}
BabySlakh has no splits, and WAV at 16 kHz. Redux keeps duplicates in `omitted`, which is skipped.
`audio_dir` and `audio_rendered` of the metadata are wrong in places: which files exist counts.
Stems go by the class of the instrument; there are no vocals.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.labels import StemLabels, family_of, stem_of
from synthgen_tf.tracks.track import MIXTURE, Track
from synthgen_tf.tracks.track_files import Candidate, build_track, read_yaml, tenth, visible

FOLDERS = {"train": "train", "validation": "valid", "test": "test"}
METADATA = "metadata.yaml"


def is_slakh(root: Path) -> bool:
    """Tell whether a folder holds Slakh2100, its redux or BabySlakh."""
    return any(root.glob(f"Track*/{METADATA}")) or any(root.glob(f"*/Track*/{METADATA}"))


def find(root: Path, labels: StemLabels) -> Iterator[Candidate]:
    """Yield all songs; without split folders one in ten each is `test` and `valid`, by number."""
    for folder, split in FOLDERS.items():
        for song in _songs(root / folder):
            yield Candidate(song.name, split, partial(_song, song, split, labels))
    for place, song in enumerate(_songs(root)):
        yield Candidate(song.name, tenth(place), partial(_song, song, tenth(place), labels))


def _songs(folder: Path) -> list[Path]:
    return [song for song in visible(folder) if song.name.startswith("Track") and song.is_dir()]


def _song(folder: Path, split: str, labels: StemLabels) -> Track:
    metadata = _metadata(folder)
    stems: dict[str, list[Path]] = {}
    holds: dict[str, list[str]] = {}
    for number, entry in metadata["stems"].items():
        file = _audio(folder / "stems" / number)
        if file is None:  # its instrument was not rendered
            continue
        label = "Drums" if entry.get("is_drum") else entry["inst_class"]
        stem = stem_of([label], labels, family_of("slakh", [label]))
        stems.setdefault(stem, []).append(file)
        holds.setdefault(stem, []).append(label)
    mixture = _audio(folder / "mix")
    if mixture is not None and stems:
        stems[MIXTURE] = [mixture]
    return build_track(folder.name, split, stems, holds=holds)


def _metadata(folder: Path) -> Mapping[str, Any]:
    path = folder / METADATA
    try:
        metadata = read_yaml(path)
        if all("inst_class" in entry for entry in metadata["stems"].values()):
            return metadata
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path} is not Slakh's account of a song: get it again")


def _audio(path: Path) -> Path | None:
    """A file of this name with one of the two endings."""
    files = [path.with_suffix(ending) for ending in (".flac", ".wav")]
    return next((file for file in files if file.is_file()), None)
