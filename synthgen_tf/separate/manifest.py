"""`separated.csv`: what was separated, how long it took, how loud each stem is.

One row for each input as it ends, so that a run that is killed can be gone on with. A later row of
the same output counts instead of an earlier one.
"""

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from synthgen_tf.errors import InputError
from synthgen_tf.files import shown, writing
from synthgen_tf.separate.names import folded
from synthgen_tf.separate.stem_writer import SeparatedFile

MANIFEST = "separated.csv"
COLUMNS = (
    "output",
    "input",
    "state",
    "input_bytes",
    "input_modified",
    "settings",
    "sample_rate",
    "channels",
    "seconds",
    "took_seconds",
    "levels_db",
    "gain_db",
    "clamped",
    "message",
)
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Fingerprint:
    """What must be the same for stems to stand for an input: the file, the model, the settings."""

    input_bytes: str
    input_modified: str
    settings: str


def fingerprint(path: Path, settings: str) -> Fingerprint:
    """Return the fingerprint of an input that exists.

    Raises:
        InputError: when it cannot be looked at.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read ({error.strerror}): give a file") from None
    return Fingerprint(str(status.st_size), f"{status.st_mtime:.3f}", settings)


def full_name(path: Path) -> str:
    """Return an input as the manifest knows it, which stays true when another folder is current."""
    return str(path.absolute())


def columns_of(written: SeparatedFile) -> dict[str, object]:
    """Return the columns of a manifest's row that tell of the files written."""
    return {
        "seconds": round(written.frames / written.sample_rate, 6),
        "levels_db": " ".join(
            f"{name}={'-inf' if level is None else level}"
            for name, level in written.levels_db.items()
        ),
        "gain_db": written.gain_db,
        "clamped": written.clamped,
    }


class Manifest:
    """The manifest of an output folder, read when made.

    Args:
        folder: that it lies in; it need not exist until the first row is added.

    Raises:
        InputError: when a file of its name is something else.
    """

    def __init__(self, folder: Path):
        self.path = folder / MANIFEST
        self.rows: dict[str, dict[str, str]] = {}
        self.torn = False
        if self.path.is_file():
            self._read()
        self.outputs = {folded(Path(output)): output for output in self.rows}

    def _read(self) -> None:
        text = self.path.read_bytes().decode("utf-8", "surrogateescape")
        self.torn = not text.endswith("\n")  # its last row was being written
        rows = csv.DictReader(io.StringIO(text, newline=""))
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise InputError(
                f"{shown(self.path)} is no manifest of this SynthGen: move it, or choose another "
                "output folder"
            )
        self.rows = {row["output"]: row for row in rows if None not in row.values()}

    def owner(self, output: PurePath) -> Path | None:
        """Return the file, links followed, whose stems lie in an output folder; None for
        nobody's."""
        known = self.outputs.get(folded(output))
        if known is None:
            return None
        recorded, folder = Path(self.rows[known]["input"]), self.path.parent / known
        if not recorded.is_absolute() or not folder.is_dir() or not any(folder.iterdir()):
            return None
        return recorded.resolve()

    def has(self, output: str, wanted: Fingerprint) -> bool:
        """Tell whether an output was made from just this input, with the same model and
        settings."""
        row = self.rows.get(output)
        if row is None or row["state"] != DONE:
            return False
        return all(row[name] == value for name, value in vars(wanted).items())

    def add(self, row: Mapping[str, object]) -> None:
        """Append a row; columns that it lacks stay empty.

        Raises:
            OutputError: when the disk does not take it.
        """
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        if self.torn:
            text.write("\n")
        if not self.path.exists():
            writer.writeheader()
        writer.writerow({name: _plain(row.get(name, "")) for name in COLUMNS})
        content = text.getvalue().encode("utf-8", "surrogateescape")
        with writing(self.path), self.path.open("ab") as file:
            file.write(content)  # in one go: a kill leaves a whole row, or none
            file.flush()
            os.fsync(file.fileno())
        self.torn = False


def _plain(value: object) -> str:
    return "" if value is None else str(value)
