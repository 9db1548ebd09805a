"""The article's title on whole pages: printed in any element, without site names, decoys ignored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.document import Document
from crawler.extraction.evidence import FieldValue
from crawler.extraction.fields.title import find_title
from crawler.extraction.fields.title_statements import remove_site_name, title_key

TITLE = "县城新修的图书馆本周向读者开放"
ENGLISH = "New library opens its doors in the old mill town"
PROSE = (
    "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。</p>"
    "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时，周末不休息。</p>"
)
ENGLISH_PROSE = (
    "<p>The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said.</p><p>It holds twice as many books as the old one, the director said.</p>"
)


def chinese(body: str, title: str | None = f"{TITLE}_某某门户", meta: str = "") -> bytes:
    head = f"<title>{title}</title>" if title else ""
    return (
        f'<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">{head}{meta}</head><body>{body}{PROSE}'
        '<h3>相关新闻</h3><ul><li><a href="/1">全省道路维修工程全面启动</a></li></ul></body></html>'
    ).encode()


def english(body: str, title: str = f"{ENGLISH} | The Mill", meta: str = "") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{meta}</head>'
        f"<body>{body}{ENGLISH_PROSE}<h2>Most read</h2><h3><a href='/1'>Road works begin</a></h3></body></html>"
    ).encode()


def read(html: bytes) -> FieldValue | None:
    return find_title(Document(html, "https://news.example.com/a/1.html"))


def og(text: str) -> str:
    return f'<meta property="og:title" content="{text}">'


PRINTED = [
    *(f"<{tag}>{TITLE}</{tag}>" for tag in ("h1", "h2", "h3", "h4", "h5", "div", "p", "span", "b")),
    f"<table><tr><td align=center class=bt>{TITLE}</td></tr></table>",
    f"<div class='article-title'>{TITLE}</div>",
    f"<h1 class='logo'>某某门户</h1><h2>{TITLE}</h2>",
    f"<h1><a href='/'>某某门户</a></h1><div class='title'>{TITLE}</div>",
    f"<h1>{TITLE}</h1><h3>首日两千三百多名读者前来借阅</h3>",
    f"<h1>{TITLE[:8]}<br>{TITLE[8:]}</h1>",
    f"<h1><span>{TITLE[:8]}</span>{TITLE[8:]}</h1>",
    f"<div>首页 &gt; 新闻 &gt; 正文</div><h1>{TITLE}</h1>",
    f"<ul><li><a href='/9'>{TITLE}</a></li></ul><h1>{TITLE}</h1>",
]


@pytest.mark.parametrize("body", PRINTED)
def test_printed_title_is_found_in_any_element(body: str) -> None:
    found = read(chinese(body))
    assert found is not None
    assert title_key(found.value) == title_key(TITLE)
    assert found.line is not None


@pytest.mark.parametrize(
    "title",
    [
        f"{TITLE}_某某门户",
        f"{TITLE}-某某门户",
        f"{TITLE} - 某某门户",
        f"{TITLE}--某某门户",
        f"{TITLE}——某某门户",
        f"{TITLE}—新闻—某某门户",
        f"{TITLE} | 某某门户",
        f"{TITLE}|某某门户",
        f"{TITLE}｜某某门户",
        f"{TITLE} · 某某门户",
        f"{TITLE}_要闻_某某门户",
        f"{TITLE}-国内新闻-某某门户-www.example.com",
        f"{TITLE}_10%公司_某某门户-The Portal",
    ],
)
def test_site_name_is_cut_off_at_any_level(title: str) -> None:
    found = read(chinese("<div>2019-09-07</div>", title))
    assert found is not None
    assert found.value == TITLE
    assert found.evidence.rule == "title"


def test_printed_title_wins_if_og_title_is_cut_off_at_a_quote() -> None:
    title = '多地项目连环出事 某集团"暗伤"曝露？'
    html = chinese(f"<h1>{title}</h1>", title + "_某某门户", og("多地项目连环出事 某集团"))
    found = read(html)
    assert found is not None
    assert found.value == title


def test_heading_above_the_dateline_beats_a_generic_title_element() -> None:
    html = chinese(f"<h4>联系我们</h4><h5>{TITLE}</h5><p>发布时间：2019-05-18</p>", "新闻动态--某某学会官网")
    found = read(html)
    assert found is not None
    assert found.value == TITLE


@pytest.mark.parametrize(
    ("body", "meta", "expected"),
    [
        (f"<h1>{ENGLISH}</h1>", "", ENGLISH),
        (f"<h1>{ENGLISH}</h1>", og(ENGLISH), ENGLISH),
        (f"<h1>{ENGLISH}</h1>", og(f"{ENGLISH} | The Mill"), ENGLISH),
        (f"<h1>The Mill</h1><h2>{ENGLISH}</h2>", "", ENGLISH),
        (f"<h1>Live: {ENGLISH}</h1>", og(ENGLISH), ENGLISH),
        (f"<h1><span>Ferry</span> : {ENGLISH}</h1>", og(f"Ferry: {ENGLISH}"), f"Ferry: {ENGLISH}"),
        ("<p>no heading</p>", og(ENGLISH), ENGLISH),
        ("<p>no heading</p>", og(ENGLISH.replace("old", "&amp;quot;old&amp;quot;")), ENGLISH.replace("old", '"old"')),
    ],
)
def test_titles_of_alphabetic_pages(body: str, meta: str, expected: str) -> None:
    found = read(english(body, meta=meta))
    assert found is not None
    assert found.value == expected


def test_evidence_lists_the_runners_up() -> None:
    found = read(english(f"<h1>Live: {ENGLISH}</h1>", meta=og(ENGLISH)))
    assert found is not None
    assert ("head.h1", f"Live: {ENGLISH}") in found.evidence.others


def test_glosses_are_removed_from_the_title() -> None:
    title = "西藏民政部門(mén)聚焦困難兒童群體 強(qiáng)化關(guān)愛(ài)服務(wù)保障"
    found = read(chinese(f"<div>{title}</div>", title))
    assert found is not None
    assert found.value == "西藏民政部門聚焦困難兒童群體 強化關愛服務保障"


@pytest.mark.parametrize("html", [b"", b"<html></html>", b"<p>x</p>", "<title></title><p>无</p>".encode()])
def test_page_without_a_title_has_none(html: bytes) -> None:
    assert read(html) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Talks end - what comes next", "Talks end - what comes next"),
        ("Talks end | The Mill", "Talks end"),
        ("Talks end - mill.example.com", "Talks end"),
        ("Talks end | The Mill News", "Talks end"),
        ("well-known", "well-known"),
    ],
)
def test_sure_title_loses_only_a_known_site_name(text: str, expected: str) -> None:
    assert remove_site_name(text, frozenset({title_key("The Mill")}), sure=True) == expected


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_title_of_any_page_is_read_without_raising(title: str, heading: str) -> None:
    found = read(chinese(f"<h1>{heading}</h1>", title or None))
    assert found is None or found.value.strip()
