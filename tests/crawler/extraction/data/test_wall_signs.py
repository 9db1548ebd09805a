"""Signs of walls in titles and lines of any length."""

import pytest

from crawler.extraction.data.wall_signs import find_phrases, find_title


@pytest.mark.parametrize(
    "text", ["a" + " " * 400_000 + "b", "-" * 400_000, "a | " * 100_000, "\u2014" * 400_000 + "\u4e2d"]
)
def test_hostile_titles_and_lines_take_no_time(text):
    assert find_title(text) is None
    assert not list(find_phrases(text))


def test_blanks_in_a_title_do_not_matter():
    assert (
        find_title("Just  a \n moment...  |  County News") == find_title("Just a moment... | County News") is not None
    )
