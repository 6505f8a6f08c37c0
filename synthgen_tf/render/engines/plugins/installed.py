"""Finds installed synth engines, sounds their presets once, and deals them to the splits."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np

from synthgen_tf.choices import Plugin
from synthgen_tf.errors import InputError
from synthgen_tf.processes import in_processes
from synthgen_tf.progress import progress_bar
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.plugins.dssi import PluginError
from synthgen_tf.render.engines.plugins.kinds import (
    KINDS,
    RESERVED,
    RawPreset,
    dssi_folders,
    raw_presets,
)
from synthgen_tf.render.engines.plugins.listen import (
    HELD_SECONDS,
    PITCHES,
    SECONDS,
    listen,
    roles_of,
)
from synthgen_tf.render.engines.plugins.plugin import Preset, play_preset
from synthgen_tf.render.engines.plugins.scsynth import play_score
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames

FORMAT = 2
"""Raised whenever presets are listened to in another way."""

CHUNK = 48
"""Presets sounded by a process at a time."""

CHORDS = tuple(Note(time, 0.27, pitch, 0.8) for time in (0.0, 0.3) for pitch in (48, 60, 67))
"""Some presets fail where keys sound together; those are left out."""

GAP_SECONDS = 1.0
"""Between the sounds of a score in which several are sounded."""


@dataclass(frozen=True)
class PluginSource:
    """An installed engine whose presets were sounded.

    Attributes:
        engine: a key of `KINDS`.
        program: the plugin's library, or the server.
        digest: twelve hexadecimal digits that stand for it, its banks and how it is listened to.
        catalogue: file with the presets that can be played, and what for.
    """

    engine: Plugin
    program: Path
    digest: str
    catalogue: Path

    @property
    def weight(self) -> float:
        """How often it plays, relative to other engines."""
        return KINDS[self.engine].weight

    def presets(self, split: str, role: str) -> tuple[Preset, ...]:
        """The presets that a role may play in a split, in an order that is always the same."""
        return _presets(self, split, role)


@lru_cache(maxsize=256)
def _presets(source: PluginSource, split: str, role: str) -> tuple[Preset, ...]:
    """`PluginSource.presets`, filtered once a process: a bank has thousands."""
    return tuple(
        Preset(source.engine, source.program, source.digest, bank, number, name, entry["patch"])
        for entry in _catalogue(source.catalogue)
        for bank, number, name in [entry["place"]]
        if role in entry["roles"] and split in _splits_of(source.engine, entry["sound"])
    )


def plugins_of(plugins: Sequence[PluginSource], split: str) -> tuple[PluginSource, ...]:
    """The engines that play in a split: WhySynth in `far` alone, the others all but there."""
    return tuple(each for each in plugins if (each.engine == RESERVED) == (split == "far"))


def open_plugins(
    names: Sequence[str],
    *,
    jobs: int | None = None,
    tell: Callable[[str], object] | None = None,
) -> tuple[PluginSource, ...]:
    """Find engines and sound their presets, or take from the cache what was heard before.

    Args:
        names: of engines; `all` takes those that are there.
        jobs: processes that sound presets; as many as there are cores by default.
        tell: is given one line about those that `all` lacks.

    Raises:
        InputError: a name is unknown, or an engine asked for by its name is missing or damaged.
    """
    everything = "all" in names
    if unknown := sorted(set(names) - {"all", *KINDS}):
        raise InputError(
            f"--engines {unknown[0]} is no engine; expected all, vital or some of "
            f"{', '.join(KINDS)}"
        )
    found, missing = [], []
    for name in KINDS:
        if not everything and name not in names:
            continue
        try:
            found.append(_open(name, jobs or os.cpu_count() or 1))
        except InputError as error:
            if name in names:
                raise
            missing.append(f"{name} ({error})" if _is_there(name) else name)
    if missing and tell:
        tell(
            f"--engines all goes without {', '.join(missing)}: `make sources` installs what "
            "Debian offers"
        )
    return tuple(found)


def _is_there(name: Plugin) -> bool:
    return KINDS[name].find() is not None


def _open(name: Plugin, jobs: int) -> PluginSource:
    kind = KINDS[name]
    files = kind.find()
    if files is None:
        where = "PATH" if name == "scsynth" else ":".join(map(str, dssi_folders()))
        raise InputError(
            f"--engines {name}: {kind.label} is not in {where}; install it (Debian: apt-get "
            f"install {kind.package}) or leave it out"
        )
    try:
        digest = _digest([files.program, *files.banks])
        catalogue = _cache_folder() / f"{name}-{digest}.json"
        if not _is_catalogue(catalogue):
            _write(catalogue, _sound(name, files.program, raw_presets(name, files), jobs))
    except (ValueError, OSError) as error:
        raise InputError(
            f"--engines {name}: {kind.label} cannot be used: {error}; install it anew (Debian: "
            f"apt-get install --reinstall {kind.package}) or leave it out"
        ) from error
    return PluginSource(name, files.program, digest, catalogue)


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256(str(FORMAT).encode())
    for path in paths:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "synthgen"


def _write(path: Path, entries: list[dict]) -> None:
    """All or nothing, so that two calls at a time do each other no harm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(entries, file, separators=(",", ":"))
    Path(file.name).replace(path)


def _is_catalogue(path: Path) -> bool:
    try:
        return bool(_catalogue(path))
    except (OSError, ValueError):
        return False


@lru_cache(maxsize=16)
def _catalogue(path: Path) -> list[dict]:
    return json.loads(path.read_text())


def _splits_of(engine: str, sound: str) -> tuple[str, ...]:
    """The splits that hear a preset: by its sound, 8:1:1, so that no copy is in another."""
    if engine == RESERVED:
        return ("far",)
    return {8: ("valid",), 9: ("test", "hard")}.get(int(sound[:8], 16) % 10, ("train",))


def _sound(name: Plugin, program: Path, raw: list[RawPreset], jobs: int) -> list[dict]:
    """What can be played, each sound once, sorted as it was listed.

    Raises:
        ValueError: nothing can.
    """
    chunks = [
        (place, name, program, raw[place : place + CHUNK]) for place in range(0, len(raw), CHUNK)
    ]
    heard: dict[int, list[dict]] = {}
    with progress_bar(f"sounding {len(raw)} presets of {KINDS[name].label}", len(raw)) as advance:
        for place, entries, count in in_processes(_sound_chunk, chunks, jobs):
            heard[place] = entries
            advance(count)
    kept: dict[str, dict] = {}
    for place in sorted(heard):
        for entry in heard[place]:
            kept.setdefault(entry["sound"], entry)
    if not kept:
        raise ValueError(f"none of its {len(raw)} presets gives a sound that can be used")
    return list(kept.values())


def _sound_chunk(chunk: tuple) -> tuple[int, list[dict], int]:
    """Place, what can be played, and how many were sounded."""
    place, name, program, presets = chunk
    entries = []
    for preset, sounds in _sounds(name, program, presets):
        heard = listen(sounds)
        if roles := roles_of(heard, preset.name, preset.chords):
            entries.append(
                {
                    "place": [preset.bank, preset.number, preset.name],
                    "sound": hashlib.sha256(sounds[0].tobytes()).hexdigest(),
                    "roles": roles,
                    "heard": asdict(heard),
                    "patch": preset.patch,
                }
            )
    return place, entries, len(presets)


def _sounds(name: str, program: Path, presets: list[RawPreset]) -> Iterator[tuple]:
    """Presets with their sounds at both pitches; those that fail are left out."""
    frames = to_frames(SECONDS)
    for _, group in groupby(presets, key=lambda preset: preset.bank):
        together = list(group)
        for alike in [together] if name == "scsynth" else [[each] for each in together]:
            try:
                if name == "scsynth":  # a server takes longer to start than to play
                    sounds = _sound_definition(program, alike)
                else:
                    play_preset(name, program, alike[0].patch, CHORDS, to_frames(0.6))
                    sounds = [
                        play_preset(name, program, alike[0].patch, [_key(pitch)], frames)
                        for pitch in PITCHES
                    ]
            except PluginError:
                continue
            for number, preset in enumerate(alike):
                yield preset, tuple(sounds[2 * number : 2 * number + 2])


def _key(pitch: int, start_seconds: float = 0.0) -> Note:
    return Note(start_seconds, HELD_SECONDS, pitch, 0.8)


def _sound_definition(server: Path, presets: list[RawPreset]) -> list[np.ndarray]:
    """Sounds of one definition's presets at both pitches, one after the other in one score."""
    step = to_frames(SECONDS + GAP_SECONDS)
    keys = [(preset, pitch) for preset in presets for pitch in PITCHES]
    notes = [
        (_key(pitch, number * step / SAMPLE_RATE), preset.patch["controls"])
        for number, (preset, pitch) in enumerate(keys)
    ]
    sound = play_score(server, Path(presets[0].patch["definition"]), notes, step * len(notes))
    return [sound[place : place + to_frames(SECONDS)] for place in range(0, len(sound), step)]
