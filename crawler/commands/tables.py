"""Tables, fields and progress for people, on the terminal.

Names, URLs and digests are never broken: one that has no room runs over the end of its line, where the terminal wraps
it, and is copied whole. In a file or a pipe a row is one line, however long, so that `grep` finds what it looks for.
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

#: A width nothing reaches.
_UNBROKEN = 1_000_000

#: Cells between two columns.
_GAP = 2

#: Cells that a column of more is never made narrower than.
_FEW = 16

# A word with the blanks behind it. Chinese may be broken anywhere.
_WORD = re.compile(r"(?:[\u2e80-\U0010ffff]|[^\s\u2e80-\U0010ffff]+)\s*")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int | None = None
) -> None:
    """Print a table; where its words have no room beside each other, each row as fields, one below the other.

    Columns from the index `numbers` on are set to the right. Cells are plain text, never markup.
    """
    console = _console()
    header = [Text(column, style="bold") for column in columns]
    cells = [[_plain(cell.replace("\n", " ")) for cell in row] for row in rows]
    _print(console, Text(_plain(title).plain, style="italic"))
    widths = _widths([header, *cells], console.width)
    if widths is None:
        for row in cells:
            console.print()
            print_fields(zip(columns, row, strict=True))
        return
    first_number = len(columns) if numbers is None else numbers
    for row in [header, *cells]:
        wrapped = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=Text()):
            _print(console, _line(parts, widths, first_number))


def print_fields(fields: Iterable[tuple[str, str | Text]]) -> None:
    """Print names and values, a line or more each; a value that is styled already as it is."""
    console = _console()
    told = [(Text(name, style="bold"), value if isinstance(value, Text) else _plain(value)) for name, value in fields]
    indent = max((name.cell_len for name, _ in told), default=0)
    for name, value in told:
        for line, label in zip_longest(_wrapped(value, console.width - indent - _GAP), [name], fillvalue=Text()):
            _print(console, _line([label, line], [indent, 0], 2))


def progress(items: Iterable[Item], what: str, total: int | None, *, shown: bool = True) -> Iterator[Item]:
    """The same items, with a progress bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        return iter(items)
    return iter(track(items, what, total=total, console=console, transient=True))


def share(value: float) -> str:
    """A share (0 to 1) in per cent. Not quite all is never shown as all, nor a few as none."""
    percent = value * 100
    if 0 < percent < 1 or 99 < percent < 100:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_UNBROKEN)


def _print(console: Console, line: Text) -> None:
    line.rstrip()
    console.print(line, soft_wrap=True)


def _line(parts: Sequence[Text], widths: Sequence[int], first_number: int) -> Text:
    line = Text()
    for index, (part, width) in enumerate(zip(parts, widths, strict=True)):
        blank = " " * (width - part.cell_len)
        line.append(" " * _GAP if index else "")
        line = line + blank + part if index >= first_number else line + part + blank
    return line


def _widths(rows: Sequence[Sequence[Text]], room: int) -> list[int] | None:
    """The widths of the columns so that a line has `room`; ``None`` when some word would have to be broken for it."""
    columns = list(zip(*rows, strict=True))
    widths = [max(cell.cell_len for cell in column) for column in columns]
    room -= _GAP * (len(columns) - 1)
    if sum(widths) <= room:
        return widths
    least = [max(map(_least, column)) for column in columns]
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((index for index in range(len(widths)) if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _least(text: Text) -> int:
    """The cells that `text` must have: of a longer word all, of Chinese a few."""
    longest = max((cell_len(word.rstrip()) for word in _WORD.findall(text.plain)), default=0)
    return max(longest, min(text.cell_len, _FEW))


def _wrapped(text: Text, width: int) -> list[Text]:
    return [part for line in text.split("\n", allow_blank=True) for part in line.divide(_breaks(line.plain, width))]


def _breaks(line: str, width: int) -> list[int]:
    """Where `line` is broken to have `width`: between words."""
    breaks, used = [], 0
    for word in _WORD.finditer(line):
        if used and used + cell_len(word[0].rstrip()) > width:
            breaks.append(word.start())
            used = 0
        used += cell_len(word[0])
    return breaks


def _plain(cell: str) -> Text:
    # What a page printed may hold control characters: they must not reach the terminal.
    return Text("".join(character if character.isprintable() or character == "\n" else " " for character in cell))
