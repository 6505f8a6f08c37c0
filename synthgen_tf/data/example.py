"""What goes from hand to hand on the way to an example, by name.

    stems in their order -> Cuts -> Example

Of any kind of array. Where stems lie in an order, in lists of names and on axes of arrays, the
target is at `TARGET`.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

TARGET = 0
"""Place of the target among the stems of a song, wherever they lie in an order."""


def in_order(target: str, stems: Iterable[str]) -> list[str]:
    """Names of stems in the order that all of training keeps: the target at `TARGET`.

    Args:
        target: stem to extract.
        stems: the others in their order; the target may be among them.
    """
    names = [stem for stem in stems if stem != target]
    names.insert(TARGET, target)
    return names


class Cuts(NamedTuple):
    """The stems of an example, one cut of a song each.

    Attributes:
        target: cut of the stem to extract.
        others: cuts of all other stems.
    """

    target: Any
    others: tuple[Any, ...]

    @classmethod
    def of(cls, stems: Iterable[Any]) -> "Cuts":
        """Of the cuts in the order of their stems."""
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
    """What a model learns from: one example, (segment, channels), or a batch of them.

    Attributes:
        mixture: all stems.
        target: what the model is to find in it.
    """

    mixture: Any
    target: Any

    def each(self, change: Callable[[Any], Any]) -> "Example":
        """The same done to both."""
        return Example(change(self.mixture), change(self.target))
