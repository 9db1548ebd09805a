"""Prints tables, fields and progress bars on the terminal.

Names, URLs and digests are never broken, so that they can be copied: one that is too long runs over the end of its
line, and the terminal wraps it. In a file or pipe each row is one line, so that `grep` finds it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.progress import track
from rich.text import Text

Item = TypeVar("Item")

#: The width of files and pipes: lines are never wrapped.
_UNLIMITED_WIDTH = 1_000_000

#: Terminal cells between two columns.
_GAP = 2

#: The smallest width that a wider column is reduced to.
_MIN_WIDTH = 16

# A word with the blanks after it. Chinese text may be broken between any two characters.
_WORD = re.compile(r"(?:[\u2e80-\U0010ffff]|[^\s\u2e80-\U0010ffff]+)\s*")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int | None = None
) -> None:
    """Print a table, or each row as fields if the terminal is too narrow for the table.

    Columns from the index `numbers` on are right-aligned. Cells are plain text, never markup.
    """
    console = _console()
    header = [Text(column, style="bold") for column in columns]
    cells = [[_plain(cell.replace("\n", " ")) for cell in row] for row in rows]
    _print_line(console, Text(_plain(title).plain, style="italic"))
    widths = _fit_widths([header, *cells], console.width)
    if widths is None:
        for row in cells:
            console.print()
            print_fields(zip(columns, row, strict=True))
        return
    first_number = len(columns) if numbers is None else numbers
    for row in [header, *cells]:
        wrapped = [_wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=Text()):
            _print_line(console, _join_cells(parts, widths, first_number))


def print_fields(fields: Iterable[tuple[str, str | Text]]) -> None:
    """Print one name and value per line, with long values wrapped. A Text value keeps its style."""
    console = _console()
    lines = [(Text(name, style="bold"), value if isinstance(value, Text) else _plain(value)) for name, value in fields]
    indent = max((name.cell_len for name, _ in lines), default=0)
    for name, value in lines:
        for part, label in zip_longest(_wrap(value, console.width - indent - _GAP), [name], fillvalue=Text()):
            _print_line(console, _join_cells([label, part], [indent, 0], 2))


def show_progress(items: Iterable[Item], label: str, total: int | None, *, shown: bool = True) -> Iterator[Item]:
    """Return an iterator over `items` that shows a progress bar on stderr if that is a terminal."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        return iter(items)
    return iter(track(items, label, total=total, console=console, transient=True))


def format_share(value: float) -> str:
    """Format a share (0 to 1) in per cent. Only exactly 0 and 1 are shown as 0 % and 100 %."""
    percent = value * 100
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_UNLIMITED_WIDTH)


def _print_line(console: Console, line: Text) -> None:
    line.rstrip()
    console.print(line, soft_wrap=True)


def _join_cells(parts: Sequence[Text], widths: Sequence[int], first_number: int) -> Text:
    line = Text()
    for index, (part, width) in enumerate(zip(parts, widths, strict=True)):
        blank = " " * (width - part.cell_len)
        line.append(" " * _GAP if index else "")
        line = line + blank + part if index >= first_number else line + part + blank
    return line


def _fit_widths(rows: Sequence[Sequence[Text]], available: int) -> list[int] | None:
    """Return column widths that fit into `available` cells, or None if words would have to be broken."""
    columns = list(zip(*rows, strict=True))
    widths = [max(cell.cell_len for cell in column) for column in columns]
    available -= _GAP * (len(columns) - 1)
    if sum(widths) <= available:
        return widths
    minimum = [max(map(_min_width, column)) for column in columns]
    if sum(minimum) > available:
        return None
    while sum(widths) > available:
        widest = max((index for index in range(len(widths)) if widths[index] > minimum[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _min_width(text: Text) -> int:
    """Return the smallest column width for `text`: its longest word, or _MIN_WIDTH if that is more."""
    longest = max((cell_len(word.rstrip()) for word in _WORD.findall(text.plain)), default=0)
    return max(longest, min(text.cell_len, _MIN_WIDTH))


def _wrap(text: Text, width: int) -> list[Text]:
    return [
        part for line in text.split("\n", allow_blank=True) for part in line.divide(_find_breaks(line.plain, width))
    ]


def _find_breaks(line: str, width: int) -> list[int]:
    """Return the offsets between words at which to break `line` so that no part is wider than `width`."""
    breaks, used = [], 0
    for word in _WORD.finditer(line):
        if used and used + cell_len(word[0].rstrip()) > width:
            breaks.append(word.start())
            used = 0
        used += cell_len(word[0])
    return breaks


def _plain(cell: str) -> Text:
    # Text from a page may contain control characters, which must not reach the terminal.
    return Text("".join(character if character.isprintable() or character == "\n" else " " for character in cell))
