"""Progress bars: on a terminal they show, anywhere else they are silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float], None]
"""Says that so many more units of the work are done."""


@contextmanager
def progress_bar(description: str, total: float) -> Iterator[Advance]:
    """Show one bar on standard error while the block runs.

    Args:
        description: what is being done, in a few words.
        total: units of work; the yielded function takes the units done since its last call.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), Remaining()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        yield lambda units: bar.advance(task, units)
