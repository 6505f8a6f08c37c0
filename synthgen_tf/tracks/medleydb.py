"""MedleyDB 1 and 2: multitracks with named instruments.

Layout, as the medleydb package has it:
    Audio/<id>/{<id>_MIX.wav, <id>_STEMS/<id>_STEM_NN.wav}   and   <id>_METADATA.yaml somewhere
The mixture is the sum of the stems: `_MIX.wav` was mastered, and the stems do not add up to it.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.files import Candidate, build_track, tenth_of_name, visible
from synthgen_tf.tracks.labels import StemLabels, stem_of
from synthgen_tf.tracks.track import Track

METADATA_FOLDERS = ("Metadata", "medleydb/data/Metadata", "data/Metadata")
DRUMS = frozenset(
    [
        "drum set",
        "drum machine",
        "kick drum",
        "snare drum",
        "bass drum",
        "toms",
        "high hat",
        "cymbal",
        "gong",
        "timpani",
        "bongo",
        "conga",
        "darbuka",
        "doumbek",
        "tabla",
        "tambourine",
        "shaker",
        "maracas",
        "castanet",
        "cabasa",
        "cowbell",
        "claps",
        "snaps",
        "guiro",
        "sleigh bells",
        "rattle",
        "cajon",
        "auxiliary percussion",
    ]
)
BASS = frozenset(["electric bass", "double bass"])
VOICES = ("singer", "rapper", "speaker", "screamer", "vocalists", "choir", "beatboxing")


def is_medleydb(root: Path) -> bool:
    """True for the data set's folder or its `Audio`."""
    return any(_audio(root).glob("*/*_STEMS"))


def find(root: Path, labels: StemLabels) -> Iterator[Candidate]:
    """All songs. An artist is in one split only: one in ten each is `test` and `valid`."""
    home = _audio(root)
    for song in visible(home):
        if song.is_dir():
            split = tenth_of_name(song.name.split("_")[0])
            yield Candidate(song.name, split, partial(_song, song, split, labels))


def _audio(root: Path) -> Path:
    return root / "Audio" if (root / "Audio").is_dir() else root


def _song(folder: Path, split: str, labels: StemLabels) -> Track:
    metadata = _metadata(folder)
    stems: dict[str, list[Path]] = {}
    holds: dict[str, list[str]] = {}
    for facts in metadata["stems"].values():
        sounds = facts["instrument"]
        sounds = [sounds] if isinstance(sounds, str) else list(sounds)
        stem = stem_of(sounds, labels, _family(sounds))
        file = folder / metadata.get("stem_dir", f"{folder.name}_STEMS") / facts["filename"]
        stems.setdefault(stem, []).append(file)
        holds.setdefault(stem, []).extend(sounds)
    genre = metadata.get("genre")
    return build_track(folder.name, split, stems, genre=genre, holds=holds, alike=False)


def _family(sounds: list[str]) -> str:
    if all(sound in DRUMS for sound in sounds):
        return "drums"
    if all(sound in BASS for sound in sounds):
        return "bass"
    return "vocals" if all(sound.endswith(VOICES) for sound in sounds) else "other"


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
        metadata = yaml.safe_load(path.read_text(encoding="utf-8"))
        if all(facts["instrument"] and facts["filename"] for facts in metadata["stems"].values()):
            return metadata
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path} is not MedleyDB's account of a song: get it again")
