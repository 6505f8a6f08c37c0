"""Opens what songs are rendered from besides the seed, and deals it to the splits."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from synthgen_tf.errors import InputError, install
from synthgen_tf.files import is_hidden
from synthgen_tf.progress import progress_bar
from synthgen_tf.render.engines import SPLITS
from synthgen_tf.render.engines.plugins.installed import PluginSource, open_plugins, plugins_of
from synthgen_tf.render.engines.soundfont import Font, read_font
from synthgen_tf.render.engines.vital import load_vita
from synthgen_tf.render.midi.read import MidiSong, read_midi
from synthgen_tf.render.recorded import NO_RECORDINGS, Recorded

MIDI_SUFFIXES = (".mid", ".midi")

VITAL_SHARE = 0.25
"""Share of the synth parts that Vital plays where it is asked for by `engines`."""


@dataclass(frozen=True)
class MidiEntry:
    """A MIDI file: its path, its path inside the folder, its hash, and its split."""

    path: Path
    name: str
    sha256: str
    split: str


@dataclass(frozen=True)
class Sources:
    """All that songs are drawn from besides the seed.

    It is small enough to be sent along with every song; the files are read where they are needed.

    Attributes:
        midi: sorted by hash.
        fonts: in the order in which they were given.
        vital: share of the synth parts that Vital plays, 0 to 1.
        recorded: soundfonts and drum kits that are dealt to the splits already.
        plugins: installed synth engines, which play most of the other synth parts.
    """

    midi: tuple[MidiEntry, ...] = ()
    fonts: tuple[Font, ...] = ()
    vital: float = 0.0
    recorded: Recorded = NO_RECORDINGS
    plugins: tuple[PluginSource, ...] = ()

    @property
    def digest(self) -> str | None:
        """Return twelve hexadecimal digits that stand for all of it; None if there is nothing."""
        hashes = [entry.sha256 for entry in self.midi] + [font.sha256 for font in self.fonts]
        hashes += self.recorded.hashes
        hashes += [plugin.digest for plugin in self.plugins]
        if not (hashes or self.vital):
            return None
        text = f"{len(self.midi)} {self.vital} {' '.join(hashes)}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def midi_of(self, split: str) -> tuple[MidiEntry, ...]:
        """Return the files from which songs of a split are made."""
        return tuple(entry for entry in self.midi if entry.split == split)

    def fonts_of(self, split: str) -> tuple[Font, ...]:
        """Return the fonts that play in songs of a split.

        Of those given by name a single one plays in train only; of two the second serves valid
        and test; of more the last two are valid's and test's. None of them is far's.
        """
        listed = self.recorded.fonts_of(split)
        count = len(self.fonts)
        if split == "train":
            return self.fonts[: max(1, count - 2)] + listed
        if count < 2 or split == "far":
            return listed
        place = -2 if split == "valid" and count > 2 else -1
        return (self.fonts[place], *listed)

    def plugins_of(self, split: str) -> tuple[PluginSource, ...]:
        """Return the engines that play in a split: WhySynth in `far` alone, others elsewhere."""
        return plugins_of(self.plugins, split)


NO_SOURCES = Sources()


def open_sources(
    midi: Path | None = None,
    fonts: Sequence[Path] = (),
    vital: float = 0.0,
    recorded: Recorded = NO_RECORDINGS,
    engines: Sequence[str] = (),
    tell: Callable[[str], object] | None = None,
) -> Sources:
    """Check all files that songs are rendered from, and deal them to the splits.

    Args:
        midi: folder that holds .mid and .midi files, at any depth.
        fonts: soundfonts.
        vital: share of the synth parts that Vital plays, 0 to 1.
        recorded: soundfonts and drum kits that are dealt to the splits already.
        engines: names of `plugins.kinds.KINDS`, `vital` for a share of `VITAL_SHARE` where none is
            given, and `all` for what is installed.
        tell: is given one line about MIDI files that cannot be used, where there are some among
            good ones (hidden files are no MIDI files), and one about engines that `all` lacks.

    Raises:
        InputError: the folder is missing or holds no MIDI files that can be used, a soundfont
            cannot be used or `recorded` keeps it for another split, an engine is wanted and not
            installed, or Vital's share is out of range.
    """
    if not vital and ("vital" in engines or ("all" in engines and _has_vita(tell))):
        vital = VITAL_SHARE
    if not 0.0 <= vital <= 1.0:
        raise InputError(f"--vital is {vital}; expected a share of the synth parts, 0 to 1")
    if vital:
        load_vita()
    entries = () if midi is None else _midi_entries(Path(midi), tell)
    read = tuple(read_font(Path(path)) for path in fonts)
    for number, font in enumerate(read):
        if font.sha256 in [other.sha256 for other in read[:number]]:
            raise InputError(f"--font {font.path} was given twice; expected different soundfonts")
    _check_fonts(Sources(fonts=read), recorded)
    plugins = open_plugins([name for name in engines if name != "vital"], tell=tell)
    return Sources(entries, read, vital, recorded, plugins)


def _check_fonts(named: Sources, recorded: Recorded) -> None:
    """Refuse a font given by name, under any name, that `recorded` keeps for another split.

    Raises:
        InputError: it would be heard in both.
    """
    for font in named.fonts:
        heard = {split for split in SPLITS if font in named.fonts_of(split)}
        for splits, other in recorded.fonts:
            if other.sha256 == font.sha256 and (beyond := heard - set(splits)):
                raise InputError(
                    f"--font {font.path} would play in {' and '.join(sorted(beyond))}, and is the "
                    f"soundfont that --recorded keeps for {' and '.join(splits)}; expected "
                    "another: leave it or --recorded out"
                )


def _has_vita(tell: Callable[[str], object] | None) -> bool:
    try:
        load_vita()
    except InputError:
        if tell:
            tell(f"--engines all goes without vital: {install('vita')}")
        return False
    return True


@lru_cache(maxsize=256)
def midi_song(path: Path) -> MidiSong:
    """Read the song of a MIDI file, once a process."""
    return read_midi(path)


def _midi_entries(folder: Path, tell: Callable[[str], object] | None) -> tuple[MidiEntry, ...]:
    if not folder.is_dir():
        raise InputError(f"--midi {folder} is no folder; expected one with .mid or .midi files")
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in MIDI_SUFFIXES and not is_hidden(path.name)
    ]
    if not paths:
        raise InputError(f"--midi {folder} holds no .mid or .midi files; expected at least one")
    found: dict[str, Path] = {}
    bad: list[str] = []
    with progress_bar("reading MIDI files", len(paths)) as advance:
        for path in paths:
            try:
                midi_song(path)
                found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
            except InputError as error:
                bad.append(str(error))
            advance(1)
    if bad:
        more = f" (and {len(bad) - 1} more files like it)" if len(bad) > 1 else ""
        if not found:
            raise InputError(bad[0] + more)
        if tell:
            tell(f"left out {len(bad)} of {len(paths)} MIDI files: {bad[0]}{more}")
    splits = deal(list(found))
    return tuple(
        MidiEntry(path, path.relative_to(folder).as_posix(), digest, splits[digest])
        for digest, path in sorted(found.items())
    )


def deal(hashes: Sequence[str]) -> dict[str, str]:
    """Deal files to splits by their hashes, about 8:1:1.

    Of three files or more every split gets at least one; of fewer all are train's.
    """
    if len(hashes) < 3:
        return dict.fromkeys(hashes, "train")
    names = {1: "valid", 2: "test"}
    splits = {each: names.get(int(each[:8], 16) % 10, "train") for each in sorted(hashes)}
    for split in SPLITS:
        dealt = {name: [each for each in splits if splits[each] == name] for name in SPLITS}
        if not dealt[split]:
            largest = max(dealt, key=lambda name: len(dealt[name]))
            splits[dealt[largest][0]] = split
    return splits
