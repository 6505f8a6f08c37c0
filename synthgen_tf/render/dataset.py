"""Renders a whole data set: checks what is asked, skips what is there, shares the work out."""

import io
import json
import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
import soundfile

from synthgen_tf.choices import Lossless
from synthgen_tf.errors import InputError
from synthgen_tf.files import entries_of, writing
from synthgen_tf.processes import in_processes
from synthgen_tf.progress import progress_bar
from synthgen_tf.render.compose.score import STEMS
from synthgen_tf.render.engines import SPLITS
from synthgen_tf.render.recorded import NO_RECORDINGS, Recorded
from synthgen_tf.render.signals.dsp import SAMPLE_RATE
from synthgen_tf.render.song import GENERATOR, render_song, split_of
from synthgen_tf.render.sources import Sources, open_sources
from synthgen_tf.tracks import DESCRIPTION, EXTRA_SPLITS

SONG_NAME = re.compile(r"song_\d{4,}_\d{6,}")
FORMATS = get_args(Lossless)
FILES = {
    format: frozenset([DESCRIPTION, *(f"{name}.{format}" for name in ("mixture", *STEMS))])
    for format in FORMATS
}
"""Format to the files of a song."""
FLAC_LEVEL = 0.625
"""libsndfile's scale of 0 to 1; FLAC's own level 5 of 8.

Over 6 songs of 30 s: 7.8 MB and 0.25 CPU seconds a song; level 3 of FLAC's has 8.3 MB in 0.20 s,
level 0 9.0 MB in 0.20 s, and WAV takes 31.8 MB.
"""
PAGE = "describe.html"
"""What `synthgen describe` leaves in the folder of the data set."""


@dataclass(frozen=True)
class SongOrder:
    """An order for one song: what to render it from, and where to put it.

    Attributes:
        out: folder of the data set.
        seed, index, seconds, sources: see `song.render_song`.
        format: `wav` or `flac`.
        split: the split that the song belongs to.
    """

    out: Path
    seed: int
    index: int
    seconds: float
    sources: Sources
    format: str
    split: str

    @property
    def folder(self) -> Path:
        """Return the folder in which the finished song stands."""
        return self.out / self.split / f"song_{self.seed:04d}_{self.index:06d}"

    @property
    def unfinished(self) -> Path:
        """Return the hidden folder it is written to, beside its place: so a rename is atomic."""
        return self.folder.with_name(f".{self.folder.name}.tmp")


def render_songs(
    out: Path,
    songs: int,
    *,
    seconds: float = 30.0,
    seed: int = 0,
    jobs: int = 1,
    first: int = 0,
    midi: Path | None = None,
    fonts: Sequence[Path] = (),
    vital: float = 0.0,
    recorded: Recorded = NO_RECORDINGS,
    split: str | None = None,
    engines: Sequence[str] = (),
    format: str = "wav",
    tell: Callable[[str], object] | None = None,
) -> list[Path]:
    """Render the songs `first` to `first + songs - 1` of a data set.

    A song depends on `seed`, its index, `seconds` and the sources only. Finished songs are left
    alone, so an interrupted call can be repeated, and several machines can share the indices of
    one set.

    Args:
        out: folder of the data set; made if missing. Songs go into
            `out/{train,valid,test}/song_<seed>_<index>/`, split by index.
        songs: how many, 1 or above.
        seconds: length of each, 1 or above.
        seed: of the data set, 0 or above.
        jobs: processes, 1 or above; never more than there are cores.
        first: index of the first song, 0 or above.
        midi: folder of MIDI files, from which 3 songs in 10 are made; the splits share none.
        fonts: soundfonts that play some of the parts; the splits share none.
        vital: share of the synth parts that Vital plays, 0 to 1; needs the extra `vita`.
        recorded: soundfonts and drum kits, from `find_recorded`; every split has its own.
        split: `far`, whose synths, fonts and kits no other split hears, or `hard`, dense mixes of
            synths with what is like them; None for train, valid and test.
        engines: installed synth engines that play most of the other synth parts: names of
            `engines.plugins.kinds.KINDS`, `vital`, or `all` for what there is.
        format: `wav`, or `flac` for the same samples in less room.
        tell: is given one line about MIDI files that cannot be used and were left out, and one
            about engines that `all` lacks.

    Returns:
        The folders of all songs asked for, in the order of their indices.

    Raises:
        InputError: a number is out of range, a source cannot be used, `out` holds something else
            than a rendered data set, or a song of that name was rendered with other settings.
        OutputError: the disk does not take a song; those before it stay.
    """
    out = Path(out)
    _check_numbers(songs, seconds, seed, jobs, first)
    if format not in FORMATS:
        raise InputError(f"format is {format!r}; expected {' or '.join(FORMATS)}")
    _check_folder(out)
    if split is not None and split not in EXTRA_SPLITS:
        raise InputError(f"split is {split!r}; expected {' or '.join(EXTRA_SPLITS)}, or none")
    sources = open_sources(midi, fonts, vital, recorded, engines, tell)
    if split == "far" and not sources.fonts_of("far"):
        raise InputError(
            "split far needs a soundfont that no other split hears; expected TimGM6mb.sf2 of the "
            "Debian package timgm6mb-soundfont and --recorded: install it (make sources)"
        )
    orders = [
        SongOrder(out, seed, index, float(seconds), sources, format, split or split_of(index))
        for index in range(first, first + songs)
    ]
    missing = [order for order in orders if not _is_finished(order)]
    try:
        for name in {order.split for order in orders}:
            (out / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out} cannot be made ({error.strerror}); expected a folder that can be written: "
            "give another name"
        ) from error
    _remove_unfinished(orders)  # of another call that was killed
    for order in missing:
        if order.folder.exists():  # some of its files are gone
            shutil.rmtree(order.folder)

    with progress_bar("rendering songs", len(orders)) as advance:
        advance(len(orders) - len(missing))
        try:
            for _ in in_processes(_fill, missing, jobs):
                advance(1)
        finally:
            _remove_unfinished(missing)
    return [order.folder for order in orders]


def _fill(order: SongOrder) -> None:
    """Render one song and put it in its place, all or nothing."""
    extra = order.split if order.split in EXTRA_SPLITS else None
    song = render_song(order.seed, order.index, order.seconds, order.sources, extra)
    text = json.dumps(song.description, indent=1, allow_nan=False)
    with writing(order.folder, ", then repeat the call to go on"):
        order.unfinished.mkdir()
        for name, sound in song.sound.items():
            path = order.unfinished / f"{name}.{order.format}"
            data = (
                _encode(sound, order.format) if sound.any() else _silence(len(sound), order.format)
            )
            path.write_bytes(data)
        (order.unfinished / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        order.unfinished.replace(order.folder)


def _encode(sound: np.ndarray, format: str) -> bytes:
    """Encode (time, 2) int16 as a file of 16 bits.

    It is made in memory, as libsndfile calls a full disk "System error".
    """
    buffer = io.BytesIO()
    level = FLAC_LEVEL if format == "flac" else None
    soundfile.write(
        buffer, sound, SAMPLE_RATE, "PCM_16", format=format.upper(), compression_level=level
    )
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _silence(frames: int, format: str) -> bytes:
    """Encode a stem that does not play; most songs have one or two."""
    return _encode(np.zeros((frames, 2), np.int16), format)


def _remove_unfinished(orders: Sequence[SongOrder]) -> None:
    for order in orders:
        if order.unfinished.exists():
            shutil.rmtree(order.unfinished)


def _check_numbers(songs: int, seconds: float, seed: int, jobs: int, first: int) -> None:
    lowest = {"songs": (songs, 1), "seconds": (seconds, 1), "jobs": (jobs, 1)}
    lowest |= {"seed": (seed, 0), "first": (first, 0)}
    for name, (value, limit) in lowest.items():
        if not (math.isfinite(value) and value >= limit):
            raise InputError(f"{name} is {value}; expected {limit} or more")


def _check_folder(out: Path) -> None:
    """Refuse a folder that holds anything but songs, so that nothing of the user's is mixed in."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; expected a folder for the songs: give another name")
    if not out.exists():
        return
    for entry in entries_of(out):
        if entry.name == PAGE:
            continue
        if entry.name not in (*SPLITS, *EXTRA_SPLITS) or not entry.is_dir():
            raise InputError(
                f"{out} holds {entry.name}; expected nothing but rendered songs in "
                f"{', '.join(SPLITS)}: give an empty or new folder"
            )
        for song in entries_of(entry):
            if not SONG_NAME.fullmatch(song.name):
                raise InputError(
                    f"{entry} holds {song.name}; expected nothing but rendered songs such as "
                    "song_0000_000001: give an empty or new folder"
                )


def _is_finished(order: SongOrder) -> bool:
    """Tell whether this very song stands already; it is complete if it has all its files.

    Raises:
        InputError: a song of this name was made with other settings, or its folder holds more.
    """
    folder = order.folder
    if not folder.exists():
        return False
    names = {entry.name for entry in entries_of(folder)}
    files = FILES[order.format]
    for format in FORMATS:
        if names == FILES[format] and format != order.format:
            raise InputError(
                f"{folder} was rendered with format {format}; expected {order.format}: give "
                "another folder, or delete this one"
            )
    if strangers := names - files:
        raise InputError(
            f"{folder} holds {min(strangers)}; expected only the files of a rendered song: "
            "move it away or give another folder"
        )
    if names != files:
        return False
    try:
        found = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        made = {key: found[key] for key in ("generator", "seed", "seconds")}
        made["sources"] = found.get("sources")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder / DESCRIPTION} is not a song's description; expected JSON with generator, "
            "seed and seconds: delete the song to render it anew"
        ) from error
    wanted = {
        "generator": GENERATOR,
        "seed": [order.seed, order.index],
        "seconds": order.seconds,
        "sources": order.sources.digest,
    }
    for key, value in wanted.items():
        if made[key] != value:
            raise InputError(
                f"{folder} was rendered with {key} {made[key]}; expected {value}: give another "
                "folder, or delete this one"
            )
    return True
