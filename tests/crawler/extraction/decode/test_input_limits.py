"""Markup is cut where parsing it would take too long, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.decode.input_limits import LARGE, LONG, MAX_ATTRIBUTES, MAX_DEPTH, limit_markup

STORY = b"<h1>T</h1><p>A story.</p>"
LONG_STORY = b"<p>%b</p>" % (b"words " * 100) * (LARGE // 600)
ENOUGH = LONG  # attributes that fill a long stretch


def tag(attributes: int, value: str = "", name: str = "p") -> bytes:
    return f"<{name} {' '.join(f'a{n}{value}' for n in range(attributes))}>".encode()


@pytest.mark.parametrize("value", ["", "=1", "='a b'", '="<i>"'])
@pytest.mark.parametrize("name", ["p", "p z='>'", "script", "SCRIPT"])
def test_a_tag_of_many_attributes_ends_the_page(value: str, name: str) -> None:
    assert limit_markup(STORY + tag(ENOUGH, value, name) + b"<p>after</p>") == STORY


def test_attributes_of_long_pages_are_counted_one_by_one() -> None:
    filler = LONG_STORY
    assert limit_markup(filler + tag(MAX_ATTRIBUTES) + b"x") == filler + tag(MAX_ATTRIBUTES) + b"x"
    assert limit_markup(filler + tag(MAX_ATTRIBUTES + 1) + b"x") == filler


@pytest.mark.parametrize(
    "stretch",
    [
        b"<script>" + b"var a = b < c; " * ENOUGH + b"</script>",
        b"<script>" + b"var a = b < c; " * ENOUGH,
        b"<p data-json='" + b'{"a": [1, 2]} ' * ENOUGH + b"'>",
        b'<p class="x""y>' + b"word " * ENOUGH + b"</p>",
        b"<p>" + b"a long text without end " * ENOUGH,
        b"<style>" + b"p { margin: 0 } " * ENOUGH + b"</style>",
    ],
    ids=["script", "script without end", "one long value", "stray quote", "text", "style"],
)
def test_long_stretches_of_other_things_are_no_attributes(stretch: bytes) -> None:
    for page in (STORY + stretch, LONG_STORY + stretch):
        assert limit_markup(page) == page


def test_nesting_is_cut_at_its_depth() -> None:
    deep = b"<div>" * 20_000
    assert limit_markup(STORY + deep).count(b"<div>") == MAX_DEPTH


@given(st.text(alphabet="<>/='\" a\nscript", max_size=300))
def test_short_pages_are_never_cut(markup: str) -> None:
    assert limit_markup(markup.encode()) == markup.encode()
