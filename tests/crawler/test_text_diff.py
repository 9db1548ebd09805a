"""What differs between two wordings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.text_diff import Fate, differences


def marked(before: str, after: str) -> str:
    signs = {Fate.SAME: "{}", Fate.GONE: "[-{}]", Fate.NEW: "[+{}]"}
    return "".join(signs[piece.fate].format(piece.text) for piece in differences(before, after))


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
def test_a_change_is_shown_where_it_is(before, after, shown):
    assert marked(before, after) == shown


@settings(max_examples=100, deadline=None)
@given(st.text("ab 中文\n.", max_size=40), st.text("ab 中文\n.", max_size=40))
def test_both_wordings_can_be_read_off(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.NEW) == before
    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.GONE) == after


def test_what_is_too_long_to_compare_is_shown_whole():
    before, after = "x y " * 2_000, "z y " * 2_000
    assert len(differences(before, after)) == 2
