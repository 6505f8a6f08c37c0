"""Where each input's stems go: a folder of its name, and no two of one name."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePath


def folder_of(path: PurePath) -> PurePath:
    """The folder that a file's stems would like, below the output folder.

    Args:
        path: of the file below the input folder, or its mere name.
    """
    # a file named "...wav" must not lead to the folder ".."
    return path.parent / (path.stem.rstrip(". ") or "unnamed")


def distinct(names: Iterable[PurePath]) -> list[PurePath]:
    """Names as they are, but with a number where a file system could take two for one."""
    names, found = list(names), []
    wanted, taken = {_folded(name) for name in names}, set()
    for name in names:
        free, number = name, 1
        while _folded(free) in taken or (number > 1 and _folded(free) in wanted):
            number += 1
            free = name.with_name(f"{name.name}_{number}")
        taken.add(_folded(free))
        found.append(free)
    return found


def _folded(name: PurePath) -> str:
    return unicodedata.normalize("NFC", str(name)).casefold()
