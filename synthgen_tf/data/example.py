"""Names for what is handed on while a training example is made.

    stems in their order -> Cuts -> Example

They hold arrays of any kind: of NumPy, TensorFlow or another backend. Where stems lie in an order,
in lists of names and on axes of arrays, the target is at `TARGET`.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

TARGET = 0
"""Place of the target among the stems of a song, wherever they lie in an order."""


def in_order(target: str, stems: Iterable[str]) -> list[str]:
    """Return the names of stems in the order that all of training keeps, the target at `TARGET`.

    Args:
        target: stem to extract.
        stems: the others in their order; the target may be among them.
    """
    names = [stem for stem in stems if stem != target]
    names.insert(TARGET, target)
    return names


class Cuts(NamedTuple):
    """The stems of an example before they are mixed, each cut out of a song.

    Attributes:
        target: cut of the stem to extract.
        others: cuts of all other stems.
    """

    target: Any
    others: tuple[Any, ...]

    @classmethod
    def of(cls, stems: Iterable[Any]) -> "Cuts":
        """Make it of cuts that come in the order of their stems."""
        others = list(stems)
        target = others.pop(TARGET)
        return cls(target, tuple(others))

    @property
    def stems(self) -> list[Any]:
        """All cuts in the order of their stems."""
        stems = list(self.others)
        stems.insert(TARGET, self.target)
        return stems


class Example(NamedTuple):
    """What a model learns from: one example, (segment, channels), or a batch, (batch, ...).

    Attributes:
        mixture: the sum of all stems.
        target: the stem that the model is to find in it.
    """

    mixture: Any
    target: Any

    def each(self, change: Callable[[Any], Any]) -> "Example":
        """Return the example whose mixture and target have both gone through a function."""
        return Example(change(self.mixture), change(self.target))
