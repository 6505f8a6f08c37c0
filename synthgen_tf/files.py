"""Files and folders in the making, under a hidden name beside their own.

The process at work on a draft holds a lock on it, which ends with the process, however that ends.
So a draft without a lock is what a killed process left, and any later run may remove it. (What
HDF5 writes cannot be one: it locks its files itself.)
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file in use cannot be removed anyway
    fcntl = None

PREFIX = ".writing_"


@contextmanager
def draft_beside(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """A new draft in the folder of `path`, gone at the end of the block unless it was renamed.

    Args:
        path: that the draft is to become; it ends like it.
        folder: make a folder instead of an empty file.

    Raises:
        OSError: when it cannot be made.
    """
    draft, lock = _made(path, folder)
    try:
        yield draft
    finally:
        _remove(draft)
        if lock is not None:
            os.close(lock)


def sweep(folder: Path, *, below: bool = False) -> None:
    """Remove the drafts in a folder that no living process holds.

    Args:
        folder: one that is missing or closed is passed over.
        below: look into the folders below too, but for hidden ones and links; those that are left
            empty go with their drafts.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(PREFIX):
            _remove_if_left(Path(entry.path))
        elif below and entry.name[0] != "." and entry.is_dir(follow_symlinks=False):
            sweep(Path(entry.path), below=True)
    if below and any(entry.name.startswith(PREFIX) for entry in entries):
        with suppress(OSError):  # not empty
            folder.rmdir()


def _made(path: Path, folder: bool) -> tuple[Path, int | None]:
    """A draft and the lock on it."""
    while True:
        draft = path.with_name(f"{PREFIX}{secrets.token_hex(6)}{path.suffix}")
        if folder:
            draft.mkdir()
        else:
            draft.touch(exist_ok=False)
        try:
            lock = _locked(draft)
        except (BlockingIOError, FileNotFoundError):  # a sweep came before the lock
            continue
        except OSError:  # of a file system without locks
            return draft, None
        if draft.exists():
            return draft, lock
        if lock is not None:
            os.close(lock)


def _locked(draft: Path) -> int | None:
    """A lock on a draft; None on Windows."""
    if fcntl is None:
        return None
    lock = os.open(draft, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove_if_left(draft: Path) -> None:
    try:
        lock = _locked(draft)
    except OSError:  # in use, of another user, or nobody can tell
        return
    try:
        _remove(draft)
    except OSError:  # of another user, or on Windows in use
        pass
    finally:
        if lock is not None:
            os.close(lock)


def _remove(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
    else:
        draft.unlink(missing_ok=True)
