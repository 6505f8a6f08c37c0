"""Recordings of real instruments that a machine holds: soundfonts and drum kits, by split.

`recorded.csv` lists what Debian's packages bring, under which licence, and which split may hear
it: no sound of train is met again in valid, test or far.
"""

import csv
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.render.engines.drums.kits import RecordedKit, read_kit
from synthgen_tf.render.engines.soundfont import Font, read_font

TABLE = "recorded.csv"


@dataclass(frozen=True)
class Listed:
    """One row of the table: a soundfont (`font`), a `kit` or a drum `machine`, and its splits."""

    kind: str
    file: Path
    splits: tuple[str, ...]
    licence: str
    package: str


@dataclass(frozen=True)
class Recorded:
    """What was found, each with the splits that may hear it."""

    fonts: tuple[tuple[tuple[str, ...], Font], ...] = ()
    kits: tuple[tuple[tuple[str, ...], RecordedKit], ...] = ()

    @property
    def hashes(self) -> list[str]:
        """Of all fonts and kits."""
        return [font.sha256 for _, font in self.fonts] + [kit.sha256 for _, kit in self.kits]

    def fonts_of(self, split: str) -> tuple[Font, ...]:
        """The soundfonts of a split."""
        return tuple(font for splits, font in self.fonts if split in splits)

    def kits_of(self, split: str, machine: bool) -> tuple[RecordedKit, ...]:
        """The drum machines of a split, or its kits of skins and bronze."""
        return tuple(kit for splits, kit in self.kits if split in splits and kit.machine == machine)


NO_RECORDINGS = Recorded()


def listed() -> list[Listed]:
    """All that the table knows, whether it is on this machine or not."""
    text = files("synthgen_tf.render").joinpath(TABLE).read_text(encoding="utf-8")
    return [
        Listed(row["kind"], Path(row["file"]), tuple(row["split"].split()), row["licence"],
               row["package"])
        for row in csv.DictReader(text.splitlines())
    ]  # fmt: skip


def find_recorded() -> tuple[Recorded, list[str]]:
    """Read everything of the table that this machine holds.

    Returns:
        What can be played, and the Debian packages whose files are missing.

    Raises:
        InputError: when a file is damaged, or nothing at all is here.
    """
    rows = listed()
    here = [row for row in rows if row.file.exists()]
    missing = sorted({row.package for row in rows if not row.file.exists()})
    if not here:
        raise InputError(
            "--recorded finds no soundfont and no drum kit on this machine: expected those of the "
            f"Debian packages {', '.join(missing)}; install them (make sources)"
        )
    fonts = [
        (row.splits, replace(read_font(row.file), rights=row.licence))
        for row in here
        if row.kind == "font"
    ]
    kits = [
        (row.splits, read_kit(row.file, row.kind == "machine", row.licence))
        for row in here
        if row.kind != "font"
    ]
    return Recorded(tuple(fonts), tuple(kits)), missing
