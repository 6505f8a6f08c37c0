"""Recorded drum kits: folders of one-shots, as Hydrogen and Sonic Pi bring them.

A folder with a `drumkit.xml` is a Hydrogen kit, which says which file answers which force. In any
other folder every file is an instrument, and its name tells which.
"""

import hashlib
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.errors import InputError

KIT_FILE = "drumkit.xml"
SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg")

NAMES = (
    (r"tambourine", 54), (r"cowbell", 56), (r"shaker|maraca", 70), (r"clave", 75),
    (r"wood ?block", 76), (r"conga", 63), (r"bongo", 60), (r"agogo", 67),
    (r"ride.*(bell|cup)", 53), (r"crash|cymbal (hard|soft)|elec cymbal", 49), (r"ride", 51),
    (r"china", 52), (r"splash", 55),
    (r"(hat|hh|cymbal).*(pedal|foot)|(pedal|foot).*(hat|hh)", 44),
    (r"(hat|hh|cymbal).*(open|\bop\b)|open.*(hat|hh)|\bohh\b", 46),
    (r"hat\b|hats\b|hihat|\bc?hh\b|cymbal closed", 42),
    (r"clap|snap", 39), (r"snare.*(rim|roll|off)", 40), (r"snare|^sn ", 38), (r"rim|stick", 37),
    (r"tom.*(low|lo\b|floor)|floor", 45), (r"tom.*(hi|1)", 50), (r"tom", 47),
    (r"kick|bass ?drum|drum bass|^bd ", 36), (r"^cymbal$", 49),
)  # fmt: skip
"""Pattern of an instrument's name to its General MIDI percussion number; the first that fits."""

LEFT_OUT = re.compile(r"loop|fx|zap|noise|amen")
NEEDED = (36, 38, 42)
"""Kick, snare and closed hi-hat: what makes a kit of a folder of sounds."""


@dataclass(frozen=True)
class DrumPiece:
    """One drum as it was recorded.

    Attributes:
        name: as the kit calls it.
        layers: (highest force, file), softest first; the force of the last one is 1.
    """

    name: str
    layers: tuple[tuple[float, str], ...]

    def at(self, force: float) -> str:
        """The file that answers a force of 0 to 1."""
        return next((file for highest, file in self.layers if force <= highest), self.layers[-1][1])


@dataclass(frozen=True)
class RecordedKit:
    """A kit that can be played.

    Attributes:
        folder: that holds its files.
        sha256: of its files, and of what each is played for.
        machine: whether it is a drum machine rather than skins and bronze.
        licence: of the samples.
        pieces: General MIDI percussion number to the drums that can answer it.
    """

    folder: Path
    sha256: str
    machine: bool
    licence: str
    pieces: tuple[tuple[int, tuple[DrumPiece, ...]], ...]


def read_kit(folder: Path, machine: bool = False, licence: str = "") -> RecordedKit:
    """Find out what a folder of one-shots can play.

    Args:
        folder: with `drumkit.xml`, or with files named for what they are.
        machine: whether it is a drum machine.
        licence: of the samples; that of `drumkit.xml` where it is empty.

    Raises:
        InputError: when the folder is missing, or lacks a kick, a snare or a closed hi-hat.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"drum kit {folder} is no folder; expected one with samples of drums")
    digest = hashlib.sha256()
    pieces: dict[int, list[DrumPiece]] = {}
    try:
        named, told = _hydrogen(folder) if (folder / KIT_FILE).is_file() else _one_shots(folder)
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise InputError(
            f"drum kit {folder / KIT_FILE} cannot be read ({error}); expected a Hydrogen kit"
        ) from None
    for piece in named:
        number = number_of(piece.name)
        if number is not None:
            pieces.setdefault(number, []).append(piece)
            for highest, file in piece.layers:
                digest.update(f"{number} {highest} {file}\n".encode())
                digest.update(_content_digest(folder / file))
    if missing := [number for number in NEEDED if number not in pieces]:
        names = {36: "kick", 38: "snare", 42: "closed hi-hat"}
        raise InputError(
            f"drum kit {folder} has no {names[missing[0]]} that can be played; expected samples "
            "named for what they are, or a Hydrogen kit"
        )
    sorted_pieces = tuple((number, tuple(pieces[number])) for number in sorted(pieces))
    return RecordedKit(folder, digest.hexdigest(), machine, licence or told, sorted_pieces)


def _content_digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise InputError(
            f"drum sample {path} cannot be read ({error.strerror}); expected a file of the kit: "
            "install it anew or leave the kit out"
        ) from error


def number_of(name: str) -> int | None:
    """The General MIDI percussion number of an instrument's name; None for what is no drum."""
    name = re.sub(r"[_\W]+", " ", name.lower()).strip()
    if LEFT_OUT.search(name):
        return None
    return next((number for pattern, number in NAMES if re.search(pattern, name)), None)


def _one_shots(folder: Path) -> tuple[list[DrumPiece], str]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    return [DrumPiece(file.stem, ((1.0, file.name),)) for file in files], ""


def _hydrogen(folder: Path) -> tuple[list[DrumPiece], str]:
    """The instruments of a `drumkit.xml`, with or without a namespace, and its licence."""
    root = ElementTree.parse(folder / KIT_FILE).getroot()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    pieces = []
    for instrument in root.iter("instrument"):
        layers = sorted(layer for layer in _layers(instrument) if (folder / layer[1]).is_file())
        if layers:
            pieces.append(DrumPiece(instrument.findtext("name") or "", tuple(layers)))
    return pieces, (root.findtext("license") or root.findtext("licence") or "").strip()


def _layers(instrument: ElementTree.Element) -> Iterator[tuple[float, str]]:
    for layer in instrument.iter("layer"):
        yield float(layer.findtext("max") or 1.0), layer.findtext("filename") or ""
    if instrument.find(".//layer") is None and (file := instrument.findtext("filename")):
        yield 1.0, file
