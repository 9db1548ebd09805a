"""Labels that announce who a story is from and when it appeared, compiled from the language tables.

A page is read with the labels of its own language and with those of the languages whose table says that they are used
on other pages too (`tables.Language.labels_on_other_pages`).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from msgspec import Struct

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.scripts import letters_of_language
from crawler.extraction.data.tables import Language, Role, language, languages

__all__ = ["Label", "LabelMatcher", "Role", "label_matcher"]

#: Joins the letters of a label that may be printed with a blank between any two of them.
_JOINT = "\x1f"


class Label(Struct, frozen=True):
    """A label, what it announces, and how its value is read."""

    text: str
    role: Role
    rank: int
    needs_separator: bool
    name_shape: Literal["han", "western"]
    in_head_only: bool  #: of something else below the head
    gives_value: bool  #: false for a label of another language that only ends the value before it


class LabelMatcher:
    """The labels that are read on pages of one language.

    `pattern` is a regular expression that matches any of them, the longest where several do.
    """

    def __init__(self, code: str | None) -> None:
        labels = dict(_labels_for(code))
        self._by_letters: Mapping[str, Label] = {_letters(text): label for text, (label, _) in labels.items()}
        spellings = [_JOINT.join(text) if is_spaced else text for text, (_, is_spaced) in labels.items()]
        self.pattern = any_of(spellings, written_as={_JOINT: r"[\s\u3000]?"})
        self._any_label = re.compile(any_of(map(_letters, labels)))
        self._any_ascii_label = re.compile(any_of(filter(str.isascii, labels)))

    def label(self, matched: str) -> Label:
        """Return the label that `pattern` matched in a text."""
        return self._by_letters[_letters(matched)]

    def may_match(self, text: str) -> bool:
        """Return False if no label's letters are in a text: true of most lines, and found out quickly."""
        if text.isascii():
            return self._any_ascii_label.search(text) is not None
        return self._any_label.search(_letters(text)) is not None


@cache
def label_matcher(code: str | None) -> LabelMatcher:
    """Return the matcher for pages of the language `code`; ``None`` where the language is not known."""
    table = language(code)
    if code is not None and (not table.labels or table.labels_on_other_pages == "values"):
        return label_matcher(None)  # the same labels, compiled once
    return LabelMatcher(code)


def _labels_for(code: str | None) -> Iterator[tuple[str, tuple[Label, bool]]]:
    """Yield the labels for pages of a language, also in capitals, its own last: they replace those of the same text."""
    for other, table in languages().items():
        if other != code and table.labels_on_other_pages != "no":
            yield from _labels_of(other, table, gives_value=table.labels_on_other_pages == "values")
    yield from _labels_of(code or "", language(code), gives_value=True)


def _labels_of(code: str, table: Language, *, gives_value: bool) -> Iterator[tuple[str, tuple[Label, bool]]]:
    own_letter = re.compile(f"[{letters_of_language(code) or 'a-zA-Z'}]")
    as_listed = {word for group in table.labels for word in group.words}
    for group in table.labels:
        variants = [form for word in group.words for form in (word.upper(), word.title()) if form not in as_listed]
        for text in (*variants, *group.words):
            label = Label(
                text, group.role, group.rank, group.needs_separator, table.name_shape, group.in_head_only, gives_value
            )
            yield text, (label, table.letters_may_be_spaced and own_letter.search(text) is not None)


def _letters(text: str) -> str:
    return "".join(text.split())
