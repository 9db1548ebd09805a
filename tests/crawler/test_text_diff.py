"""Tests of the word-level diff."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.text_diff import DiffKind, diff_texts


def mark_up(before: str, after: str) -> str:
    marks = {DiffKind.SAME: "{}", DiffKind.REMOVED: "[-{}]", DiffKind.ADDED: "[+{}]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in diff_texts(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("The bridge opens today.", "The bridge opens tomorrow.", "The bridge opens [-today][+tomorrow]."),
        ("拉萨今日开放", "拉萨明日开放", "拉萨[-今][+明]日开放"),
        ("本报讯 拉萨市市长说", "本报讯 日喀则市长说", "本报讯 [-拉萨市][+日喀则]市长说"),
        ("one\ntwo\nthree", "one\nthree", "one\n[-two\n]three"),
        ("", "new", "[+new]"),
        ("same", "same", "same"),
        ("am 3.10. da", "am 5.11. da", "am [-3.10][+5.11]. da"),
    ],
)
def test_only_the_changed_words_are_marked(before, after, shown):
    assert mark_up(before, after) == shown


@settings(max_examples=100, deadline=None)
@given(st.text("ab 中文\n\r\f\u2028.", max_size=40), st.text("ab 中文\n\r\f\u2028.", max_size=40))
def test_both_texts_can_be_rebuilt_from_the_diff(before, after):
    pieces = diff_texts(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind is not DiffKind.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind is not DiffKind.REMOVED) == after


def test_passages_too_long_to_compare_are_replaced_as_a_whole():
    before, after = "x y " * 2_000, "z y " * 2_000
    assert len(diff_texts(before, after)) == 2
