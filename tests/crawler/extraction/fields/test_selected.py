"""Nodes that a page class selects: those without the field's kind of value count as absent and are named."""

import pytest

from crawler.extraction import Document
from crawler.extraction.page import ArticlePage, css

STORY = "".join(
    f"<p>{text}</p>"
    for text in (
        "本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。",
        "馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。",
        "据了解，旧馆将改建为少年宫，预计明年六月完工，届时将免费向全县中小学生开放，欢迎广大市民前往参观。",
    )
)
URL = "http://news.county.example/2024/05/07/1.html"
RIGHT = {"title": "县城图书馆开放", "date": "2024-05-06T07:08+08:00", "source": "江城日报", "editor": "周明"}


class SpansPage(ArticlePage):
    timezone = "Asia/Shanghai"
    title = css("div.top > .one")
    date = css("div.line > span:nth-child(1)")
    source = css("div.line > span:nth-child(2)")
    editor = css("div.foot > span:nth-child(1)")
    authors = css("div.line > span:nth-child(3)")


def read(head: str, foot: str = "<div class=foot><span>责编：周明</span></div>") -> ArticlePage:
    html = f"<html lang=zh><title>县城图书馆开放_某某网</title><body>{head}<div>{STORY}</div>{foot}</body></html>"
    return SpansPage.read(Document(html.encode(), URL))


def line(*spans: str) -> str:
    inner = "".join(f"<span>{span}</span>" for span in spans)
    return f"<div class=top><h1 class=one>县城图书馆开放</h1></div><div class=line>{inner}</div>"


def test_selectors_read_their_nodes():
    article = read(line("2024-05-06 07:08", "江城日报", "王晓红 李明")).article
    assert {name: getattr(article, name) for name in RIGHT} == RIGHT
    assert article.authors == ("王晓红", "李明")
    for name in ("title", "source", "editor", "authors"):
        assert article.evidence[name].rule == f"page.{name}"


@pytest.mark.parametrize(
    ("head", "absent"),
    [
        (line("", "2024-05-06 07:08", "来源：江城日报"), ["date", "source", "authors"]),
        (line("来源：江城日报", "2024-05-06 07:08"), ["date", "source", "authors"]),
        (line("要闻", "来源：江城日报", "2024-05-06 07:08"), ["date", "authors"]),
        (line("点击：12", "分享", "2024-05-06 07:08 来源：江城日报"), ["date", "source", "authors"]),
        ("<h1>县城图书馆开放</h1><div>2024-05-06 07:08 来源：江城日报</div>", ["title", "date", "source", "authors"]),
        (
            "<div class=top><div class=one>2024-05-06 07:08</div></div><h1>县城图书馆开放</h1>"
            "<div>2024-05-06 07:08 来源：江城日报</div>",
            ["title", "date", "source", "authors"],
        ),
    ],
    ids=["empty first span", "other order", "section first", "counter first", "no nodes", "date as title"],
)
def test_node_without_the_kind_of_value_counts_as_absent(head, absent):
    article = read(head).article
    assert {name: getattr(article, name) for name in RIGHT} == RIGHT
    named = {
        rule.split(".")[1]
        for evidence in article.evidence.values()
        for rule, _ in ((evidence.rule, ""), *evidence.others)
        if rule.endswith(".absent")
    }
    assert named == set(absent)


def test_editor_is_not_read_from_the_node_of_the_source():
    article = read(line("2024-05-06 07:08", "江城日报"), "<div class=foot><span>来源：江城日报</span></div>").article
    assert article.editor is None
    assert article.evidence["editor"].rule == "page.editor.absent"
    assert "来源：江城日报" in article.evidence["editor"].text


def test_every_node_of_the_authors_counts():
    class LinksPage(ArticlePage):
        authors = css("a.name")

    html = (
        "<html lang=en><body><h1>The old bridge opens again</h1><p>By <a class=name>Jane Doe</a> and "
        f"<a class=name>John Roe</a> <a class=name>12 May 2024</a></p>{STORY}</body></html>"
    )
    article = LinksPage.read(Document(html.encode(), URL)).article
    assert article.authors == ("Jane Doe", "John Roe")
    assert article.evidence["authors"].rule == "page.authors"
