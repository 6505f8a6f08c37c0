"""The synth engines that can be installed beside SynthGen: where they lie, and their presets."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.choices import Plugin
from synthgen_tf.render.engines.plugins.dssi import BEND_SEMITONES, PluginError, host_of
from synthgen_tf.render.engines.plugins.hexter import hexter_patch, hexter_settings
from synthgen_tf.render.engines.plugins.scsynth import (
    LEFT_OUT,
    NEEDED,
    PREFIX,
    controls_of,
    sc_controls,
)

DSSI_FOLDERS = ("/usr/lib/dssi", "/usr/local/lib/dssi", "/usr/lib64/dssi", "/opt/homebrew/lib/dssi")
HEXTER_PATCHES = 1536
SC_SOUNDS = 16
"""How many patches are drawn for hexter, and sounds for each of Sonic Pi's definitions."""

UNREPEATABLE = "[38]"
"""WhySynth's oscillators whose sound differs from time to time: grains, and PADsynth, which a
thread of its own renders whenever that is done."""

NOT_MUSIC = re.compile(
    r"^\W*$|^[=\-]{2}|\b(test|kick|snare|hi-?hat|cymbals?|drums?|toms?|claps?|click)\b|alias"
)
"""Names of drums, tests and headings; whatever is not pitched is told by its sound."""


@dataclass(frozen=True)
class Files:
    """What an engine consists of here.

    Attributes:
        program: the plugin's library, or the server.
        banks: files of its presets; none where they are in the program or drawn.
    """

    program: Path
    banks: tuple[Path, ...] = ()


@dataclass(frozen=True)
class RawPreset:
    """A preset before it was sounded.

    Attributes:
        bank: name of the bank or definition that it stands in.
        number: its place there, or what it is drawn from.
        name: as the bank says; may be empty.
        patch: what plays it: see `dssi.Host.play`, or `definition` and `controls`.
        chords: whether it plays several keys at a time.
    """

    bank: str
    number: int
    name: str
    patch: dict
    chords: bool = True


@dataclass(frozen=True)
class Kind:
    """An engine.

    Attributes:
        label: its name in `song.json`.
        package: of Debian, which brings it.
        licence, bank_licence: of the engine, and of its presets.
        weight: how often it plays, relative to the other engines.
        find: its files, or None.
        presets: all of them, in an order that is the same every time. Raises ValueError where a
            bank is of another format.
    """

    label: str
    package: str
    licence: str
    bank_licence: str
    weight: float
    find: Callable[[], Files | None]
    presets: Callable[[Files], Iterator[RawPreset]]


def dssi_folders() -> list[Path]:
    """Folders in which DSSI plugins are looked for: those of DSSI_PATH, or the usual ones."""
    given = os.environ.get("DSSI_PATH")
    return [Path(each) for each in (given.split(os.pathsep) if given else DSSI_FOLDERS) if each]


def _find_dssi(library: str, banks: str = "") -> Files | None:
    """A plugin's library, and its banks under the `share` of the same prefix."""
    for folder in dssi_folders():
        path = folder / library
        if not path.is_file():
            continue
        found: list[Path] = []
        for parent in path.parents:
            found = found or sorted((parent / "share").glob(banks)) if banks else []
        return Files(path, tuple(found))
    return None


def _find_scsynth() -> Files | None:
    server = shutil.which("scsynth")
    if server is None:
        return None
    for parent in Path(server).parents:
        found = sorted((parent / "share").glob(f"sonic-pi/**/compiled/{PREFIX}*.scsyndef"))
        if found:
            return Files(Path(server), tuple(found))
    return Files(Path(server))


def _amsynth(files: Files) -> Iterator[RawPreset]:
    for bank in files.banks:
        lines = bank.read_text(encoding="latin-1").splitlines()
        if not lines or lines[0].strip() != "amSynth":
            raise ValueError(f"{bank} is no bank of amsynth: expected the first line amSynth")
        number, name = -1, ""
        controls: dict[str, float] = {}
        for line in [*lines[1:], "<preset> <name> "]:
            words = line.split()
            if line.startswith("<preset>"):
                if controls:
                    chords = controls.get("keyboard_mode", 0) < 0.5
                    yield RawPreset(bank.name, number, name, {"controls": controls}, chords)
                number, name, controls = number + 1, line.partition("<name>")[2].strip(), {}
            elif len(words) == 3 and words[0] == "<parameter>":
                controls[words[1]] = float(words[2])


def _whysynth(files: Files) -> Iterator[RawPreset]:
    for bank in files.banks:
        if not re.match(r"current_|more_", bank.name):
            continue  # older versions of the same patches
        configure = [("load", str(bank))]
        texts = re.split(r"^WhySynth patch format .* begin$", bank.read_text("latin-1"), flags=re.M)
        programs = host_of(files.program).programs(configure)
        if len(programs) != len(texts) - 1:
            raise ValueError(f"{bank} is no bank of WhySynth: {len(programs)} patches are read")
        for place, ((group, number, name), text) in enumerate(
            zip(programs, texts[1:], strict=True)
        ):
            if re.search(rf"^oscY \d {UNREPEATABLE} ", text, flags=re.M):
                continue
            controls = {"Bend Range": BEND_SEMITONES}
            patch = {"configure": configure, "program": (group, number), "controls": controls}
            yield RawPreset(bank.name, place, name.strip(), patch)


def _xsynth(files: Files) -> Iterator[RawPreset]:
    configure = [("bendrange", str(BEND_SEMITONES))]
    for bank, number, name in host_of(files.program).programs():
        controls = {"Volume": 0.5, "Tuning": 440.0}
        patch = {"configure": configure, "program": (bank, number), "controls": controls}
        yield RawPreset("built in", number, name.strip(), patch)


def _hexter(files: Files) -> Iterator[RawPreset]:
    for number in range(HEXTER_PATCHES):
        role, values = hexter_patch(number)
        patch = {"configure": hexter_settings(values, BEND_SEMITONES)}
        yield RawPreset("drawn", number, f"{role} {number}", patch)


def _scsynth(files: Files) -> Iterator[RawPreset]:
    for path in files.banks:
        there = controls_of(path)
        name = path.stem.removeprefix(PREFIX)
        if not set(there) >= NEEDED or name in LEFT_OUT:
            continue
        for number in range(SC_SOUNDS):
            patch = {"definition": str(path), "controls": sc_controls(path, number)}
            yield RawPreset(path.stem, number, f"{name} {number}", patch)


GPL = "GPL-2.0-or-later"
KINDS: dict[Plugin, Kind] = {
    "amsynth": Kind("AmSynth", "amsynth", GPL, GPL, 4.0,
                    lambda: _find_dssi("amsynth_dssi.so", "amsynth/banks/*"), _amsynth),
    "whysynth": Kind("WhySynth", "whysynth", GPL, "public domain", 1.0,
                     lambda: _find_dssi("whysynth.so", "whysynth/*.WhySynth"), _whysynth),
    "xsynth": Kind("XSynth", "xsynth-dssi", GPL, GPL, 0.5,
                   lambda: _find_dssi("xsynth-dssi.so"), _xsynth),
    "hexter": Kind("Hexter", "hexter", GPL, "none: drawn by SynthGen", 1.5,
                   lambda: _find_dssi("hexter.so"), _hexter),
    "scsynth": Kind("ScSynth", "supercollider-server sonic-pi-server", GPL, "MIT", 1.5,
                    _find_scsynth, _scsynth),
}  # fmt: skip
"""By the name that `--engines` takes."""

RESERVED = "whysynth"
"""The engine that plays in split `far` alone, chosen once: no other split ever hears it."""


def raw_presets(name: Plugin, files: Files) -> list[RawPreset]:
    """All presets of an engine but drums, tests and headings.

    Raises:
        ValueError: there are none, or a bank is of another format.
    """
    try:
        found = list(KINDS[name].presets(files))
    except (PluginError, OSError) as error:
        raise ValueError(f"{files.program} {error}") from error
    found = [each for each in found if not NOT_MUSIC.search(each.name.lower())]
    if not found:
        raise ValueError(f"there are no presets for {files.program}")
    return found
