"""Word-level diff of two texts; character-level for scripts that write no spaces between words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_TOKEN = re.compile(
    # One token per character in scripts without spaces (Han, kana, Thai, Lao, Khmer, Burmese), per syllable in Tibetan.
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3040-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
    r"|[\u0f00-\u0f0a\u0f0c-\u0fff]+\u0f0b?|\w+|\s+|."
)

#: Maximum product of the token counts of two passages that are still compared word by word.
_MAX_TOKEN_PAIRS = 4_000_000

#: Unchanged text of up to so many characters between two changes is shown as part of one change.
_MAX_GAP = 2


class DiffKind(StrEnum):
    """The kind of a piece of a diff."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """A run of text that is the same in both texts, removed, or added."""

    kind: DiffKind
    text: str


def diff_texts(before: str, after: str) -> list[DiffPiece]:
    """Return the diff in reading order. All but the ADDED pieces make up `before`, all but the REMOVED ones `after`.

    Lines are compared first, then the words of the lines that changed.
    """
    pieces: list[DiffPiece] = []
    for is_same, old, new in _match_blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if is_same:
            pieces.append(DiffPiece(DiffKind.SAME, "".join(old)))
        else:
            pieces += _diff_words("".join(old), "".join(new))
    return _merge_close_changes(pieces)


def _diff_words(before: str, after: str) -> Iterator[DiffPiece]:
    old_tokens, new_tokens = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old_tokens) * len(new_tokens) > _MAX_TOKEN_PAIRS:
        yield from (DiffPiece(DiffKind.REMOVED, before), DiffPiece(DiffKind.ADDED, after))
        return
    for is_same, old, new in _match_blocks(old_tokens, new_tokens):
        if is_same:
            yield DiffPiece(DiffKind.SAME, "".join(old))
        else:
            yield from (DiffPiece(DiffKind.REMOVED, "".join(old)), DiffPiece(DiffKind.ADDED, "".join(new)))


def _match_blocks(old: list[str], new: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Yield the aligned slices of both lists, each with True if they are the same."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield tag == "equal", old[old_start:old_end], new[new_start:new_end]


def _merge_close_changes(pieces: list[DiffPiece]) -> list[DiffPiece]:
    """Merge changes separated by no more than a few unchanged characters."""
    merged: list[DiffPiece] = []
    removed = added = gap = ""
    for piece in pieces:
        if piece.kind is not DiffKind.SAME:
            removed += gap + (piece.text if piece.kind is DiffKind.REMOVED else "")
            added += gap + (piece.text if piece.kind is DiffKind.ADDED else "")
            gap = ""
        elif (removed or added) and len(gap + piece.text) <= _MAX_GAP and "\n" not in piece.text:
            gap += piece.text
        else:
            merged += _make_change(removed, added)
            merged.append(DiffPiece(DiffKind.SAME, gap + piece.text))
            removed = added = gap = ""
    return merged + _make_change(removed, added) + ([DiffPiece(DiffKind.SAME, gap)] if gap else [])


def _make_change(removed: str, added: str) -> list[DiffPiece]:
    return [DiffPiece(kind, text) for kind, text in ((DiffKind.REMOVED, removed), (DiffKind.ADDED, added)) if text]
