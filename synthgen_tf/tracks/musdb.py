"""MUSDB18 (`.stem.mp4`) and MUSDB18-HQ (WAV). Neither has a synth stem: the target is `other`.

Layout, streams and validation tracks are those of the package `musdb`, read from its own
configuration: its index would start ffprobe five times a song.
"""

import csv
import functools
import importlib.util
import unicodedata
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from synthgen_tf.audio import stem_file
from synthgen_tf.errors import InputError
from synthgen_tf.tracks.files import Candidate, build_track, stem_files, visible
from synthgen_tf.tracks.track import MIXTURE, StemFileTrack, Track

ENDING = ".stem.mp4"
FACTS = Path(__file__).with_name("musdb.csv")
"""Genres (sigsep's track list), and what is in `other` where the song is also in MedleyDB."""


def package_folder(name: str) -> Path:
    """Where a package lies, found without importing it.

    Raises:
        InputError: when it is not installed.
    """
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise InputError(f"the package {name} is not installed: pip install {name}")
    return Path(found.origin).parent


@functools.cache
def settings() -> Mapping[str, Any]:
    """musdb's account of the data set; the package itself cannot be imported without ffmpeg."""
    file = package_folder("musdb") / "configs" / "mus.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def streams() -> list[str]:
    """What the streams of a `.stem.mp4` are, in their order."""
    numbers = settings()["stem_ids"]
    return sorted(numbers, key=numbers.__getitem__)


def validation_tracks() -> frozenset[str]:
    """The 14 songs of the train folder that the field keeps for validation."""
    return frozenset(settings()["validation_tracks"])


def is_stem_files(root: Path) -> bool:
    """True for MUSDB18."""
    return any(root.glob(f"*/*{ENDING}"))


def is_waves(root: Path) -> bool:
    """True for MUSDB18-HQ: exactly its five files in a song's folder."""
    names = {f"{stem}.wav" for stem in streams()}
    songs = (mixture.parent for mixture in root.glob(f"t*/*/{MIXTURE}.wav"))
    return any({file.name for file in visible(song)} == names for song in songs)


def find_stem_files(root: Path) -> Iterator[Candidate]:
    """`train|test/<artist - title>.stem.mp4`."""
    for folder in ("train", "test"):
        for file in visible(root / folder):
            if file.name.endswith(ENDING):
                name = file.name.removesuffix(ENDING)
                split = _split(folder, name)
                yield Candidate(name, split, partial(_stem_file, file, name, split))


def find_waves(root: Path) -> Iterator[Candidate]:
    """`train|test/<artist - title>/{mixture,drums,bass,other,vocals}.wav`."""
    for parent in ("train", "test"):
        for folder in visible(root / parent):
            if folder.is_dir():
                split = _split(parent, folder.name)
                yield Candidate(folder.name, split, partial(_waves, folder, split))


def _split(folder: str, name: str) -> str:
    valid = {_key(track) for track in validation_tracks()}
    return "valid" if folder == "train" and _key(name) in valid else folder


def _stem_file(file: Path, name: str, split: str) -> Track:
    infos = stem_file.probe(file)
    if len(infos) != len(streams()):
        raise InputError(f"{file} has {len(infos)} audio streams: expected {', '.join(streams())}")
    return StemFileTrack(
        name=name,
        split=split,
        stems=dict.fromkeys(streams(), (file,)),
        sample_rate=infos[0].sample_rate,
        frames=infos[0].frames or 0,
        channels=infos[0].channels,
        subtype=infos[0].subtype,
        streams=tuple(streams()),
        **_facts(name),
    )


def _waves(folder: Path, split: str) -> Track:
    stems = stem_files(folder)
    missing = set(streams()) - set(stems)
    if missing:
        raise InputError(f"track {folder} lacks {', '.join(sorted(missing))}.wav: get it again")
    wanted = {stem: stems[stem] for stem in streams()}
    return build_track(folder.name, split, wanted, **_facts(folder.name))


@functools.cache
def _all_facts() -> Mapping[str, Mapping[str, str]]:
    with FACTS.open(encoding="utf-8", newline="") as file:
        return {_key(row["track"]): row for row in csv.DictReader(file)}


def _facts(name: str) -> dict[str, Any]:
    row = _all_facts().get(_key(name))
    sounds = row["other"].split("|") if row and row["other"] else []
    return {
        "genre": row["genre"] if row else None,
        "holds": {"other": tuple(sounds)} if sounds else {},
    }


def _key(name: str) -> str:
    """A name as it is compared: copies of MUSDB differ in capitals, accents and quotes."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in plain if char.isalnum())
