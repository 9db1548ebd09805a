"""`extract()` as a whole: no exceptions, flags, minimum scores on real pages."""

from datetime import UTC, datetime

import hostile_inputs
import pytest
from body_score import body_f1
from hypothesis import given, settings
from hypothesis import strategies as st
from saved_pages import read_saved_pages

from crawler.extraction import extract

URL = "https://news.example/2024/05/06/a.html"
CAPTURED = datetime(2024, 5, 7, tzinfo=UTC)
PAGE = """<html lang=zh><head><meta charset=utf-8><title>石桥将修缮</title>{head}</head><body><h1>石桥将修缮</h1>
<div>2024-05-06 07:08 来源：县报</div>
<p>县议会周二表决通过修缮老石桥的方案，结束了持续九年的争论，{text}工程三月开工。</p></body></html>"""


def page(head="", text=""):
    return PAGE.format(head=head, text=text).encode()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_give_an_article(html):
    assert extract(html, URL, captured_at=CAPTURED).url == URL


_PIECES = st.sampled_from(
    ["<div", "<p>", "</p>", "<h1>", "<!--", "-->", "<table><tr><td>", "</div>",
     "<script type=application/ld+json>", "</script>",
     '{"@type":"NewsArticle","headline":', "[1,{}]", "来源：", "责任编辑：", "2024-13-45 99:99", "2024年2月30日",
     "<a href='//[x'>", "style='display:none'>", "<meta property=og:title content='", "'>", "(mén)", "門(", "\x00",
     "\ufffd", "\u200b", "在线彩票", " | ", "By ", "，。", "<noscript>", "<pre>\n\n", "&#x110000;"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=40))
def test_any_markup_gives_an_article(pieces):
    assert extract("".join(pieces).encode(), URL, captured_at=CAPTURED).url == URL


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
def test_damaged_page_gives_an_article(at, junk):
    html = page()
    at %= len(html)
    assert extract(html[:at] + junk + html[at + len(junk) :], URL, captured_at=CAPTURED).url == URL


@pytest.mark.slow
@pytest.mark.parametrize("html", hostile_inputs.PAGES.values(), ids=hostile_inputs.PAGES)
def test_hostile_pages_are_read(html):
    extract(html, URL, captured_at=CAPTURED)


@pytest.mark.parametrize(
    ("html", "flag"),
    [
        (page('<meta name="robots" content="noindex, noarchive">'), "noarchive"),
        (page().replace(b"2024-05-06", b"2024-06-06"), "future_date"),
        (page(text="锟斤拷锟斤拷，"), "mojibake"),
    ],
)
def test_page_is_flagged(html, flag):
    assert extract(html, URL, captured_at=CAPTURED, timezone="Asia/Shanghai").flags == (flag,)
    assert extract(page(), URL, captured_at=CAPTURED, timezone="Asia/Shanghai").flags == ()


def test_page_in_another_language_than_its_site_is_flagged():
    assert extract(page(), URL, language="en").flags == ("other_language",)
    assert extract(page(), URL, language="zh").flags == ()


def test_metadata_is_read():
    head = (
        '<link rel=canonical href="/2024/05/06/bridge.html"><meta property="article:section" content="County">'
        '<meta name=keywords content="石桥，修缮,桥"><meta property="og:image" content="/i.jpg">'
    )
    article = extract(page(head), URL)
    assert article.canonical_url == "https://news.example/2024/05/06/bridge.html"
    assert article.section == "County"
    assert article.tags == ("石桥", "修缮", "桥")
    assert article.images == ("https://news.example/i.jpg",)
    assert article.language == "zh"


@pytest.mark.parametrize(("name", "floor"), [("zh-portals", 0.985), ("scrapinghub", 0.955), ("fundus", 0.945)])
def test_bodies_of_real_pages_reach_their_minimum_score(shared, name, floor):
    scores = [
        body_f1(extract(html, truth["url"] or URL).body, truth["body"])
        for truth, html in read_saved_pages(shared, name)
    ]
    assert sum(scores) / len(scores) >= floor


def test_chinese_page_in_gb18030_gives_the_same_article_with_any_label(shared):
    for _, saved in read_saved_pages(shared, "zh-portals", step=3):
        text = saved.decode("utf-8", "replace")
        html = text.encode("gb18030")
        want = extract(text.encode(), URL)
        for label in ("gb2312", "utf-8", "iso-8859-1", None):
            got = extract(html, URL, content_type=f"text/html; charset={label}" if label else None)
            assert (got.title, got.date, got.source, got.editor) == (want.title, want.date, want.source, want.editor)
            assert got.body == want.body


UNDATED = (
    "<html lang=en><head>{head}</head><body><h1>Bridge to be repaired</h1>{text}<p>The bridge closes.</p></body></html>"
)


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ('<meta property="article:published_time" value="2024-05-22T09:22:00Z">', "2024-05-22T09:22:00+00:00"),
        ('<meta name="PubDate" value="2024-05-22" content="2024-05-23">', "2024-05-23"),
    ],
)
def test_date_in_the_wrong_attribute_is_the_last_resort(head, date):
    assert extract(UNDATED.format(head=head, text="").encode(), "https://example.com/a.html").date == date


def test_author_in_the_wrong_attribute_is_read():
    html = UNDATED.format(head='<meta name="author" value="Jane Doe">', text="")
    assert extract(html.encode(), "https://example.com/a.html").authors == ("Jane Doe",)


def test_relative_time_is_counted_in_the_zone_of_the_capture():
    html = UNDATED.format(head="", text="<p>3 hours ago</p>")
    captured = datetime(2024, 12, 1, 1, tzinfo=UTC)
    article = extract(html.encode(), "https://example.com/a.html", captured_at=captured)
    assert (article.date, article.date_precision) == ("2024-11-30", "day")
