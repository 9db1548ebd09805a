"""Digital papers are recognised by the labels of their pages, or by their addresses."""

import pytest

from crawler.extraction import Document
from crawler.survey.papers import find_paper

ARTICLES = '<map><area href="content_1.htm"><area href="content_2.htm"></map>'


def find(url: str, markup: str):
    paper = find_paper(Document(f"<html><body>{markup}</body></html>".encode(), url))
    return paper and paper.issues.template.removeprefix("http://p.example")


@pytest.mark.parametrize(
    ("path", "pages", "template"),
    [
        ("/html/2026-11/03/node_1.htm", ("node_1.htm", "node_2.htm"), "/html/{date:%Y-%m/%d}/node_1.htm"),
        ("/html/2026-11/03/node_2.htm", ("node_1.htm", "node_2.htm"), "/html/{date:%Y-%m/%d}/node_1.htm"),
        ("/rmrb/pc/layout/202611/03/node_01.html", ("node_02.html",), "/rmrb/pc/layout/{date:%Y%m/%d}/node_01.html"),
        ("/", ("/x/20261103/01.html", "/x/20261103/02.html"), "/x/{date:%Y%m%d}/01.html"),
        ("/", ("/p?d=2026.11.03", "/p?d=2026.11.03&n=2"), "/p?d={date:%Y.%m.%d}"),
    ],
)
def test_templates_of_papers(path, pages, template):
    first = 2 if "node_02" in pages[0] else 1
    links = "".join(f'<a href="{page}">第{number}版：要闻</a>' for number, page in enumerate(pages, first))
    assert find(f"http://p.example{path}", links + ARTICLES) == template


def test_make_is_known_by_its_address():
    markup = '<a href="?date=2026-11-03&page=2">Sport</a><a href="/story/7">A story about the town council</a>'
    assert find("http://p.example/paper?date=2026-11-03", markup) == "/paper?date={date:%Y-%m-%d}"


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="/2026/11/03/story.html">Council agrees on a new budget</a><a href="/2026/11/02/other.html">More</a>',
        '<a href="/news/">News</a><a href="/news/list_2.html">Page 2</a>',
    ],
)
def test_portals_are_no_papers(markup):
    assert find("http://p.example/", markup) is None
