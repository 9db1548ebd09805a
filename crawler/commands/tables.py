"""Tables for people, on the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int | None = None
) -> None:
    """Print a table; columns from the index `numbers` on are set to the right. Cells are plain text, never markup."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        right = numbers is not None and index >= numbers
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    Console().print(table)


def share(value: float) -> str:
    """A share (0 to 1) in per cent. Not quite all is never shown as all, nor a few as none."""
    percent = value * 100
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


def _plain(cell: str) -> Text:
    # What a page printed may hold control characters: they must not reach the terminal.
    return Text("".join(character if character.isprintable() else " " for character in cell))
