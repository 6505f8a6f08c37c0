"""Songs and stems in folders and buckets, whatever fsspec knows: s3://, gs://, sftp://, paths."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import fsspec

from synthgen_tf.audio import AUDIO_SUFFIXES
from synthgen_tf.errors import InputError
from synthgen_tf.files import is_hidden

TRIES = 4
FIRST_PAUSE_SECONDS = 1.0
MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "modified", "ETag", "created")
"""What file systems call the time of the last change, or what else tells a change."""


class Storage:
    """A folder, on this machine or in an object store.

    What fails for a while, as networks do, is tried again.

    Args:
        address: a path, or a URL such as `s3://bucket/songs`. Credentials and the like are taken
            as each file system takes them, from the environment or its own files.

    Raises:
        InputError: for a kind of address that is unknown, or whose package is not installed.
    """

    def __init__(self, address: str):
        self.address = address
        try:
            self.files, root = fsspec.core.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise InputError(
                f"{address} cannot be opened ({error}): expected a folder, or a URL that fsspec "
                "knows, with its package installed (s3fs for s3://, gcsfs for gs://)"
            ) from None
        self.root = root.rstrip("/")

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine."""
        return "file" in self.files.protocol

    def inside(self, other: "Storage") -> bool:
        """Tell whether this is the other, or a folder in it."""
        return self.files == other.files and f"{self.root}/".startswith(f"{other.root}/")

    def find(self) -> dict[str, Mapping]:
        """Find every file below, by its path from here, with what the file system knows of it.

        Raises:
            InputError: when that cannot be read.
        """
        try:
            found = self.files.find(self.root, detail=True)
        except (OSError, ValueError) as error:
            raise InputError(f"{self.address} cannot be listed ({error})") from None
        return {path[len(self.root) + 1 :]: found[path] for path in sorted(found)}

    def songs(self) -> dict[str, Mapping]:
        """Find every audio file below, by its path from here, with what the file system knows of
        it.

        Raises:
            InputError: when there is none.
        """
        songs = {
            name: entry
            for name, entry in self.find().items()
            if PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES
            and not is_hidden(PurePosixPath(name).name)
        }
        if not songs:
            raise InputError(
                f"{self.address} holds no audio, or is not there: expected a folder of .wav, "
                ".flac, .mp3 or the like"
            )
        return songs

    def fetch(self, name: str, file: Path) -> None:
        """Copy one file to this machine.

        Raises:
            OSError: when it cannot be read.
        """
        _patiently(lambda: self.files.get_file(f"{self.root}/{name}", str(file)))

    def put(self, file: Path, name: str) -> None:
        """Copy one file from this machine; it appears under its name once it is whole.

        Raises:
            OSError: when it cannot be written.
        """
        target = PurePosixPath(self.root, name)
        partial = str(target.with_name(f".{target.name}.part"))

        def upload() -> None:
            self.files.makedirs(str(target.parent), exist_ok=True)
            self.files.put_file(str(file), partial)
            self.files.mv(partial, str(target))

        _patiently(upload)


def modified(entry: Mapping) -> str:
    """Tell when a file was last changed, as its file system has it; empty where it does not say."""
    for name in MODIFIED:
        if entry.get(name) is not None:
            value = entry[name]
            return f"{value:.3f}" if isinstance(value, float) else str(value)
    return ""


def _patiently(call: Callable[[], None]) -> None:
    """Call, and again after a pause that grows while the file system refuses."""
    for attempt in range(TRIES):
        try:
            return call()
        except (FileNotFoundError, PermissionError):
            raise  # will not pass
        except OSError:
            if attempt == TRIES - 1:
                raise
            time.sleep(FIRST_PAUSE_SECONDS * 4**attempt)
