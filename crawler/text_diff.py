"""What differs between two wordings of a text, in pieces a reader can follow: words, or characters where a script
writes no blanks between words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_TOKEN = re.compile(
    # Scripts without blanks by the character: Han, kana, Thai, Lao, Khmer, Burmese; Tibetan by its syllables.
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3040-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
    r"|[\u0f00-\u0f0a\u0f0c-\u0fff]+\u0f0b?|\w+|\s+|."
)

#: Tokens on both sides, multiplied, above which two passages are not compared word by word.
_TOO_MUCH = 4_000_000

#: Characters of a passage that stayed, between two that changed, which are too few to be read by themselves.
_SHORT = 2


class Fate(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and its fate."""

    fate: Fate
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The pieces of both wordings in reading order: those that are not NEW are `before`, those not GONE are `after`.

    Lines are compared first, then the words of those that changed.
    """
    pieces: list[Piece] = []
    for fate, one, other in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if fate is Fate.SAME:
            pieces.append(Piece(Fate.SAME, "".join(one)))
        else:
            pieces += _within("".join(one), "".join(other))
    return _joined(pieces)


def _within(before: str, after: str) -> Iterator[Piece]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > _TOO_MUCH:
        yield from (Piece(Fate.GONE, before), Piece(Fate.NEW, after))
        return
    for fate, one, other in _blocks(old, new):
        if fate is Fate.SAME:
            yield Piece(Fate.SAME, "".join(one))
        else:
            yield from (Piece(Fate.GONE, "".join(one)), Piece(Fate.NEW, "".join(other)))


def _blocks(old: list[str], new: list[str]) -> Iterator[tuple[Fate, list[str], list[str]]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        yield Fate.SAME if kind == "equal" else Fate.GONE, old[start:end], new[other_start:other_end]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """The same in fewer pieces: changes with hardly anything between them are one change."""
    joined: list[Piece] = []
    gone = new = between = ""
    for piece in pieces:
        if piece.fate is not Fate.SAME:
            gone += between + (piece.text if piece.fate is Fate.GONE else "")
            new += between + (piece.text if piece.fate is Fate.NEW else "")
            between = ""
        elif (gone or new) and len(piece.text) <= _SHORT and "\n" not in piece.text:
            between = piece.text
        else:
            joined += _changed(gone, new)
            joined.append(Piece(Fate.SAME, piece.text))
            gone = new = ""
    return joined + _changed(gone, new) + ([Piece(Fate.SAME, between)] if between else [])


def _changed(gone: str, new: str) -> list[Piece]:
    return [Piece(fate, text) for fate, text in ((Fate.GONE, gone), (Fate.NEW, new)) if text]
