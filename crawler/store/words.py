"""Splits texts and queries into search words: for scripts without spaces, pairs of adjacent characters."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Scripts without spaces between words: Han, kana, Thai, Lao, Burmese, Khmer. Hangul has spaces, but is included
#: because its words carry endings.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_SPACELESS += "\U00020000-\U0003ffff"
#: Marks that are part of a word although Python's \w excludes them: Latin, Arabic, Indic and Tibetan vowel signs.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0f18-\u0f19\u0f71-\u0fbc"
_SPACELESS_RUN = re.compile(f"[{_SPACELESS}]+")
_RUN = re.compile(rf"(?P<pairs>{_SPACELESS_RUN.pattern})|(?:(?![{_SPACELESS}_])[\w{_MARKS}])+")

#: Words are cut to this many characters.
MAX_WORD_LENGTH = 40


def split_words(text: str) -> Iterator[str]:
    """Yield the index words of `text` in order, normalized in case and width.

    A run of characters of a script without spaces yields each adjacent pair and finally its last character, so that
    every character begins one word.
    """
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        found = run[0]
        if run["pairs"]:
            yield from (found[at : at + 2] for at in range(len(found)))
        else:
            yield found[:MAX_WORD_LENGTH]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must be adjacent, as written in `text`. With `is_open`, the last one is a prefix."""

    text: str
    words: tuple[str, ...]
    is_open: bool = False


def make_phrase(text: str, *, is_prefix: bool = False) -> Phrase | None:
    """Return `text` as a phrase, ``None`` if it has no words. With `is_prefix`, its last word may be longer."""
    found = list(split_words(text))
    if not found or len(found[-1]) > 1 or not _SPACELESS_RUN.match(found[-1]):
        return Phrase(text.rstrip("*"), tuple(found), is_prefix) if found else None
    # The query ends with a single character: in a longer text, that character begins a pair.
    if len(found) > 1 and len(found[-2]) == 2 and found[-2].endswith(found[-1]) and _SPACELESS_RUN.match(found[-2]):
        return Phrase(text, tuple(found[:-1]))
    return Phrase(text, tuple(found), is_open=True)
