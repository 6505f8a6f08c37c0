"""A store's folder while `prepare` works on it: what stands there, and what has to go.

Whatever is in the making has a hidden name, so that a kill leaves nothing half-made in sight.
"""

import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from synthgen_tf.data.store import INDEX, TRACK, Settings, is_store, read_record, stored_track
from synthgen_tf.errors import InputError
from synthgen_tf.files import entries_of, sweep, writing
from synthgen_tf.tracks import SPLITS

DRAFT = ".tmp_"
"""Names of folders in the making start like this: hidden, beside the finished ones."""


def read_standing(out: Path, settings: Settings) -> dict[str, dict]:
    """Read the entries of the tracks that stand in a store, by `<split>/<name>`.

    Raises:
        InputError: when the folder holds anything else, so that nothing of the user's is mixed in
            or removed, or when the store was made of another kind or with other settings.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; expected a folder for the store: give another name")
    standing = {}
    for entry in entries_of(out):
        if entry.name == INDEX and is_store(out):
            _read(entry, settings)
        elif entry.name in SPLITS and entry.is_dir():
            for folder in entries_of(entry):
                standing[f"{entry.name}/{folder.name}"] = _read_track(folder, settings)
        else:
            raise _stranger(entry)
    return standing


def _read_track(folder: Path, settings: Settings) -> dict:
    record = folder / TRACK
    if not record.is_file():
        raise _stranger(folder)
    entry = _read(record, settings)["track"]
    track = stored_track(record, settings["sample_rate"], entry)
    known = {record, *(file for (file,) in track.stems.values())}
    for file in entries_of(folder):
        if file not in known:
            raise _stranger(file)
    return entry


def _read(path: Path, settings: Settings) -> dict:
    record = read_record(path)
    for key, value in settings.items():
        if record.get(key) != value:
            raise InputError(
                f"{path} was prepared with {key} {record.get(key)!r}, now it is {value!r}: "
                "give another folder, or delete this one"
            )
    return record


def _stranger(path: Path) -> InputError:
    return InputError(
        f"{path} is no part of a prepared store: move it away, or give an empty or new folder"
    )


def draft_beside(folder: Path) -> Path:
    """Return a new hidden name in the same folder, from where a rename is atomic."""
    return folder.with_name(DRAFT + secrets.token_hex(8))


def discard(out: Path, names: Iterable[str]) -> None:
    """Take tracks out of a store; from the first one on it is unfinished."""
    for name in sorted(names):
        draft = draft_beside(out / name)
        with writing(out / name):
            (out / INDEX).unlink(missing_ok=True)
            (out / name).rename(draft)  # so that a kill leaves no track without some of its files
            shutil.rmtree(draft)


def remove_drafts(out: Path) -> None:
    """Remove what a call that was killed left behind."""
    for split in SPLITS:
        for draft in (out / split).glob(f"{DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)
    sweep(out)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of some folders that are there and hold nothing."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
