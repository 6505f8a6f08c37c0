"""Counts what a rendered data set holds, from the descriptions of its songs alone."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.files import entries_of
from synthgen_tf.render.compose.score import STEMS
from synthgen_tf.render.describe.description import (
    AUDIBLE_BELOW_REST_DB,
    AUDIBLE_DB,
    LIMITED_DB,
    DescribedSong,
    read_description,
)
from synthgen_tf.render.engines import SPLITS as DEALT
from synthgen_tf.table import Table
from synthgen_tf.tracks import SPLITS

WIDE_BELOW = 0.9
"""Correlation of left and right below which a track counts as stereo."""
MET_AGAIN = "patches of train met again"
MOST = 12
"""Names that a row of counts shows."""
COUNTED = {
    "role": "roles",
    "instrument": "instruments",
    "engine": "engines",
    "program": "programmes",
    "font": "fonts",
    "source": "sources",
}
"""Keys of a song's or a track's description, to the names of their rows; absent ones have none."""


@dataclass(frozen=True)
class SetDescription:
    """A rendered data set in figures.

    Attributes:
        songs: by split and name.
        tables: for a terminal or a page.
        histograms: title with unit to one value a song, for those that have one.
    """

    songs: Sequence[DescribedSong]
    tables: Sequence[Table]
    histograms: Mapping[str, Sequence[float]]


def describe_songs(root: Path) -> SetDescription:
    """Read the descriptions of all songs of a rendered data set and count what they hold.

    Raises:
        InputError: when the folder is no rendered data set or empty, or a song's description is
            missing, damaged or incomplete.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is no folder; expected one that `synthgen render` wrote")
    folders = [folder for split in SPLITS for folder in entries_of(root / split)]
    if not folders:
        raise InputError(
            f"{root} holds no rendered songs; expected {SPLITS[0]}/song_0000_000000 and so on: "
            "give the folder that `synthgen render` wrote"
        )
    songs = [read_description(folder) for folder in folders]
    found = {song.description["split"] for song in songs}
    by_split = {
        split: [song for song in songs if song.description["split"] == split]
        for split in SPLITS
        if split in DEALT or split in found
    }
    tables = [_songs_table(by_split | {"all": songs}), _levels_table(songs), _counts_table(songs)]
    relative = [song.above_rest_db for song in songs]
    histograms = {
        "synth above the rest, dB": [value for value in relative if value is not None],
        "loudness of the mixture, dB full scale": _mixture_levels(songs),
        "tempo, beats a minute": _numbers(song.description["bpm"] for song in songs),
    }
    return SetDescription(songs, tables, histograms)


def _songs_table(groups: Mapping[str, Sequence[DescribedSong]]) -> Table:
    """Make a table of how many songs there are and what they are like, a column for each split."""
    rows: dict[str, Callable[[Sequence[DescribedSong]], str]] = {
        "songs": lambda songs: str(len(songs)),
        "hours": lambda songs: f"{sum(song.description['seconds'] for song in songs) / 3600:.2f}",
        "songs with an audible synth": lambda songs: _share([song.audible for song in songs]),
        "songs free of synth": _free,
        "distinct synth patches": lambda songs: str(len(_patches(songs))),
        "synth tracks": lambda songs: str(sum(len(song.synth_tracks) for song in songs)),
        "stereo synth tracks": _stereo,
        "styles": lambda songs: str(len({song.description["style"] for song in songs})),
        "tempo, beats a minute": lambda songs: _range(song.description["bpm"] for song in songs),
        "loudness, dB full scale": lambda songs: _spread(_mixture_levels(songs)),
        "limited": lambda songs: _share([song.limited for song in songs]),
        "side-chained": lambda songs: _share([song.ducks for song in songs]),
        "with a widened stem": lambda songs: _share([song.widened for song in songs]),
        "coded as mp3 or AAC": lambda songs: _share([song.coded for song in songs]),
        "MB a song": lambda songs: f"{np.mean([song.size_bytes for song in songs]) / 1e6:.2f}",
    }
    body = [
        [name, *(row(songs) if songs else "–" for songs in groups.values())]
        for name, row in rows.items()
    ]
    learned = _patches(groups.get("train", ()))
    met_again = [
        "–" if name in ("train", "all") else str(len(_patches(songs) & learned))
        for name, songs in groups.items()
    ]
    body.insert(list(rows).index("distinct synth patches") + 1, [MET_AGAIN, *met_again])
    note = (
        f"Audible: RMS above {AUDIBLE_DB:g} dB full scale and within {AUDIBLE_BELOW_REST_DB:g} dB "
        "of the rest, the sum of the other stems' powers. Stereo: correlation of left and right "
        f"below {WIDE_BELOW}. Loudness: RMS of the mixture, median and in brackets the 10th and "
        "90th of a hundred. Limited: the limiter takes more than "
        f"{LIMITED_DB:g} dB in a usual second. Widened: a whole stem. Patches of train must not be "
        "met again."
    )
    return Table("Songs", ["", *groups], body, note)


def _free(songs: Sequence[DescribedSong]) -> str:
    """Say how many songs have no synth, and whether their label and their tracks say the same."""
    free = [song for song in songs if song.synth_db is None]
    wrong = sum(
        song.description["has_synth"] != (song.synth_db is not None)
        or bool(song.synth_tracks) != bool(song.description["has_synth"])
        for song in songs
    )
    labels = f"{wrong} labelled wrongly" if wrong else "labelled so"
    return f"{len(free)}, {labels}" if free or wrong else "0"


def _stereo(songs: Sequence[DescribedSong]) -> str:
    """Say which share of the synth tracks is stereo."""
    found = [track.get("stereo_correlation") for song in songs for track in song.synth_tracks]
    return _share([value < WIDE_BELOW for value in found if value is not None])


def _patches(songs: Iterable[DescribedSong]) -> set[str]:
    """Return the patches that the synth tracks of songs are played with."""
    tracks = (track for song in songs for track in song.synth_tracks)
    return {str(track["patch_id"]) for track in tracks if track.get("patch_id") is not None}


def _levels_table(songs: Sequence[DescribedSong]) -> Table:
    """Make a table of how loud the mixture and each stem are."""
    rows = []
    for stem in ("mixture", *STEMS):
        levels = _numbers(song.description["rms_db"].get(stem) for song in songs)
        low, middle, high = np.percentile(levels, (10, 50, 90)) if levels else [None] * 3
        cells = ["–" if value is None else f"{value:.1f}" for value in (middle, low, high)]
        rows.append([stem, *cells, _share([True] * len(levels), len(songs))])
    note = "RMS of whole songs in dB full scale, over the songs in which the stem sounds at all."
    return Table("Levels", ["", "median", "10 %", "90 %", "of songs"], rows, note)


def _counts_table(songs: Sequence[DescribedSong]) -> Table:
    """Make a table of the most frequent roles, instruments, engines and so on."""
    tracks = [track for song in songs for track in song.description["tracks"]]
    rows = [_count("styles", [song.description["style"] for song in songs])]
    for key, name in COUNTED.items():
        holders = [*tracks, *(song.description for song in songs)]
        values = [holder[key] for holder in holders if holder.get(key) is not None]
        if values:
            rows.append(_count(name, values))
    return Table("What plays", ["", "distinct", f"the {MOST} most frequent"], rows)


def _count(name: str, values: Iterable[object]) -> list[str]:
    counter = Counter(map(_name, values))
    most = ", ".join(f"{value} {count}" for value, count in counter.most_common(MOST))
    return [name, str(len(counter)), most]


def _name(value: object) -> str:
    if isinstance(value, Mapping):  # a MIDI file, with what was taken from it
        value = value.get("file")
    return value if isinstance(value, str) else json.dumps(value)


def _mixture_levels(songs: Iterable[DescribedSong]) -> list[float]:
    return _numbers(song.description["rms_db"].get("mixture") for song in songs)


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [float(value) for value in values if value is not None]


def _share(hits: Sequence[bool], whole: int | None = None) -> str:
    whole = len(hits) if whole is None else whole
    return f"{100 * sum(hits) / whole:.0f} %" if whole else "–"


def _range(values: Iterable[float | None]) -> str:
    found = _numbers(values)
    return f"{min(found):.0f} to {max(found):.0f}" if found else "–"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    low, middle, high = np.percentile(values, (10, 50, 90))
    return f"{middle:.1f} ({low:.1f}, {high:.1f})"
