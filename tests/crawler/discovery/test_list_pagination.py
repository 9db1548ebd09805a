"""Tests of list pagination."""

import pytest

from crawler.discovery.list_pagination import find_next_page
from crawler.extraction.document import Document
from crawler.sites import Section

LIST = "http://paper.localhost/news/"


def next_page(body: str, *, next: str | None = None, number: int = 0, url: str = LIST) -> str | None:
    document = Document(f"<html><body>{body}</body></html>".encode(), url)
    return find_next_page(document, Section(LIST, next=next), number)


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
def test_links_to_the_next_page_are_recognized(words):
    assert next_page(f'<p>1</p><a href="p2">{words}</a>') == f"{LIST}p2"


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
def test_other_links_are_ignored(link):
    assert next_page(f"<p>words</p>{link}") is None


def test_markup_takes_precedence_over_link_text():
    assert next_page('<a href="w">›</a><a rel="next" href="m">3</a>') == f"{LIST}m"
    assert next_page('<a href="w">›</a><link rel="next" href="m">') == f"{LIST}m"


def test_selector_of_the_site_file_takes_precedence():
    assert next_page('<a rel="next" href="m">›</a><a class="more" href="s">more</a>', next="a.more") == f"{LIST}s"
    assert next_page('<a rel="next" href="m">›</a>', next="a.more") is None


@pytest.mark.parametrize(
    ("links", "number", "wanted"),
    [
        ("", 0, "index_1.html"),  # the page numbers are drawn by a script
        ('<a href="index_1.html">2</a>', 0, "index_1.html"),
        ('<a href="index.html">1</a><a href="index_1.html">2</a>', 1, None),
        ('<a href="index_1.html">2</a><a href="index_2.html">3</a>', 1, "index_2.html"),
        ('<a href="index_9.html">last</a>', 3, None),
    ],
)
def test_numbered_pages_end_at_the_last_linked_page(links, number, wanted):
    assert next_page(links, next="index_{n}.html", number=number) == (wanted and LIST + wanted)
