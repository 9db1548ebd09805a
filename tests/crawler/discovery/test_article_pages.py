"""Articles split over several pages: the next page and the first page."""

import pytest

from crawler.discovery.article_pages import ArticleParts, split_page_number
from crawler.extraction import extract
from crawler.extraction.document import Document

BASE = "http://a.example/2025/story.html"


def page(url: str, *links: tuple[str, str]) -> Document:
    anchors = "".join(f'<a href="{href}">{text}</a> ' for href, text in links)
    return Document(f"<html><body><p>Text of the story.</p><div>{anchors}</div></body></html>".encode(), url)


def script_page(url: str, markup: str) -> Document:
    return Document(f"<html><body><p>Text of the story.</p>{markup}</body></html>".encode(), url)


def next_page(document: Document, index: int = 0) -> str | None:
    return ArticleParts(document).find_next(index)


def first_page(document: Document) -> str | None:
    return ArticleParts(document).find_first()


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://a.example/story.html", ("http://a.example/story.html", None)),
        ("http://a.example/story_2.html", ("http://a.example/story.html", 2)),
        ("http://a.example/story/3", ("http://a.example/story", 3)),
        ("http://a.example/s?id=7&page=2", ("http://a.example/s?id=7", 2)),
        ("http://a.example/story/page/2/", ("http://a.example/story", 2)),
        ("http://a.example/story-p2.html", ("http://a.example/story.html", 2)),
        ("http://a.example/story(2).html", ("http://a.example/story.html", 2)),
        ("http://a.example/s?id=7&PageNo=2", ("http://a.example/s?id=7", 2)),
        ("http://a.example/t20250522_7012345.html", ("http://a.example/t20250522_7012345.html", None)),
        ("http://a.example/s?page=0", ("http://a.example/s?page=0", None)),
        (f"http://a.example/s?p={'9' * 5000}", (f"http://a.example/s?p={'9' * 5000}", None)),
    ],
)
def test_page_number_is_split_off_an_address(url, part):
    assert split_page_number(url) == part


@pytest.mark.parametrize("label", ["下一页", "下一頁", "下页", "Next", "next page »", "余下全文", "Weiter"])
def test_next_page_needs_a_label_and_the_next_number(label):
    assert next_page(page(BASE, ("story_2.html", label))) == "http://a.example/2025/story_2.html"
    assert next_page(page("http://a.example/2025/story_2.html", ("story_3.html", label)), 1).endswith("_3.html")


@pytest.mark.parametrize(
    ("href", "label"),
    [
        ("story_2.html", "2 comments"),
        ("other.html", "Next"),
        ("story_3.html", "Next"),
        ("story.html", "上一页"),
        ("#", "Next"),
    ],
)
def test_other_links_are_not_the_next_page(href, label):
    assert next_page(page(BASE, (href, label))) is None


def test_later_page_links_back_to_the_first():
    second = "http://a.example/2025/story_2.html"
    assert first_page(page(second, ("story.html", "1"))) == BASE
    assert first_page(page(second, ("elsewhere.html", "1"))) is None
    assert first_page(page(BASE, ("story.html", "1"))) is None


def test_page_behind_the_first_may_have_the_number_one():
    first = page(BASE, ("story.html", "1"), ("story_1.html", "2"), ("story_2.html", "3"), ("story_1.html", "下一页"))
    assert next_page(first).endswith("/story_1.html")
    second = page("http://a.example/2025/story_1.html", ("story.html", "1"), ("story_2.html", "3"))
    assert next_page(second, 1).endswith("/story_2.html")
    assert first_page(second) == BASE
    last = page("http://a.example/2025/story_2.html", ("story.html", "1"), ("story_1.html", "2"))
    assert next_page(last, 2) is None


def test_bare_numbers_lead_to_the_next_page():
    assert next_page(page(BASE, ("story_2.html", "2"), ("story_3.html", "3"))).endswith("/story_2.html")
    assert next_page(page(BASE, ("story_1.html", "2"), ("story_2.html", "3"))).endswith("/story_1.html")


@pytest.mark.parametrize(
    ("script", "second"),
    [
        ("createPageHTML(3, 0, 'story', 'html');", "story_1.html"),
        ("createPageHTML('page_div', 3, 1, 'story', 'html', 3);", "story_2.html"),
        ("var countPage = 3; var currentPage = 0; document.write('<a href=story_' + n + '.html>')", "story_1.html"),
    ],
)
def test_pager_of_a_script_leads_to_the_next_page(script, second):
    pages = ArticleParts(script_page(BASE, f"<script>{script}</script>"))
    assert pages.find_next(0) == f"http://a.example/2025/{second}"
    assert pages.count_named() == 3
    assert pages.find_first() is None


def test_pager_of_a_script_shows_that_a_page_is_a_later_one():
    later = script_page("http://a.example/2025/story_1.html", "<script>createPageHTML(3, 1, 'story', 'html');</script>")
    assert first_page(later) == BASE
    assert next_page(later, 1).endswith("/story_2.html")
    other = script_page(BASE, "<script>createPageHTML(3, 0, 'index', 'html');</script>")
    assert next_page(other) is None


@pytest.mark.parametrize(
    ("href", "label"),
    [
        ("story_all.html", "阅读全文"),
        ("story.html?page=all", "View as single page"),
        ("story_0.html", "余下全文"),
        ("story/all", "[全文浏览]"),
    ],
)
def test_page_with_the_whole_article_is_found(href, label):
    url = BASE.removesuffix(".html") if "/" in href else BASE
    assert ArticleParts(page(url, (href, label))).find_whole() == f"http://a.example/2025/{href}"


@pytest.mark.parametrize(
    ("href", "label"), [("story_2.html", "余下全文"), ("other.html", "阅读全文"), ("#", "阅读全文")]
)
def test_other_links_do_not_lead_to_the_whole_article(href, label):
    assert ArticleParts(page(BASE, (href, label))).find_whole() is None


def test_named_pages_are_counted():
    assert ArticleParts(page(BASE)).count_named() == 1
    assert ArticleParts(page(BASE, ("story_2.html", "2"), ("story_4.html", "4"))).count_named() == 4
    unreadable = page(BASE, ("javascript:turn(2)", "2"), ("javascript:turn(3)", "3"), ("javascript:turn(2)", "下一页"))
    assert ArticleParts(unreadable).find_next(0) is None
    assert ArticleParts(unreadable).count_named() == 3
    assert ArticleParts(page(BASE, ("javascript:show(2)", "2"))).count_named() == 1


def test_very_long_numbers_are_ignored():
    html = f"<h1>A title</h1><p>{'Some words of a story. ' * 20}</p><img width={'9' * 20_000} src=a.jpg>"
    assert extract(html.encode(), BASE).images == ("http://a.example/2025/a.jpg",)
