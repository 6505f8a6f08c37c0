"""How tables look on the terminal."""

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Grid

from synthgen_tf.table import Table

BORDER = 3
"""Characters that stand between two columns."""


def print_table(table: Table) -> None:
    """Print a titled table and the note under it.

    A table wider than the terminal is printed in parts, each with the first column, so that nothing
    in it is cut.
    """
    console = Console()
    title: str | None = table.title
    console.print()
    for columns in _parts(table, console.width):
        console.print(_grid(table, columns, title, console.width))
        title = None
    if table.note:
        console.print(table.note)


def _parts(table: Table, width: int) -> list[list[int]]:
    """Share the columns but the first out to as many parts as it takes."""
    first = _least(table, 0) + BORDER + 1
    parts: list[list[int]] = []
    used = width
    for column in range(1, len(table.columns)):
        least = _least(table, column) + BORDER
        if used + least > width:
            parts.append([])
            used = first
        parts[-1].append(column)
        used += least
    return parts or [[]]


def _least(table: Table, column: int) -> int:
    """Return how narrow a column can be: headings break between words, cells do not break."""
    words = table.columns[column].split()
    return max(len(text) for text in ("", *words, *(row[column] for row in table.rows)))


def _folded(table: Table, column: int) -> str:
    """Return a heading on as many lines as keep it no wider than need be."""
    width = _least(table, column) or 1
    return textwrap.fill(table.columns[column], width, break_on_hyphens=False)


def _grid(table: Table, columns: Sequence[int], title: str | None, width: int) -> Grid:
    grid = Grid(title=title, title_justify="left")
    grid.add_column(table.columns[0], no_wrap=True)
    for column in columns:
        # whole sentences, wider than what is left beside the first column, do break
        whole = _least(table, 0) + _least(table, column) + 2 * BORDER + 1 <= width
        grid.add_column(_folded(table, column), justify="right", no_wrap=whole)
    for row in table.rows:
        grid.add_row(row[0], *(row[column] for column in columns))
    return grid
