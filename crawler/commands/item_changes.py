"""What differs between two versions of an article, on the terminal: word by word, by the character in Chinese."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from crawler.commands.tables import print_fields
from crawler.store import FieldChange
from crawler.text_diff import DiffKind, DiffPiece, diff_texts

_STYLES = {DiffKind.SAME: "", DiffKind.REMOVED: "red strike", DiffKind.ADDED: "green bold"}
#: Around what is gone and what is new, where there are no colours to tell them by.
_BRACKETS = {DiffKind.SAME: ("", ""), DiffKind.REMOVED: ("[-", "-]"), DiffKind.ADDED: ("{+", "+}")}
#: Characters shown of a stretch that stayed, beside what changed.
_CONTEXT = 60


def print_changes(changes: Mapping[str, FieldChange]) -> None:
    """Print each field that changed, with what is gone from it and what is new in it."""
    coloured = Console().is_terminal
    print_fields((name, _shown(_pieces(change), coloured=coloured)) for name, change in changes.items())


def _pieces(change: FieldChange) -> list[DiffPiece]:
    return diff_texts(_text(change.before), _text(change.after))


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple | list) else str(value) if value is not None else ""


def _shown(pieces: list[DiffPiece], *, coloured: bool) -> Text:
    shown = Text()
    for place, piece in enumerate(pieces):
        for text, style in _parts(piece, is_first=place == 0, is_last=place == len(pieces) - 1, coloured=coloured):
            shown.append(text, style)
    return shown


def _parts(piece: DiffPiece, *, is_first: bool, is_last: bool, coloured: bool) -> Iterator[tuple[str, str]]:
    text = "".join(one if one.isprintable() or one == "\n" else " " for one in piece.text)
    if piece.kind is not DiffKind.SAME:
        before, after = ("", "") if coloured else _BRACKETS[piece.kind]
        yield f"{before}{text}{after}", _STYLES[piece.kind]
    elif len(text) <= 2 * _CONTEXT:
        yield text, ""
    else:
        yield ("" if is_first else text[:_CONTEXT]) + " … " + ("" if is_last else text[-_CONTEXT:]), ""
