"""Which tracks are trained on, validated on and tested on."""

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthgen_tf.config import Config
from synthgen_tf.data.example import in_order
from synthgen_tf.data.store import is_store, read_store
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import Track, detect_kind, read_tracks


def open_tracks(root: Path, config: Config, kind: str | None = None) -> list[Track]:
    """All tracks of a prepared store, or of a data set as it lies on disk.

    Args:
        root: folder that `prepare` wrote, or root of a data set.
        config: section `data`.
        kind: of the data set; told from its layout when it is None.

    Raises:
        InputError: when the folder is missing or empty, or a file of it is missing or damaged.
    """
    if is_store(root):
        return list(read_store(root))
    return read_tracks(root, kind, config.data.labels)


def advice_for(root: Path) -> str | None:
    """What a user should know who trains on data that is neither prepared nor rendered; or None."""
    if not root.is_dir() or is_store(root) or detect_kind(root) == "rendered":
        return None
    return (
        f"{root} is not prepared: it streams slower, and cuts cannot look for the target; "
        f"`synthgen prepare {root} STORE` does it once"
    )


def select_tracks(tracks: Sequence[Track], split: str, config: Config) -> list[Track]:
    """The tracks of a split that the configuration can use.

    `data.valid_tracks` names the tracks to validate on. Without it they are the data set's own; a
    data set that has none lends every tenth training track, at least one.

    Raises:
        InputError: when there are none, none has the target stem, or the rate is another.
    """
    chosen = [track for into, track in _resplit(tracks, config) if into == split]
    if not chosen:
        raise InputError(_none_of(split, tracks))
    target, wanted = config.data.target, config.data.target_holds
    if not any(target in track.stems for track in chosen):
        found = sorted({stem for track in chosen for stem in track.parts()})
        raise InputError(
            f"no {split} track has a {target!r} stem, the stems are {', '.join(found)}: "
            "choose one with --set data.target=NAME"
        )
    if wanted is not None:
        held = {sound for track in chosen for sound in track.holds.get(target, ())}
        chosen = [track for track in chosen if wanted in track.holds.get(target, ())]
        if not chosen:
            raise InputError(
                f"no {split} track is known to hold {wanted!r} in its {target!r} stem, known are "
                f"{', '.join(sorted(held)) or 'none'}: choose another data.target_holds"
            )
    for track in chosen:
        if track.sample_rate != config.model.sample_rate:
            raise InputError(
                f"track {track.name} is at {track.sample_rate} Hz, the model works at "
                f"{config.model.sample_rate} Hz: `synthgen prepare` resamples it, or --set "
                f"model.sample_rate={track.sample_rate}"
            )
    return chosen


def stems_of(tracks: Sequence[Track], config: Config) -> list[str]:
    """The target and every other stem of any track, in the order that `in_order` tells of."""
    found = sorted({stem for track in tracks for stem in track.parts()})
    return in_order(config.data.target, found)


def held_out_places(tracks: Sequence[Track], config: Config) -> list[tuple[int, int]]:
    """Validation segments: track by index and first frame, spread evenly over each track."""
    places = []
    for song, track in enumerate(tracks):
        count = max(1, min(config.data.valid_segments, track.frames // config.segment))
        room = max(track.frames - config.segment, 0)
        places += [(song, int(start)) for start in np.linspace(0, room, count, dtype=np.int64)]
    return places


def _none_of(split: str, tracks: Sequence[Track]) -> str:
    if len(tracks) == 1:
        return (
            f"no {split} tracks: the only one, {tracks[0].name!r}, became `{tracks[0].split}`, and "
            f"the split needs at least one: add songs, or put them into folders train, valid, test"
        )
    return f"no {split} tracks among {len(tracks)}: the split needs at least one"


def _resplit(tracks: Sequence[Track], config: Config) -> list[tuple[str, Track]]:
    """The tracks and the splits that they are used in."""
    named = set(config.data.valid_tracks)
    learnable = [track for track in tracks if track.split in ("train", "valid")]
    for name in named - {track.name for track in learnable}:
        near = difflib.get_close_matches(name, [track.name for track in learnable], n=1)
        hint = f", the nearest is {near[0]!r}" if near else ""
        raise InputError(
            f"data.valid_tracks names {name!r}, which is no track outside the test split{hint}"
        )
    if not named and not any(track.split == "valid" for track in tracks):
        named = {track.name for track in learnable[::10]} if len(learnable) > 1 else set()
    if not named:
        return [(track.split, track) for track in tracks]
    return [
        (track.split, track)
        if track.split not in ("train", "valid")
        else ("valid" if track.name in named else "train", track)
        for track in tracks
    ]
