"""Pages of digital papers: which links lead to other pages of the issue, which to articles."""

from datetime import date

import pytest

from crawler.discovery.paper_pages import read_issue_page
from crawler.extraction import Document
from crawler.sites import IssueUrl

DAY = date(2026, 11, 3)
TITLES = (
    "全市召开安全生产工作会议部署近期重点任务",
    "老城区供水管网改造工程昨日全面完工通水",
    "秋收进入尾声粮食收购价格保持平稳运行",
)


def read(template: str, markup: str, url: str | None = None):
    issues = IssueUrl(f"http://p.example{template}")
    own = issues.url(DAY)
    document = Document(
        f"<html><body>{markup}</body></html>".encode(), url or own, content_type="text/html; charset=utf-8"
    )
    return read_issue_page(document, issues, DAY, [own, document.url])


def links(*pairs):
    return "<ul>" + "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in pairs) + "</ul>"


def paths(urls):
    return [url.removeprefix("http://p.example") for url in urls]


def test_founder_pages_and_areas():
    page = read(
        "/html/{date:%Y-%m/%d}/node_1.htm",
        links(("node_1.htm", "第01版：头版"), ("node_2.htm", "第02版：要闻"), ("1.pdf", "PDF"))
        + '<map><area href="content_9.htm?div=-1"></map>'
        + links(("content_9.htm", TITLES[0]), ("../02/node_1.htm", "上一期"), ("node_2.htm", "下一版")),
    )
    assert paths(page.pages) == ["/html/2026-11/03/node_2.htm"]
    assert page.pages["http://p.example/html/2026-11/03/node_2.htm"] == ("02", "要闻")
    assert page.label == ("01", "头版")
    assert paths(page.articles) == ["/html/2026-11/03/content_9.htm"]


@pytest.mark.parametrize(
    ("template", "pages", "articles"),
    [
        ("/{date:%Y%m%d}/", ("A02.html", "A3.html"), ("A02/1001.html", "A02/1002.html")),
        (
            "/paper?d={date:%Y-%m-%d}",
            ("/paper?d=2026-11-03&bc=02", "/paper?d=2026-11-03&bc=03"),
            ("/read?id=7", "/read?id=8"),
        ),
        (
            "/{date:%Y/%m/%d}/index.html",
            ("page-2.html", "page-3.html"),
            ("some-story-of-the-day.html", "another-one.html"),
        ),
        ("/{date:%Y-%m-%d}/1.shtml", ("2.shtml", "3.shtml"), ("/art/20001.shtml", "/art/20002.shtml")),
    ],
)
def test_unknown_makes(template, pages, articles):
    markup = links(*((href, f"第{number}版") for number, href in enumerate(pages, 2)))
    markup += links(*zip((*articles, "/read?id=9" if "read" in articles[0] else "zzz.jpg"), TITLES, strict=True))
    if "read" not in articles[0]:
        markup += "".join(f'<area href="{href}">' for href in articles)
    page = read(template, markup)
    assert len(page.pages) == 2, page
    assert len(page.articles) == 2 + ("read" in articles[0]), page


def test_pages_and_articles_of_one_shape_are_told_apart_by_their_texts():
    pages = (("2.htm", "第02版"), ("3.htm", "第03版"))
    page = read("/{date:%Y%m%d}/1.htm", links(*pages, ("501.htm", TITLES[0]), ("502.htm", TITLES[1])))
    assert paths(page.pages) == ["/20261103/2.htm", "/20261103/3.htm"]
    assert paths(page.articles) == ["/20261103/501.htm", "/20261103/502.htm"]


@pytest.mark.parametrize(
    ("template", "pages", "articles"),
    [
        (
            "/paper?date={date:%Y-%m-%d}",
            ("?date=2026-11-03&page=2", "?date=2026-11-03&page=B1"),
            ("/story/7", "/story/8"),
        ),
        ("/e/{date:%Y-%m-%d}/", ("2.html", "page/3"), ("council-agrees-on-budget.html", "bridge-opens-again.html")),
        ("/e/{date:%Y-%m-%d}/index.html", ("page2.html", "page3.html"), ("12.html", "13.html")),
    ],
)
def test_pages_named_by_their_section(template, pages, articles):
    titles = ("Council agrees on a new budget for the town", "Bridge opens again after three years of repairs")
    markup = links(*zip(pages, ("Sport", "Business"), strict=True)) + links(*zip(articles, titles, strict=True))
    page = read(template, markup + "".join(f'<area href="{href}">' for href in articles))
    assert (len(page.pages), len(page.articles)) == (2, 2), page
    assert {label and label.section for label in page.pages.values()} == {"Sport", "Business"}
