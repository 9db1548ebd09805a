"""Which page of a list follows."""

import pytest

from crawler.discovery.list_pagination import following_page
from crawler.extraction.document import Document
from crawler.sites import Section

LIST = "http://paper.localhost/news/"


def following(body: str, *, next: str | None = None, number: int = 0, url: str = LIST) -> str | None:
    document = Document(f"<html><body>{body}</body></html>".encode(), url)
    return following_page(document, Section(LIST, next=next), number)


@pytest.mark.parametrize(
    "words",
    [
        "下一页",
        "下一頁 >",
        "下页",
        "Next »",
        "[Next page]",
        "Older posts",
        "›",
        "»",
        "次へ",
        "Suivant",
        "older stories ›",
    ],
)
def test_links_that_say_so_are_followed(words):
    assert following(f'<p>1</p><a href="p2">{words}</a>') == f"{LIST}p2"


@pytest.mark.parametrize(
    "link",
    [
        '<a href="p0">上一页</a>',
        '<a href="p0">‹ Newer stories</a>',
        '<a href="#">›</a>',
        '<a href="javascript:next()">下一页</a>',
        '<a href="/story">Next year the bridge will open again</a>',
        '<div style="display:none"><a href="p2">下一页</a></div>',
    ],
)
def test_others_are_not(link):
    assert following(f"<p>words</p>{link}") is None


def test_markup_goes_before_words():
    assert following('<a href="w">›</a><a rel="next" href="m">3</a>') == f"{LIST}m"
    assert following('<a href="w">›</a><link rel="next" href="m">') == f"{LIST}m"


def test_a_selector_goes_before_all():
    assert following('<a rel="next" href="m">›</a><a class="more" href="s">more</a>', next="a.more") == f"{LIST}s"
    assert following('<a rel="next" href="m">›</a>', next="a.more") is None


@pytest.mark.parametrize(
    ("links", "number", "wanted"),
    [
        ("", 0, "index_1.html"),  # a script makes them
        ('<a href="index_1.html">2</a>', 0, "index_1.html"),
        ('<a href="index.html">1</a><a href="index_1.html">2</a>', 1, None),
        ('<a href="index_1.html">2</a><a href="index_2.html">3</a>', 1, "index_2.html"),
        ('<a href="index_9.html">last</a>', 3, None),
    ],
)
def test_numbered_pages_end_where_the_links_say(links, number, wanted):
    assert following(links, next="index_{n}.html", number=number) == (wanted and LIST + wanted)
