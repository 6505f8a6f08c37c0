"""Which of a data set's own labels make up which stem."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from synthgen_tf.errors import InputError
from synthgen_tf.tracks.files import LeftOut

StemLabels = Mapping[str, Sequence[str]]
"""Stem name to the labels that are in it."""


def plain(label: str) -> str:
    """A label as it is compared: data sets mix capitals, spaces and `_`."""
    return label.casefold().replace(" ", "_")


def stem_of(sounds: Sequence[str], labels: StemLabels, otherwise: str) -> str:
    """The stem for a file in which `sounds` are heard.

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
    if len(stems) == 1:
        return stems.pop()
    if any(plain(sound) in wanted for sound in sounds):
        raise LeftOut(f"{', '.join(sounds)} are together on one file, and cannot be had apart")
    return otherwise


def check_labels(kind: str, labels: StemLabels, known: Iterable[str]) -> None:
    """Refuse labels that a data set does not have.

    Args:
        kind: of the data set.
        labels: of the stems.
        known: all labels that there are.

    Raises:
        InputError: names the nearest label.
    """
    spelled = {plain(label): label for label in known}
    for stem, names in labels.items():
        for name in names:
            if plain(name) not in spelled:
                nearest = difflib.get_close_matches(plain(name), spelled, n=1, cutoff=0.0)[0]
                raise InputError(
                    f"data.labels.{kind}.{stem} names {name!r}, which {kind} does not have: the "
                    f"nearest label is {spelled[nearest]!r}"
                )
