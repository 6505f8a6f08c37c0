"""Datasets as they lie on disk: each reader turns a root folder into `Track`s."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import yaml

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.tracks.track import MIXTURE, STREAMS, StemFileTrack, Track

Kind = Literal["rendered", "musdb18", "musdb18hq", "folder"]
KINDS = get_args(Kind)
SPLITS = ("train", "valid", "test")
SUFFIXES = (".wav", ".flac", ".mp3")


def read_tracks(root: Path, kind: Kind | None = None) -> list[Track]:
    """All tracks below a folder, sorted by split and name.

    Layouts, `kind` told from them when it is None:
        rendered: `<split>/<song>/<stem>.wav` and `song.json`, as `synthgen render` writes.
        musdb18: `train|test/<artist - title>.stem.mp4`, through musdb, which needs ffmpeg.
        musdb18hq: `train|test/<artist - title>/{mixture,drums,bass,other,vocals}.wav`.
        folder: `<split>/<track>/<stem>.wav|flac|mp3`, or without splits: then every tenth track in
            the order of names is `test`, the one after it `valid`, the others `train`.
    MUSDB's 14 named validation tracks are `valid` and not `train`.

    Raises:
        InputError: when the folder is missing or empty, or a track's files do not fit together.
    """
    if not root.is_dir():
        raise InputError(f"data folder {root} does not exist: give the root of a data set")
    if kind is not None and kind not in KINDS:
        raise InputError(f"unknown kind of data {kind!r}: choose one of {', '.join(KINDS)}")
    readers = {
        "rendered": _read_rendered,
        "musdb18": _read_musdb18,
        "musdb18hq": _read_musdb18hq,
        "folder": _read_folder,
    }
    tracks = list(readers[kind or detect_kind(root)](root))
    if not tracks:
        raise InputError(
            f"data folder {root} holds no tracks: expected <split>/<track>/<stem>.wav "
            "or MUSDB's train and test folders"
        )
    return sorted(tracks, key=lambda track: (SPLITS.index(track.split), track.name))


def detect_kind(root: Path) -> Kind:
    """The kind of data set that a root folder holds, told from its layout."""
    if any(root.glob("*/*/song.json")):
        return "rendered"
    if any(root.glob("*/*.stem.mp4")):
        return "musdb18"
    musdb_stems = {stem + ".wav" for stem in STREAMS}
    if any(
        {file.name for file in song.parent.iterdir()} == musdb_stems
        for song in root.glob("train/*/mixture.wav")
    ):
        return "musdb18hq"
    return "folder"


def _read_rendered(root: Path) -> Iterator[Track]:
    for song in sorted(root.glob("*/*/song.json")):
        if song.parent.name.startswith(".") or song.parent.parent.name not in SPLITS:
            continue
        style = json.loads(song.read_text())["style"]
        yield _wave_track(song.parent, song.parent.parent.name, genre=style)


def _read_musdb18(root: Path) -> Iterator[Track]:
    if shutil.which("ffmpeg") is None:
        raise InputError(
            "reading .stem.mp4 needs ffmpeg on PATH, which is missing: install it, "
            "for instance with apt-get install ffmpeg or brew install ffmpeg"
        )
    import musdb

    validation = musdb_validation_tracks()
    for split in ("train", "test"):
        if not (root / split).is_dir():
            continue
        for song in musdb.DB(root=str(root), subsets=[split], is_wav=False):
            yield StemFileTrack(
                name=song.name,
                split="valid" if split == "train" and song.name in validation else split,
                stems=dict.fromkeys(STREAMS, (Path(song.path),)),
                sample_rate=int(song.rate),
                frames=int(song.duration * song.rate),
                channels=2,
                subtype="AAC",
            )


def _read_musdb18hq(root: Path) -> Iterator[Track]:
    validation = musdb_validation_tracks()
    for folder in sorted(root.glob("*/*/")):
        if folder.parent.name in ("train", "test"):
            valid = folder.parent.name == "train" and folder.name in validation
            yield _wave_track(folder, "valid" if valid else folder.parent.name)


def _read_folder(root: Path) -> Iterator[Track]:
    with_splits = any((root / split).is_dir() for split in SPLITS)
    folders = [
        folder
        for folder in sorted(root.glob("*/*/" if with_splits else "*/"))
        if not folder.name.startswith(".") and _stem_files(folder)
    ]
    for i, folder in enumerate(folders):
        split = {1: "valid", 0: "test"}.get(i % 10, "train")
        split = folder.parent.name if with_splits else split
        if split in SPLITS:
            yield _wave_track(folder, split)


def musdb_validation_tracks() -> set[str]:
    """The 14 songs of MUSDB's train folder that the field keeps for validation, named by musdb."""
    # musdb refuses to be imported without ffmpeg, but its list is a file
    package = Path(importlib.util.find_spec("musdb").origin).parent
    settings = yaml.safe_load((package / "configs" / "mus.yaml").read_text(encoding="utf-8"))
    return set(settings["validation_tracks"])


def _stem_files(folder: Path) -> dict[str, Path]:
    return {
        file.stem: file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    }


def _wave_track(folder: Path, split: str, genre: str | None = None) -> Track:
    stems = _stem_files(folder)
    if not set(stems) - {MIXTURE}:
        raise InputError(f"track {folder} holds no stems: expected files like {folder}/synth.wav")
    infos = {stem: audio.probe(file) for stem, file in stems.items()}
    first_stem, first = next(iter(infos.items()))
    for stem, info in infos.items():
        for fact in ("sample_rate", "channels", "frames"):
            mine, theirs = getattr(info, fact), getattr(first, fact)
            if mine != theirs:
                raise InputError(
                    f"{fact} of {stems[stem]} is {mine}, of {stems[first_stem].name} {theirs}: "
                    "the stems of a track must agree"
                )
    subtypes = {info.subtype for info in infos.values()}
    subtype = subtypes.pop() if len(subtypes) == 1 else "mixed"
    facts = (first.sample_rate, first.frames, first.channels, subtype)
    return Track(folder.name, split, {stem: (file,) for stem, file in stems.items()}, *facts, genre)
