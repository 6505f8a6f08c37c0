"""Which of a data set's own labels make up which stem."""

import csv
import difflib
import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.track_files import LeftOut

StemLabels = Mapping[str, Sequence[str]]
"""Stem name to the labels that are in it."""

FILE = Path(__file__).with_name("labels.csv")
"""The labels of each kind of data set, by the stem that has them unless another is asked for.

slakh: instrument classes of General MIDI. moisesdb: types of files. medleydb: its taxonomy of
instruments, where pitched percussion is `other`, as in MUSDB."""


def plain(label: str) -> str:
    """Return a label as it is compared: data sets mix capitals, spaces and `_`."""
    return label.casefold().replace(" ", "_")


@functools.cache
def families(kind: str) -> Mapping[str, str]:
    """Map every label that a kind of data set is known to have to drums, bass, vocals or other."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return {label: row["stem"] for row in rows for label in row["labels"].split("|")}


def family_of(kind: str, sounds: Sequence[str]) -> str:
    """Tell where a file belongs that no stem asks for: to `other` if its sounds do not agree."""
    found = {families(kind).get(sound, "other") for sound in sounds}
    return found.pop() if len(found) == 1 else "other"


def stem_of(sounds: Sequence[str], labels: StemLabels, otherwise: str) -> str:
    """Return the stem for a file in which `sounds` are heard.

    Args:
        sounds: labels of the data set, one or more.
        labels: of the stems that have any.
        otherwise: the stem for a file with none of them.

    Raises:
        LeftOut: when labels of a stem sound together with something else. A synthesizer that was
            recorded with a piano is no synth stem, and it is synth in any other.
    """
    wanted = {plain(label): stem for stem, names in labels.items() for label in names}
    stems = {wanted.get(plain(sound), otherwise) for sound in sounds}
    if len(stems) > 1:
        raise LeftOut(f"{' and '.join(sounds)} are on one file, and cannot be had apart")
    return stems.pop()


def check_labels(kind: str, labels: StemLabels, seen: Iterable[str]) -> None:
    """Refuse labels that a data set does not have.

    Args:
        kind: of the data set.
        labels: of the stems.
        seen: labels that were found, which count beside those that are known.

    Raises:
        InputError: names the nearest label.
    """
    spelled = {plain(label): label for label in [*families(kind), *seen]}
    for stem, names in labels.items():
        for name in names:
            if plain(name) not in spelled:
                nearest = difflib.get_close_matches(plain(name), spelled, n=1, cutoff=0.0)[0]
                raise InputError(
                    f"data.labels.{kind}.{stem} names {name!r}, which {kind} does not have: the "
                    f"nearest label is {spelled[nearest]!r}"
                )
