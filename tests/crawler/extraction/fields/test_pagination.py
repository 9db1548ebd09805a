"""Articles split over several pages: the next page and the first page."""

import pytest

from crawler.extraction import extract
from crawler.extraction.document import Document
from crawler.extraction.fields.pagination import first_page, next_page, split_page_number

BASE = "http://a.example/2025/story.html"


def page(url: str, *links: tuple[str, str]) -> Document:
    anchors = "".join(f'<a href="{href}">{text}</a> ' for href, text in links)
    return Document(f"<html><body><p>Text of the story.</p><div>{anchors}</div></body></html>".encode(), url)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://a.example/story.html", ("http://a.example/story.html", 1)),
        ("http://a.example/story_2.html", ("http://a.example/story.html", 2)),
        ("http://a.example/story/3", ("http://a.example/story", 3)),
        ("http://a.example/s?id=7&page=2", ("http://a.example/s?id=7", 2)),
        ("http://a.example/t20250522_7012345.html", ("http://a.example/t20250522_7012345.html", 1)),
        ("http://a.example/s?page=0", ("http://a.example/s?page=0", 1)),
        (f"http://a.example/s?p={'9' * 5000}", (f"http://a.example/s?p={'9' * 5000}", 1)),
    ],
)
def test_page_number_is_split_off_an_address(url, part):
    assert split_page_number(url) == part


@pytest.mark.parametrize("label", ["下一页", "下一頁", "下页", "Next", "next page »", "余下全文", "Weiter"])
def test_next_page_needs_a_label_and_the_next_number(label):
    assert next_page(page(BASE, ("story_2.html", label))) == "http://a.example/2025/story_2.html"
    assert next_page(page("http://a.example/2025/story_2.html", ("story_3.html", label))).endswith("_3.html")


@pytest.mark.parametrize(
    ("href", "label"),
    [("story_2.html", "2"), ("other.html", "Next"), ("story_3.html", "Next"), ("story.html", "上一页"), ("#", "Next")],
)
def test_other_links_are_not_the_next_page(href, label):
    assert next_page(page(BASE, (href, label))) is None


def test_later_page_links_back_to_the_first():
    second = "http://a.example/2025/story_2.html"
    assert first_page(page(second, ("story.html", "1"))) == BASE
    assert first_page(page(second, ("elsewhere.html", "1"))) is None
    assert first_page(page(BASE, ("story.html", "1"))) is None


def test_very_long_numbers_are_ignored():
    html = f"<h1>A title</h1><p>{'Some words of a story. ' * 20}</p><img width={'9' * 20_000} src=a.jpg>"
    assert extract(html.encode(), BASE).images == ("http://a.example/2025/a.jpg",)
