"""Finds recordings of real instruments that a machine holds: soundfonts, drum kits and voices.

`recorded.csv` lists what Debian's packages bring, under which licence, and which split may hear
it: no sound of train is met again in valid, test or far.
"""

import csv
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from synthgen_tf.errors import InputError, install
from synthgen_tf.render.engines.drums.kits import RecordedKit, read_kit
from synthgen_tf.render.engines.soundfont import Font, read_font
from synthgen_tf.render.engines.voice.festival import has_festival, read_festival
from synthgen_tf.render.engines.voice.flite import read_flite
from synthgen_tf.render.engines.voice.speech import SpeechVoice
from synthgen_tf.render.engines.voice.vocoded import has_pyworld

TABLE = "recorded.csv"

FESTIVAL = "festival"
VOICES = {"flite": read_flite, FESTIVAL: read_festival}


@dataclass(frozen=True)
class Listed:
    """A row of the table and its splits: a soundfont (`font`), a `kit` or a drum `machine`, the
    program of a voice of `flite`, or the folder of one of `festival`."""

    kind: str
    file: Path
    splits: tuple[str, ...]
    licence: str
    package: str


@dataclass(frozen=True)
class Recorded:
    """The soundfonts, kits and voices that were found, each with the splits that may hear it."""

    fonts: tuple[tuple[tuple[str, ...], Font], ...] = ()
    kits: tuple[tuple[tuple[str, ...], RecordedKit], ...] = ()
    voices: tuple[tuple[tuple[str, ...], SpeechVoice], ...] = ()

    @property
    def hashes(self) -> list[str]:
        """Return the SHA-256 of everything."""
        return [
            *(font.sha256 for _, font in self.fonts),
            *(kit.sha256 for _, kit in self.kits),
            *(voice.sha256 for _, voice in self.voices),
        ]

    def fonts_of(self, split: str) -> tuple[Font, ...]:
        """Return the soundfonts that a split may hear."""
        return tuple(font for splits, font in self.fonts if split in splits)

    def kits_of(self, split: str, machine: bool) -> tuple[RecordedKit, ...]:
        """Return the drum machines that a split may hear, or its kits of skins and bronze."""
        return tuple(kit for splits, kit in self.kits if split in splits and kit.machine == machine)

    def voices_of(self, split: str) -> tuple[SpeechVoice, ...]:
        """Return the voices that a split may hear."""
        return tuple(voice for splits, voice in self.voices if split in splits)


NO_RECORDINGS = Recorded()


def listed() -> list[Listed]:
    """Return all rows of the table, whether their files are on this machine or not."""
    text = files("synthgen_tf.render").joinpath(TABLE).read_text(encoding="utf-8")
    return [
        Listed(row["kind"], Path(row["file"]), tuple(row["split"].split()), row["licence"],
               row["package"])
        for row in csv.DictReader(text.splitlines())
    ]  # fmt: skip


def find_recorded() -> tuple[Recorded, list[str]]:
    """Read everything of the table that this machine holds.

    Returns:
        What can be played, and the packages that are missing: Debian's, and pyworld, without which
        no recorded voice sings.

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
        if row.kind in ("kit", "machine")
    ]
    if any(row.kind == FESTIVAL for row in here) and not has_festival():
        here, missing = [row for row in here if row.kind != FESTIVAL], [*missing, FESTIVAL]
    voices = [
        (row.splits, VOICES[row.kind](row.file, row.licence)) for row in here if row.kind in VOICES
    ]
    if voices and not has_pyworld():
        voices, missing = [], [*missing, f"voices ({install('voices')})"]
    return Recorded(tuple(fonts), tuple(kits), tuple(voices)), missing
