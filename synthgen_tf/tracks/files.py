"""From the files of a song to a `Track`: what every reader shares."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from zlib import crc32

import yaml

from synthgen_tf import audio
from synthgen_tf.choices import ExtraSplit, UsualSplit
from synthgen_tf.errors import InputError
from synthgen_tf.files import entries_of
from synthgen_tf.tracks.track import Track

USUAL_SPLITS, EXTRA_SPLITS = get_args(UsualSplit), get_args(ExtraSplit)
SPLITS = (*USUAL_SPLITS, *EXTRA_SPLITS)
SUFFIXES = (".wav", ".flac", ".mp3")
USUAL_RATE = 44_100
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is five times as fast, and not everywhere."""


class LeftOut(Exception):
    """A song that is whole and cannot serve all the same; the message is one line that says why."""


@dataclass(frozen=True)
class Candidate:
    """A song that was found, and how to make a `Track` of it.

    Attributes:
        name: unique within its split.
        split: `train`, `valid` or `test`.
        build: makes the track; raises InputError where its files are not what they should be, and
            `LeftOut` for a song that cannot serve.
    """

    name: str
    split: str
    build: Callable[[], Track]


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, sorted, but for hidden entries and those that archives leave behind
    (`__MACOSX`); empty where there is no folder."""
    return [entry for entry in entries_of(folder) if not entry.name.startswith("__")]


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        OSError, yaml.YAMLError: when it cannot be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)


def stem_files(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Files named after their stems."""
    return {file.stem: (file,) for file in visible(folder) if file.suffix.lower() in SUFFIXES}


def tenth(place: int) -> str:
    """The split of a song by its place among all, where nothing else tells: one in ten each."""
    return {1: "valid", 0: "test"}.get(place % 10, "train")


def tenth_of_name(name: str) -> str:
    """The same by a name alone, so that it stays whatever else is in the data set."""
    return tenth(crc32(name.encode()))


def build_track(
    name: str,
    split: str,
    stems: Mapping[str, Iterable[Path]],
    *,
    genre: str | None = None,
    holds: Mapping[str, Iterable[str]] | None = None,
    alike: bool = True,
) -> Track:
    """A track of the files of its stems; only their headers are read.

    Args:
        name, split, genre: as `Track`.
        stems: stem name to files.
        holds: stem name to what sounds in it.
        alike: whether all files must agree in rate, channels and length. Else the rate is that of
            most files, the length that of the longest, and the most channels count.

    Raises:
        InputError: when there is no file, one cannot be read, they do not agree, or one has more
            channels than one and fewer than another.
    """
    found = {stem: tuple(files) for stem, files in stems.items()}
    infos = {file: audio.probe(file) for files in found.values() for file in files}
    if not infos:
        raise InputError(f"track {split}/{name} holds no stems: expected files like synth.wav")
    if alike:
        _check_alike(infos)
    _check_channels(infos)
    rates = Counter(info.sample_rate for info in infos.values())
    rate = max(rates, key=lambda rate: (rates[rate], rate == USUAL_RATE, rate))
    same = len({(i.sample_rate, i.channels, i.frames, i.subtype) for i in infos.values()}) == 1
    return Track(
        name=name,
        split=split,
        stems=found,
        sample_rate=rate,
        frames=max(_frames_at(file, info, rate) for file, info in infos.items()),
        channels=max(info.channels for info in infos.values()),
        subtype=next(iter(infos.values())).subtype if same else "mixed",
        genre=genre,
        holds={stem: tuple(sorted(set(sounds))) for stem, sounds in (holds or {}).items()},
    )


def _frames_at(file: Path, info: audio.AudioInfo, rate: int) -> int:
    frames = info.frames
    if frames is None:  # only decoding tells
        frames = sum(len(block) for block in audio.blocks(file))
    return round(frames * rate / info.sample_rate)


def _check_channels(infos: Mapping[Path, audio.AudioInfo]) -> None:
    most = max(info.channels for info in infos.values())
    for file, info in infos.items():
        if info.channels not in (1, most):
            raise InputError(
                f"{file} has {info.channels} channels, another file of its track {most}: expected "
                "the same or one, convert them"
            )


def _check_alike(infos: Mapping[Path, audio.AudioInfo]) -> None:
    first_file, first = next(iter(infos.items()))
    for file, info in infos.items():
        for fact in ("sample_rate", "channels", "frames"):
            mine, theirs = getattr(info, fact), getattr(first, fact)
            if mine != theirs:
                raise InputError(
                    f"{fact} of {file} is {mine}, of {first_file.name} {theirs}: "
                    "the stems of a track must agree"
                )
