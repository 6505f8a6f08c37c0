"""Where each input's stems go: a folder of its name, and no two of one name."""

import unicodedata
from collections.abc import Callable, Iterable
from itertools import zip_longest
from pathlib import Path, PurePath


def folder_of(path: PurePath) -> PurePath:
    """Return the folder that a file's stems would like, below the output folder.

    Args:
        path: of the file below the input folder, or its mere name.
    """
    # a file named "...wav" must not lead to the folder ".."
    return path.parent / (path.stem.rstrip(". ") or "unnamed")


def distinct(
    names: Iterable[PurePath],
    inputs: Iterable[Path] = (),
    owner: Callable[[PurePath], Path | None] = lambda name: None,
) -> list[PurePath]:
    """Return names as they are, but with a number where a file system could take two for one.

    Args:
        names: wanted.
        inputs: the file that each name is for, where there is an `owner`.
        owner: of a name that is in use already, the file it is for; another file does not get it.
    """
    names, found = list(names), []
    wanted, taken = {folded(name) for name in names}, set()
    for name, path in zip_longest(names, inputs):
        free, number = name, 1
        while True:
            holder = owner(free)
            mine = holder is not None and holder == path.resolve()
            others = number > 1 and folded(free) in wanted
            if folded(free) not in taken and (mine or (holder is None and not others)):
                break
            number += 1
            free = name.with_name(f"{name.name}_{number}")
        taken.add(folded(free))
        found.append(free)
    return found


def folded(name: PurePath) -> str:
    """Return a text that is the same for all names that a file system could take for one."""
    return unicodedata.normalize("NFC", str(name)).casefold()
