"""Data sets as they lie on disk: a root folder in, `Track`s out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.config.schema import DEFAULT_LABELS, Kind
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import folder, medleydb, moisesdb, musdb, slakh
from synthgen_tf.tracks.files import SPLITS, Candidate
from synthgen_tf.tracks.labels import StemLabels
from synthgen_tf.tracks.track import Track

Labels = Mapping[str, StemLabels]
"""Kind of data set to the labels of its stems."""


@dataclass(frozen=True)
class Reader:
    """How a kind of data set is told from its layout, and how its songs are found."""

    fits: Callable[[Path], bool]
    find: Callable[[Path, StemLabels], Iterator[Candidate]]


READERS: Mapping[Kind, Reader] = {
    "rendered": Reader(folder.is_rendered, lambda root, _: folder.find_rendered(root)),
    "musdb18": Reader(musdb.is_stem_files, lambda root, _: musdb.find_stem_files(root)),
    "musdb18hq": Reader(musdb.is_waves, lambda root, _: musdb.find_waves(root)),
    "slakh": Reader(slakh.is_slakh, slakh.find),
    "moisesdb": Reader(moisesdb.is_moisesdb, moisesdb.find),
    "medleydb": Reader(medleydb.is_medleydb, medleydb.find),
    "folder": Reader(lambda root: True, lambda root, _: folder.find_folders(root)),
}
"""In the order in which layouts are tried; what fits nothing else is a folder of stems."""

KINDS = tuple(READERS)


@dataclass(frozen=True)
class Scan:
    """What a data set holds.

    Attributes:
        kind: one of `KINDS`.
        tracks: all that can be used, sorted by split and name.
        problems: `<split>/<name>` of the others, to the reason in one line.
    """

    kind: Kind
    tracks: list[Track]
    problems: dict[str, str]


def read_tracks(root: Path, kind: Kind | None = None, labels: Labels | None = None) -> list[Track]:
    """All tracks below a folder, sorted by split and name; each reader's module has its layout.

    Args:
        root: of the data set.
        kind: one of `KINDS`; told from the layout when it is None.
        labels: which of a data set's own labels make up which stem; those of `config` by default.

    Raises:
        InputError: when the folder is missing or empty, or a track's files do not fit together.
    """
    scan = scan_tracks(root, kind, labels)
    for reason in scan.problems.values():
        raise InputError(reason)
    return scan.tracks


def scan_tracks(root: Path, kind: Kind | None = None, labels: Labels | None = None) -> Scan:
    """As `read_tracks`, but a track that cannot be used does not hide the others.

    Raises:
        InputError: when the folder is missing or empty.
    """
    if not root.is_dir():
        raise InputError(f"data folder {root} does not exist: give the root of a data set")
    if kind is not None and kind not in KINDS:
        raise InputError(f"unknown kind of data {kind!r}: choose one of {', '.join(KINDS)}")
    kind = kind or detect_kind(root)
    labels = DEFAULT_LABELS if labels is None else labels
    tracks, problems = [], {}
    for candidate in READERS[kind].find(root, labels.get(kind, {})):
        try:
            tracks.append(candidate.build())
        except InputError as error:
            problems[f"{candidate.split}/{candidate.name}"] = str(error)
    if not tracks and not problems:
        raise InputError(
            f"data folder {root} holds no tracks of kind {kind}: expected "
            "<split>/<track>/<stem>.wav, or the root of MUSDB, Slakh, MoisesDB or MedleyDB"
        )
    tracks.sort(key=lambda track: (SPLITS.index(track.split), track.name))
    return Scan(kind, tracks, problems)


def detect_kind(root: Path) -> Kind:
    """The kind of data set that a root folder holds, told from its layout."""
    return next(kind for kind, reader in READERS.items() if reader.fits(root))
