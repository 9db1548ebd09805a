"""What is searched for in a text: words, and for scripts without spaces every two characters side by side."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Scripts written without spaces between words: Han, kana, Thai, Lao, Burmese, Khmer. Hangul has spaces, but its words
#: carry endings, so that it too is found by pairs.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_SPACELESS += "\U00020000-\U0003ffff"
#: Marks that are part of a word and no letters to Python: Latin, Arabic, Indic and Tibetan vowel signs.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0f18-\u0f19\u0f71-\u0fbc"
_SPACELESS_RUN = re.compile(f"[{_SPACELESS}]+")
_RUN = re.compile(rf"(?P<pairs>{_SPACELESS_RUN.pattern})|(?:(?![{_SPACELESS}_])[\w{_MARKS}])+")

#: Characters of a word that count; longer ones are no words.
LONGEST_WORD = 40


def words(text: str) -> Iterator[str]:
    """The words of `text`, in order, as they are indexed: folded in case and width. A run of characters of a script
    without spaces gives each two of them, and its last one alone, so that every character begins one word."""
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        found = run[0]
        if run["pairs"]:
            yield from (found[at : at + 2] for at in range(len(found)))
        else:
            yield found[:LONGEST_WORD]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand side by side; with `is_open` the last of them is only the beginning of one."""

    words: tuple[str, ...]
    is_open: bool = False


def phrases(query: str) -> list[Phrase]:
    """What `query` asks for, all of it: each part between blanks is a phrase."""
    return [found for part in query.split() if (found := _phrase(list(words(part)))) is not None]


def _phrase(found: list[str]) -> Phrase | None:
    if not found or len(found[-1]) > 1 or not _SPACELESS_RUN.match(found[-1]):
        return Phrase(tuple(found)) if found else None
    # The last character alone: a text may go on where the query ends, and has it as the first of a pair.
    if len(found) > 1 and len(found[-2]) == 2 and found[-2].endswith(found[-1]) and _SPACELESS_RUN.match(found[-2]):
        return Phrase(tuple(found[:-1]))
    return Phrase(tuple(found), is_open=True)
