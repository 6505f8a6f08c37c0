"""A prepared store: 16-bit WAV files at one rate, and an index of what is in them.

index.json                     format, version, sample rate, what it was made from, all tracks
<split>/<track>/<stem>.wav     PCM 16, mono or stereo; `mixture.wav` where the source has one
<split>/<track>/track.json     the track's part of the index
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf.audio import riff
from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.tracks import Track

FORMAT, VERSION = "synthgen store", 1
INDEX, TRACK = "index.json", "track.json"
SILENT = 100
"""Level of a second of silence, in dB below full scale; no level is given as more."""
ACTIVE_ABOVE = 60
"""A stem sounds in a second whose level is above this many dB below full scale.

Reverb tails and the noise of a recording lie below, the quietest parts of a mixed song above."""


@dataclass(frozen=True)
class StoredTrack(Track):
    """A track of a store.

    Attributes:
        levels: stem name to (seconds,) uint8: RMS over one second and all channels, dB below full
            scale, 100 for silence. The last second may be a part of one.
    """

    levels: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)


def active_seconds(track: Track, stem: str) -> np.ndarray:
    """Whether a stem sounds, second by second: (seconds,) bool, empty where nobody measured it."""
    if isinstance(track, StoredTrack) and stem in track.levels:
        return track.levels[stem] < ACTIVE_ABOVE
    return np.zeros(0, bool)


def is_store(root: Path) -> bool:
    """True for a folder that `prepare` wrote, or another version of it."""
    return (root / INDEX).is_file()


def read_store(root: Path) -> list[StoredTrack]:
    """The tracks of a store, in the order of its index.

    Raises:
        InputError: when the index is of another version or no index, or a file has not the length
            that the index says.
    """
    index = read_index(root)
    tracks = [_track(root, index["sample_rate"], entry) for entry in index["tracks"]]
    if not tracks:
        raise InputError(f"store {root} holds no tracks: prepare a data set into it")
    return tracks


def read_index(root: Path) -> dict:
    """What `index.json` says.

    Raises:
        InputError: when it is missing, unreadable or of another version.
    """
    path = root / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        made = index["format"], index["version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is no index of a store: prepare the data set anew") from None
    if made != (FORMAT, VERSION):
        raise InputError(
            f"store {root} is {made[0]!r} version {made[1]}, expected {FORMAT!r} {VERSION}: "
            "prepare the data set anew with this SynthGen"
        )
    return index


def write_json(path: Path, content: Mapping) -> None:
    """Write compact JSON, whole or not at all."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path} ({error.strerror}): check the folder and the room on the disk"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _track(root: Path, sample_rate: int, entry: Mapping) -> StoredTrack:
    folder = root / entry["split"] / entry["name"]
    frames, channels = entry["frames"], entry["channels"]
    size = len(riff.header(sample_rate, channels, 2, frames, False)) + 2 * frames * channels
    files = {stem: folder / f"{stem}.wav" for stem in entry["stems"]}
    for file in files.values():
        try:
            found = file.stat().st_size
        except FileNotFoundError:
            raise InputError(
                f"{file} is in the store's index and not on the disk: prepare the data set again"
            ) from None
        if found != size:
            raise InputError(
                f"{file} has {found} bytes, the store's index says {size}: delete it and prepare "
                "the data set again"
            )
    return StoredTrack(
        name=entry["name"],
        split=entry["split"],
        stems={stem: (file,) for stem, file in files.items()},
        sample_rate=sample_rate,
        frames=frames,
        channels=channels,
        subtype="PCM_16",
        genre=entry["genre"],
        holds={stem: tuple(sounds) for stem, sounds in entry["holds"].items()},
        levels={
            stem: np.array(facts["levels"], np.uint8) for stem, facts in entry["stems"].items()
        },
    )
