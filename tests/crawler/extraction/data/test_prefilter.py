"""Alternatives by first letter: a text that a pattern matches is matched by an alternative of the text's letter."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.data.prefilter import ANY, by_first_letter
from crawler.extraction.data.tables import words_of_all

PATTERNS = words_of_all(
    lambda table: (*table.headings.related.patterns, *table.headings.comments.patterns, *table.boilerplate.patterns)
)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_text_of_a_pattern_is_matched_by_its_letters_alternatives(pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(pattern), fullmatch=True))
    found = by_first_letter([pattern])
    assert any(re.match(branch, text) for branch in (*found.get(text[:1], ()), *found.get(ANY, ())))


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("read|see", {"r", "s"}),
        (r"(?:read|see) (?:also|more)", {"r", "s"}),
        (r"(?:à )?lire", {"à", "l"}),
        (r"(?:a|b(?:c|d))?(?:e|f)g", {"a", "b", "e", "f"}),
        (r"as?k", {"a"}),
        (r"a?sk", {"a", "s"}),
        (r"a{0,2}sk", {"a", ANY}),
        (r"[|)]x|\(c\)|\w+|©", {ANY}),
        (r"(?:x|\)|[)|])y", {"x", ANY}),
    ],
)
def test_first_letters_of_patterns_are_found(pattern: str, letters: set[str]) -> None:
    assert set(by_first_letter([pattern])) == letters
