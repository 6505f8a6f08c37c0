"""How tables look on the terminal."""

from rich.console import Console
from rich.table import Table as Grid

from synthgen_tf.table import Table


def print_table(table: Table) -> None:
    """Print a titled table and the note under it."""
    console = Console()
    grid = Grid(title=table.title, title_justify="left")
    for i, column in enumerate(table.columns):
        grid.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in table.rows:
        grid.add_row(*row)
    console.print()
    console.print(grid)
    if table.note:
        console.print(table.note)
