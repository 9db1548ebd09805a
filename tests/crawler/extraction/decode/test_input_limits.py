"""Markup is cut only where parsing it would take too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.decode.input_limits import LARGE, LONG, MAX_ATTRIBUTES, MAX_DEPTH, limit_markup

STORY = b"<h1>T</h1><p>A story.</p>"
LONG_STORY = b"<p>%b</p>" % (b"words " * 100) * (LARGE // 600)
MANY = LONG  # so many attributes extend over more than LONG bytes


def tag(attributes: int, value: str = "", name: str = "p") -> bytes:
    return f"<{name} {' '.join(f'a{n}{value}' for n in range(attributes))}>".encode()


@pytest.mark.parametrize("value", ["", "=1", "='a b'", '="<i>"'])
@pytest.mark.parametrize("name", ["p", "p z='>'", "script", "SCRIPT"])
def test_page_is_cut_before_a_tag_with_too_many_attributes(value: str, name: str) -> None:
    assert limit_markup(STORY + tag(MANY, value, name) + b"<p>after</p>") == STORY


def test_attributes_are_counted_exactly_in_large_pages() -> None:
    filler = LONG_STORY
    assert limit_markup(filler + tag(MAX_ATTRIBUTES) + b"x") == filler + tag(MAX_ATTRIBUTES) + b"x"
    assert limit_markup(filler + tag(MAX_ATTRIBUTES + 1) + b"x") == filler


@pytest.mark.parametrize(
    "stretch",
    [
        b"<script>" + b"var a = b < c; " * MANY + b"</script>",
        b"<script>" + b"var a = b < c; " * MANY,
        b"<p data-json='" + b'{"a": [1, 2]} ' * MANY + b"'>",
        b'<p class="x""y>' + b"word " * MANY + b"</p>",
        b"<p>" + b"a long text without end " * MANY,
        b"<style>" + b"p { margin: 0 } " * MANY + b"</style>",
    ],
    ids=["script", "script without end", "one long value", "stray quote", "text", "style"],
)
def test_long_scripts_values_and_text_are_not_taken_for_attributes(stretch: bytes) -> None:
    for page in (STORY + stretch, LONG_STORY + stretch):
        assert limit_markup(page) == page


def test_page_is_cut_at_the_maximum_depth() -> None:
    deep = b"<div>" * 20_000
    assert limit_markup(STORY + deep).count(b"<div>") == MAX_DEPTH


@given(st.text(alphabet="<>/='\" a\nscript", max_size=300))
def test_short_pages_are_never_cut(markup: str) -> None:
    assert limit_markup(markup.encode()) == markup.encode()
