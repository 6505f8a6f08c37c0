"""Data sets as they lie on disk: a root folder in, `Track`s out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.config.schema import DEFAULT_LABELS, LabelledKind
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import folder, medleydb, moisesdb, musdb, slakh
from synthgen_tf.tracks.files import SPLITS, Candidate, LeftOut
from synthgen_tf.tracks.labels import StemLabels, check_labels
from synthgen_tf.tracks.track import Track

Labels = Mapping[LabelledKind, StemLabels]
"""Kind of data set to the labels of its stems."""


def labels_of(kind: str, labels: Labels) -> StemLabels:
    """The labels of a kind's stems, none where it is no kind with labels."""
    return next((stems for labelled, stems in labels.items() if labelled == kind), {})


@dataclass(frozen=True)
class Reader:
    """One kind of data set.

    Attributes:
        fits: whether a root folder has its layout.
        find: all songs below a root folder, stems made up by labels.
        layout: where its songs are, for messages.
    """

    fits: Callable[[Path], bool]
    find: Callable[[Path, StemLabels], Iterator[Candidate]]
    layout: str


READERS: Mapping[str, Reader] = {
    "rendered": Reader(
        folder.is_rendered,
        lambda root, _: folder.find_rendered(root),
        "<split>/<song>/song.json and <stem>.wav|flac",
    ),
    "musdb18": Reader(
        musdb.is_stem_files,
        lambda root, _: musdb.find_stem_files(root),
        "train|test/<artist - title>.stem.mp4",
    ),
    "musdb18hq": Reader(
        musdb.is_waves,
        lambda root, _: musdb.find_waves(root),
        "train|test/<artist - title>/{mixture,drums,bass,other,vocals}.wav",
    ),
    "slakh": Reader(
        slakh.is_slakh,
        slakh.find,
        "[train|validation|test/]TrackNNNNN/metadata.yaml",
    ),
    "moisesdb": Reader(
        moisesdb.is_moisesdb,
        moisesdb.find,
        "[moisesdb_v0.1/]<song id>/data.json",
    ),
    "medleydb": Reader(
        medleydb.is_medleydb,
        medleydb.find,
        "Audio/<song>/<song>_STEMS",
    ),
    "folder": Reader(
        lambda root: True,
        lambda root, _: folder.find_folders(root),
        "[<split>/]<track>/<stem>.wav, or the root of MUSDB, Slakh, MoisesDB or MedleyDB",
    ),
}
"""In the order in which layouts are tried; what fits nothing else is a folder of stems."""

KINDS = tuple(READERS)


@dataclass(frozen=True)
class Scan:
    """What a data set holds.

    Attributes:
        kind: one of `KINDS`.
        tracks: all that can be used, sorted by split and name.
        problems: `<split>/<name>` of those with missing or damaged files, to a reason of one line.
        left_out: the same of those that are whole and cannot serve, for instance because their
            stems hold each other's sound.
    """

    kind: str
    tracks: list[Track]
    problems: dict[str, str]
    left_out: dict[str, str]


def read_tracks(root: Path, kind: str | None = None, labels: Labels | None = None) -> list[Track]:
    """All tracks below a folder, sorted by split and name; each reader's module has its layout.

    Args:
        root: of the data set.
        kind: one of `KINDS`; told from the layout when it is None.
        labels: which of a data set's own labels make up which stem; those of `config` by default.

    Raises:
        InputError: as `scan_tracks`, when a track's files are missing, damaged or do not fit
            together, or none can serve.
    """
    scan = scan_tracks(root, kind, labels)
    for reason in scan.problems.values():
        raise InputError(reason)
    if not scan.tracks:
        name, reason = next(iter(scan.left_out.items()))
        raise InputError(f"no track of {root} can be used: {name}: {reason}")
    return scan.tracks


def scan_tracks(root: Path, kind: str | None = None, labels: Labels | None = None) -> Scan:
    """As `read_tracks`, but a track that cannot be used does not hide the others.

    Only headers are read: a file that is damaged further on is found when it is decoded.

    Raises:
        InputError: when the folder is missing or holds no such tracks, or a label is unknown.
    """
    if not root.is_dir():
        raise InputError(f"data folder {root} does not exist: give the root of a data set")
    if kind is not None and kind not in KINDS:
        raise InputError(f"unknown kind of data {kind!r}: choose one of {', '.join(KINDS)}")
    kind = kind or detect_kind(root)
    wanted = labels_of(kind, DEFAULT_LABELS if labels is None else labels)
    tracks, problems, left_out = [], {}, {}
    for candidate in READERS[kind].find(root, wanted):
        name = f"{candidate.split}/{candidate.name}"
        try:
            tracks.append(candidate.build())
        except InputError as error:
            problems[name] = str(error)
        except LeftOut as reason:
            left_out[name] = str(reason)
    if not tracks and not problems and not left_out:
        raise InputError(_nothing_found(root, kind))
    held = {sound for track in tracks for sounds in track.holds.values() for sound in sounds}
    check_labels(kind, wanted, sorted(held))
    tracks.sort(key=lambda track: (SPLITS.index(track.split), track.name))
    return Scan(kind, tracks, problems, left_out)


def detect_kind(root: Path) -> str:
    """The kind of data set that a root folder holds, told from its layout."""
    return next(kind for kind, reader in READERS.items() if reader.fits(root))


def _nothing_found(root: Path, kind: str) -> str:
    looks_like = detect_kind(root)
    hint = "" if looks_like in (kind, "folder") else f"; it looks like {looks_like}"
    layout = READERS[kind].layout
    return f"data folder {root} holds no tracks of kind {kind}: expected {layout}{hint}"
