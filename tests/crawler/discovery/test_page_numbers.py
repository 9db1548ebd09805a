import pytest

from crawler.discovery.page_numbers import find_numbering, has_next_link
from crawler.extraction import Document
from crawler.sites import Section

LIST = "http://a.example/news/"


def page(body: str, url: str = LIST) -> Document:
    return Document(f"<html><body>{body}</body></html>".encode(), url)


@pytest.mark.parametrize(
    ("body", "template", "second"),
    [
        ('<a href="index_1.html">2</a> <a href="index_2.html">3</a>', "index_{n}.html", LIST + "index_1.html"),
        (
            '<a href="/news/list_2.html">2</a> <a href="/news/list_3.html">3</a>',
            "list_{n+1}.html",
            LIST + "list_2.html",
        ),
        ('<a href="?page=2">2</a> <a href="?page=3">3</a>', "?page={n+1}", LIST + "?page=2"),
        ('<a href="?start=20">2</a> <a href="?start=40">3</a>', "?start={n*20}", LIST + "?start=20"),
        ('<a href="page/2/">Next »</a>', "page/{n+1}/", LIST + "page/2/"),
        ('<a href="/list/7/2">2</a> <a href="/list/7/3">3</a>', "/list/7/{n+1}", "http://a.example/list/7/2"),
        ("<script>createPageHTML(25, 0, 'index', 'html');</script>", "index_{n}.html", LIST + "index_1.html"),
    ],
)
def test_template_is_read_from_links_or_scripts(body, template, second):
    numbering = find_numbering(page(body))
    assert numbering is not None
    assert numbering.template == template
    assert Section(LIST, next=template).page_url(1) == second


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/2025/03/t20250303_1.html">12 dead</a>',
        '<a href="/calendar/2">two</a>',
        '<a href="http://other.example/news/index_1.html">2</a>',
        "<script>createPageHTML(1, 0, 'index', 'html');</script>",
    ],
)
def test_other_numbers_are_not_page_numbers(body):
    assert find_numbering(page(body)) is None


@pytest.mark.parametrize("words", ["下一页", "下一頁 >", "Next", "Next page »", "Older stories ›", "次へ"])
def test_next_link_is_recognized_by_its_text(words):
    assert has_next_link(page(f'<a href="2.html">{words}</a>'))
    assert not has_next_link(page('<a href="2.html">Next week: the fair</a>'))
    assert has_next_link(page('<link rel="next" href="2.html">'))
