"""Tables, fields and progress for people, on the terminal."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

Item = TypeVar("Item")

#: A width nothing reaches.
_UNBROKEN = 1_000_000


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int | None = None
) -> None:
    """Print a table; columns from the index `numbers` on are set to the right. Cells are plain text, never markup."""
    table = Table(title=_plain(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        right = numbers is not None and index >= numbers
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    _console().print(table)


def print_fields(fields: Iterable[tuple[str, str | Text]]) -> None:
    """Print names and values, a line or more each; a value that is styled already as it is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields:
        table.add_row(name, value if isinstance(value, Text) else _plain(value))
    _console().print(table)


def progress(items: Iterable[Item], what: str, total: int | None, *, shown: bool = True) -> Iterator[Item]:
    """The same items, with a progress bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        return iter(items)
    return iter(track(items, what, total=total, console=console, transient=True))


def _console() -> Console:
    """The terminal; for a file or a pipe, lines as long as they come, so that `grep` finds what it looks for."""
    console = Console()
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(width=_UNBROKEN)


def share(value: float) -> str:
    """A share (0 to 1) in per cent. Not quite all is never shown as all, nor a few as none."""
    percent = value * 100
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


def _plain(cell: str) -> Text:
    # What a page printed may hold control characters: they must not reach the terminal.
    return Text("".join(character if character.isprintable() or character == "\n" else " " for character in cell))
