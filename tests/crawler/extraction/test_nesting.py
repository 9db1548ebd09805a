"""Markup is cut where parsing it would take too long, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.nesting import LARGE, LONG, MAX_ATTRIBUTES, MAX_DEPTH, bounded, is_modest

STORY = "<h1>T</h1><p>A story.</p>"
LONG_STORY = f"<p>{'words ' * 100}</p>" * (LARGE // 600)
ENOUGH = LONG  # attributes that fill a long stretch


def tag(attributes: int, value: str = "") -> str:
    return "<p " + " ".join(f"a{n}{value}" for n in range(attributes)) + ">"


@pytest.mark.parametrize("value", ["", "=1", "='a b'", '="<i>"'])
@pytest.mark.parametrize("padding", ["", "z='>' "])
def test_a_tag_of_many_attributes_ends_the_page(value: str, padding: str) -> None:
    crowded = tag(ENOUGH, value).replace("<p ", f"<p {padding}")
    assert not is_modest((STORY + crowded).encode())
    assert bounded(STORY + crowded + "<p>after</p>") == STORY


def test_attributes_of_long_pages_are_counted_one_by_one() -> None:
    filler = LONG_STORY
    assert bounded(filler + tag(MAX_ATTRIBUTES) + "x") == filler + tag(MAX_ATTRIBUTES) + "x"
    assert bounded(filler + tag(MAX_ATTRIBUTES + 1) + "x") == filler


@pytest.mark.parametrize(
    "stretch",
    [
        "<script>" + "var a = b < c; " * ENOUGH + "</script>",
        "<p data-json='" + '{"a": [1, 2]} ' * ENOUGH + "'>",
        '<p class="x""y>' + "word " * ENOUGH + "</p>",
        "<p>" + "a long text without end " * ENOUGH,
        "<style>" + "p { margin: 0 } " * ENOUGH + "</style>",
    ],
    ids=["script", "one long value", "stray quote", "text", "style"],
)
def test_long_stretches_of_other_things_are_no_attributes(stretch: str) -> None:
    for page in (STORY + stretch, LONG_STORY + stretch):
        assert bounded(page) == page


def test_nesting_is_cut_at_its_depth() -> None:
    deep = "<div>" * 20_000
    assert bounded(STORY + deep).count("<div>") == MAX_DEPTH


@given(st.text(alphabet="<>/='\" a\nscript", max_size=300))
def test_short_pages_are_never_cut(markup: str) -> None:
    assert is_modest(markup.encode())
    assert bounded(markup) == markup
