"""Files and folders in the making, and what is said when they cannot be made.

They grow under a hidden name beside their own, so that what has its own name is whole. The process
at work on a draft holds a lock on it, which ends with the process, however that ends. So a draft
without a lock is what a killed process left, and any later run may remove it. (What HDF5 writes
holds none: it locks its files itself. `replace_file` is for that.)
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from synthgen_tf.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows, where a file in use cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

PREFIX = ".writing_"

LONGEST_SHOWN = 400
"""Characters of a path that a message names."""

Result = TypeVar("Result")


def shown(path: Path) -> str:
    """A path as one printable line, for messages.

    Line breaks and broken bytes in names are escaped; of a very long one the middle is left out.
    """
    text = str(path)
    if len(text) > LONGEST_SHOWN:
        text = f"{text[: LONGEST_SHOWN // 2]}...{text[-LONGEST_SHOWN // 2 :]}"
    return "".join(
        char if char.isprintable() else ascii(char)[1:-1]  # without ascii's quotes
        for char in text
    )


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is hidden: no room takes one for a user's data."""
    return name.startswith(".")


def entries_of(folder: Path) -> list[Path]:
    """What lies in a folder and is not hidden, sorted; empty where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if not is_hidden(entry.name))


@contextmanager
def writing(path: Path, more: str = "", also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what the disk says while a file or folder is made into one clear line.

    Args:
        path: file or folder that the line names.
        more: advice that goes on behind "check the folder, its permissions and the room".
        also: errors besides `OSError` by which a disk is told of.

    Raises:
        OutputError: in place of those errors.
    """
    told: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except told as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"cannot write {shown(path)} ({reason}): check the folder, its permissions and the "
            f"room on the disk{more}"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    replace_file(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def replace_file(path: Path, write: Callable[[Path], Result]) -> Result:
    """Let `write` fill a draft and rename it to `path`: it is whole or absent.

    The draft holds no lock, so that HDF5 can write it; its name is always the same one.

    Args:
        path: the file, replaced where there is one.
        write: is given the draft's path, which ends like the file's own.

    Returns:
        What `write` does.

    Raises:
        OSError: when it cannot be written.
    """
    draft = path.with_name(f"{PREFIX}{path.name}")
    try:
        result = write(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return result


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
        elif below and not is_hidden(entry.name) and entry.is_dir(follow_symlinks=False):
            sweep(Path(entry.path), below=True)
    if below and any(entry.name.startswith(PREFIX) for entry in entries):
        with suppress(OSError):  # not empty
            folder.rmdir()


def _made(path: Path, folder: bool) -> tuple[Path, int | None]:
    """A draft and the lock on it."""
    while True:
        draft = path.with_name(f"{PREFIX}{secrets.token_hex(6)}{path.suffix}")
        try:
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
        except KeyboardInterrupt:  # before anyone else can remove it
            _remove(draft)
            raise


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
