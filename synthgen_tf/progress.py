"""Progress bars: on a terminal they show, anywhere else they are silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Advance = Callable[[float], None]
"""Says that so many more units of the work are done."""


@contextmanager
def progress_bar(description: str, total: float) -> Iterator[Advance]:
    """Show one bar on standard error while the block runs.

    Args:
        description: what is being done, in a few words.
        total: units of work; the yielded function takes the units done since its last call.
    """
    with _progress() as bar:
        task = bar.add_task(description, total=total)
        yield lambda units: bar.advance(task, units)


@contextmanager
def progress_bars(description: str, total: float) -> Iterator[Callable[[str, float], Advance]]:
    """Show a bar for all of the work and under it one for the part at hand.

    Args:
        description: of all the work.
        total: units of all the work.

    Yields:
        A function that begins a part, of a description and so many units, in place of the one
        before; what it returns moves both bars.
    """
    with _progress() as bar:
        whole = bar.add_task(_plain(description), total=total)
        part = bar.add_task("", total=None, visible=False)

        def begin(description: str, total: float) -> Advance:
            bar.reset(part, description=_plain(description), total=total, visible=True)

            def advance(units: float) -> None:
                bar.advance(whole, units)
                bar.advance(part, units)

            return advance

        yield begin


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), Remaining()
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _plain(text: str) -> str:
    """Return a text in which rich sees no markup."""
    from rich.markup import escape

    return escape(text)
