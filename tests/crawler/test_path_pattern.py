"""Patterns for article paths: read as `re` reads them, and limited in time."""

import pytest

from crawler.sites.path_pattern import PathPattern, PatternError, PatternTimeout

#: Exponential for every engine that backtracks: both alternatives match each letter.
SLOW = r"^/news/(?:[a-z]|[a-z0-9])+$"


def test_ordinary_pattern_is_found_anywhere_in_the_path():
    pattern = PathPattern(r"/t\d{8}_\d+\.html$", "town.toml")
    assert pattern.matches("/news/t20260520_7.html")
    assert not pattern.matches("/news/list.html")
    assert pattern.find_slow_path(["/news/t20260520_7.html", "/news/list.html"]) is None


def test_slow_match_ends_and_names_pattern_and_file():
    pattern = PathPattern(SLOW, "town.toml")
    assert pattern.matches("/news/abc")
    for _ in range(2):
        with pytest.raises(PatternTimeout, match=r"\[a-z0-9\].* in town\.toml"):
            pattern.matches(f"/news/{'a' * 60}!")


def test_slow_pattern_is_found_by_a_longer_path_of_the_same_kind():
    assert PathPattern(SLOW).find_slow_path(["/news/abc"]).startswith("/news/abcabc")


def test_text_that_is_no_pattern_is_refused():
    with pytest.raises(PatternError, match=r"missing \)"):
        PathPattern("(news")
