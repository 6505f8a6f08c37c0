"""Slakh2100 (original and redux) and BabySlakh: MIDI songs with a file for each instrument.

Layout, as slakh-utils and the files themselves have it:
    [train|validation|test/]TrackNNNNN/{metadata.yaml, mix.flac, stems/SNN.flac}
BabySlakh has no splits, and WAV at 16 kHz. Redux keeps duplicates in `omitted`, which is skipped.
`audio_dir` and `audio_rendered` of the metadata are wrong in places: which files exist counts.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.files import Candidate, build_track, tenth, visible
from synthgen_tf.tracks.labels import StemLabels, stem_of
from synthgen_tf.tracks.track import MIXTURE, Track

FOLDERS = {"train": "train", "validation": "valid", "test": "test"}
METADATA = "metadata.yaml"
CLASSES = {"Drums": "drums", "Bass": "bass"}
"""Classes of instruments that have a stem of their own; all others are `other`."""


def is_slakh(root: Path) -> bool:
    """True for any of the three."""
    return any(root.glob(f"Track*/{METADATA}")) or any(root.glob(f"*/Track*/{METADATA}"))


def find(root: Path, labels: StemLabels) -> Iterator[Candidate]:
    """All songs; without split folders one in ten each is `test` and `valid`, by number."""
    for folder, split in FOLDERS.items():
        for song in visible(root / folder):
            if song.is_dir():
                yield Candidate(song.name, split, partial(_song, song, split, labels))
    for place, song in enumerate(song for song in visible(root) if (song / METADATA).is_file()):
        yield Candidate(song.name, tenth(place), partial(_song, song, tenth(place), labels))


def _song(folder: Path, split: str, labels: StemLabels) -> Track:
    metadata = _metadata(folder)
    stems: dict[str, list[Path]] = {}
    holds: dict[str, list[str]] = {}
    for number, facts in metadata["stems"].items():
        file = _audio(folder / "stems" / number)
        if file is None:  # its instrument was not rendered
            continue
        label = "Drums" if facts.get("is_drum") else facts["inst_class"]
        stem = stem_of([label], labels, CLASSES.get(label, "other"))
        stems.setdefault(stem, []).append(file)
        holds.setdefault(stem, []).append(label)
    mixture = _audio(folder / "mix")
    if mixture is not None and stems:
        stems[MIXTURE] = [mixture]
    return build_track(folder.name, split, stems, holds=holds)


def _metadata(folder: Path) -> Mapping[str, Any]:
    path = folder / METADATA
    try:
        metadata = yaml.safe_load(path.read_text(encoding="utf-8"))
        if all("inst_class" in facts for facts in metadata["stems"].values()):
            return metadata
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path} is not Slakh's account of a song: get it again")


def _audio(path: Path) -> Path | None:
    """A file of this name with one of the two endings."""
    files = [path.with_suffix(ending) for ending in (".flac", ".wav")]
    return next((file for file in files if file.is_file()), None)
