"""Prints the differences between two versions of an article: by word, in Chinese by character."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from crawler.commands.tables import print_fields
from crawler.store import FieldChange
from crawler.text_diff import DiffKind, DiffPiece, diff_texts

_STYLES = {DiffKind.SAME: "", DiffKind.REMOVED: "red strike", DiffKind.ADDED: "green bold"}
#: Marks around removed and added text where there are no colours.
_BRACKETS = {DiffKind.SAME: ("", ""), DiffKind.REMOVED: ("[-", "-]"), DiffKind.ADDED: ("{+", "+}")}
#: Characters of unchanged text shown on each side of a change.
_CONTEXT = 60


def print_changes(changes: Mapping[str, FieldChange]) -> None:
    """Print each changed field with its removed and added text."""
    coloured = Console().is_terminal
    print_fields((name, _render(_pieces(change), coloured=coloured)) for name, change in changes.items())


def _pieces(change: FieldChange) -> list[DiffPiece]:
    return diff_texts(_text(change.before), _text(change.after))


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple | list) else str(value) if value is not None else ""


def _render(pieces: list[DiffPiece], *, coloured: bool) -> Text:
    rendered = Text()
    for place, piece in enumerate(pieces):
        for text, style in _styled_parts(
            piece, is_first=place == 0, is_last=place == len(pieces) - 1, coloured=coloured
        ):
            rendered.append(text, style)
    return rendered


def _styled_parts(piece: DiffPiece, *, is_first: bool, is_last: bool, coloured: bool) -> Iterator[tuple[str, str]]:
    text = "".join(character if character.isprintable() or character == "\n" else " " for character in piece.text)
    if piece.kind is not DiffKind.SAME:
        before, after = ("", "") if coloured else _BRACKETS[piece.kind]
        yield f"{before}{text}{after}", _STYLES[piece.kind]
    elif len(text) <= 2 * _CONTEXT:
        yield text, ""
    else:
        yield ("" if is_first else text[:_CONTEXT]) + " … " + ("" if is_last else text[-_CONTEXT:]), ""
