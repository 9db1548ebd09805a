"""The article's date on whole pages: printed dates and metadata, zones, missing years, misleading dates."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.clean.placement import locate_article
from crawler.extraction.document import Document
from crawler.extraction.fields.dates import Dates, find_dates
from crawler.extraction.fields.title import find_title

TITLE = "县城新修的图书馆本周向读者开放"
PROSE = (
    "<p>2019年2月27日上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。</p>"
    "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时，周末不休息。</p>"
)
ENGLISH_TITLE = "New library opens its doors in the old mill town"
ENGLISH_PROSE = (
    "<p>The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said.</p><p>It holds twice as many books as the old one, the director said, and stays open for "
    "twelve hours on every day of the week.</p>"
)


def chinese(head: str, *, meta: str = "", foot: str = "", title: str = TITLE) -> bytes:
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}_某某门户</title>{meta}'
        f'</head><body><ul><li><a href="/">首页</a></li><li><a href="/n">新闻</a></li></ul><h1>{title}</h1>{head}'
        f"<div>{PROSE}</div>{foot}</body></html>"
    ).encode()


def english(head: str, *, meta: str = "", lang: str = "en", foot: str = "") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{ENGLISH_TITLE}</title>'
        f"{meta}</head><body><h1>{ENGLISH_TITLE}</h1>{head}<div>{ENGLISH_PROSE}</div>{foot}</body></html>"
    ).encode()


def jsonld(**fields: str) -> str:
    inside = ",".join(f'"{name}":"{value}"' for name, value in fields.items())
    return f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"x",{inside}}}</script>'


def read(
    html: bytes,
    url: str = "https://news.example.com/a/1.html",
    *,
    timezone: str | None = None,
    captured_at: datetime | None = None,
) -> Dates:
    document = Document(html, url, captured_at=captured_at)
    title = find_title(document)
    return find_dates(
        document, timezone=timezone, placement=locate_article(document.lines, title.line if title else None)
    )


PRINTED = [
    ("<div>2019-09-07 13:43:45 来源：江城晚报</div>", "2019-09-07T13:43:45+08:00", "second"),
    ("<div>2019年11月25日 16:04</div>", "2019-11-25T16:04+08:00", "minute"),
    ("<div>2019年06月15日08:18　来源：江城晚报</div>", "2019-06-15T08:18+08:00", "minute"),
    ("<div>发布时间：2019-05-18</div>", "2019-05-18", "day"),
    ("<div>发布日期：2019-5-8 浏览次数：12</div>", "2019-05-08", "day"),
    ("<div>来源: | 发布时间: 2018-05-17 | 浏览次数: </div>", "2018-05-17", "day"),
    ("<div><span>2019</span><span>09/07</span><span>19:02</span></div>", "2019-09-07T19:02+08:00", "minute"),
    ("<div>2019</div><div>09/07</div><div>19:02:33</div>", "2019-09-07T19:02:33+08:00", "second"),
    ("<div>发布时间：<span>18-03-08</span><span>23:16</span></div>", "2018-03-08T23:16+08:00", "minute"),
    ("<div>2019年9月7日 下午3:05</div>", "2019-09-07T15:05+08:00", "minute"),
    ("<div>发表于<span>2014-08-24 21:30</span>| 1164次阅读</div>", "2014-08-24T21:30+08:00", "minute"),
    ("<p>2019-05-17 · 江淮城市圈</p>", "2019-05-17", "day"),
    ("<div>Sat Sep 07 13:43:45 CST 2019</div>", "2019-09-07T13:43:45+08:00", "second"),
    ("<div>格林尼治标准时间2019年9月7日 05:43</div>", "2019-09-07T13:43+08:00", "minute"),
    ("<div>更新时间：2019-09-07 13:43</div>", "2019-09-07T13:43+08:00", "minute"),
    ("<div>最后更新：2019-09-09 10:00 发布时间：2019-09-07 13:43</div>", "2019-09-07T13:43+08:00", "minute"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "expected", "precision"), PRINTED)
def test_date_printed_in_the_head_is_read(head: str, expected: str, precision: str) -> None:
    found = read(chinese(head))
    assert (found.date, found.date_precision) == (expected, precision)
    assert found.evidence is not None
    assert found.evidence.rule.startswith("head.")


def test_printed_date_beats_metadata() -> None:
    meta = '<meta property="article:published_time" content="2019-09-07T14:50:00+08:00">'
    assert read(chinese("<div>2019-09-07 13:43</div>", meta=meta)).date == "2019-09-07T13:43+08:00"


def test_template_date_in_metadata_is_ignored() -> None:
    meta = '<meta name="pubdate" content="2012-01-01 00:00:00">' + jsonld(datePublished="2012-01-01T00:00:00+08:00")
    assert read(chinese("<div>2019-09-07 13:43</div>", meta=meta)).date == "2019-09-07T13:43+08:00"


def test_printed_day_gets_its_time_from_standard_metadata_of_that_day() -> None:
    meta = jsonld(datePublished="2024-05-03T10:32:00+01:00")
    found = read(english("<p>3 May 2024</p>", meta=meta, lang="en-GB"))
    assert (found.date, found.date_precision) == ("2024-05-03T10:32:00+01:00", "second")
    assert found.evidence is not None
    assert found.evidence.rule == "head.date+jsonld.datePublished"


def test_printed_day_gets_no_time_from_loose_metadata() -> None:
    meta = '<meta name="PubDate" content="2016-11-22 09:53">'
    found = read(chinese("<p>发布日期：2016-11-22</p>", meta=meta))
    assert (found.date, found.date_precision) == ("2016-11-22", "day")


@pytest.mark.parametrize(
    ("meta", "url", "captured_at", "expected"),
    [
        ('<meta itemprop="dateUpdate" content="2019-10-08 12:00:33">', "", None, "2019-10-08T12:00+08:00"),
        ("", "https://news.example.com/2018/1008/1.html", None, "2018-10-08T12:00+08:00"),
        ("<script>var a={publish_time:'2017-10-08 12:00:00'}</script>", "", None, "2017-10-08T12:00+08:00"),
        ("", "", datetime(2020, 12, 1, tzinfo=UTC), "2020-10-08T12:00+08:00"),
        ("", "", datetime(2020, 2, 1, tzinfo=UTC), "2019-10-08T12:00+08:00"),
        ("", "", None, None),
    ],
)
def test_missing_year_is_inferred(meta: str, url: str, captured_at: datetime | None, expected: str | None) -> None:
    html = chinese("<div>发布时间：<span>10-08</span><span>12:00</span></div>", meta=meta)
    assert read(html, url or "https://news.example.com/a/1.html", captured_at=captured_at).date == expected


def test_date_below_the_story_is_read() -> None:
    found = read(chinese("", foot="<p>发布日期：2019-03-06<br>责任编辑：李雅妮</p>"))
    assert found.date == "2019-03-06"
    assert read(chinese("", foot="<p>2019-03-06</p>")).date == "2019-03-06"


NOT_PUBLICATION = [
    chinese(""),
    chinese("", foot="<div><p>某网友 2019-05-17 20:33:49</p><p>大家注意安全</p></div>"),
    chinese("", foot="<ul><li><a href='/1'>道路维修工程启动 2018-01-01</a></li></ul>"),
    chinese("<p>本次活动将于2019年9月7日举行。请提前报名，名额有限，先到先得，报满即止。</p>"),
]


@pytest.mark.parametrize("html", NOT_PUBLICATION)
def test_dates_of_other_things_are_ignored(html: bytes) -> None:
    assert read(html).date is None


def test_yesterday_is_counted_from_the_capture() -> None:
    captured = datetime(2020, 1, 2, 20, 0, tzinfo=UTC)  # already the 3rd in China
    found = read(chinese("<div>昨天 12:30</div>"), captured_at=captured)
    assert (found.date, found.date_precision) == ("2020-01-02", "day")
    assert read(chinese("<div>昨天 12:30</div>")).date is None
    assert read(chinese("<div>3天前</div>"), captured_at=captured).date == "2019-12-31"


def test_date_in_a_script_beats_a_printed_yesterday() -> None:
    html = chinese("<div>昨天</div>", meta='<script>window.d={"publishTime":"2019-09-07 13:43:45"}</script>')
    assert read(html, captured_at=datetime(2020, 1, 2, tzinfo=UTC)).date == "2019-09-07T13:43:45+08:00"


@pytest.mark.parametrize(
    ("html", "timezone", "url", "expected"),
    [
        (chinese("<p>2019-09-07 13:43</p>"), "Asia/Urumqi", "", "2019-09-07T13:43+06:00"),
        (chinese("<p>2019-09-07 13:43</p>"), "No/Such", "", "2019-09-07T13:43+08:00"),
        (english("<p>3 May 2024, 13:43</p>", lang="en-GB"), None, "", "2024-05-03T13:43+01:00"),
        (english("<p>3 May 2024, 13:43</p>"), None, "https://news.example.ie/a", "2024-05-03T13:43+01:00"),
        (english("<p>3. Januar 2024, 13.43 Uhr</p>", lang="de"), None, "", "2024-01-03T13:43+01:00"),
        (english("<p>3. Januar 2024, 13.43 Uhr</p>", lang="de"), "Europe/London", "", "2024-01-03T13:43+00:00"),
        (english("<p>May 3, 2024 1:43 p.m. ET</p>"), None, "", "2024-05-03T13:43-04:00"),
        (english("<p>May 3, 2024 1:43 p.m. ET</p>"), "UTC", "", "2024-05-03T17:43+00:00"),
    ],
)
def test_zone_of_a_printed_time_is_inferred(html: bytes, timezone: str | None, url: str, expected: str) -> None:
    assert read(html, url or "https://news.example.com/a/1.html", timezone=timezone).date == expected


def test_unknown_zone_is_inferred_from_the_stated_instant() -> None:
    meta = jsonld(datePublished="2024-05-03T17:43:10Z")
    assert read(english("<p>May 3, 2024 1:43 pm</p>", meta=meta)).date == "2024-05-03T13:43-04:00"


def test_wrong_z_does_not_shift_a_printed_time() -> None:
    meta = jsonld(datePublished="2019-09-07T13:43:45Z")
    assert read(chinese("<p>2019-09-07 13:43:45</p>", meta=meta)).date == "2019-09-07T13:43:45+08:00"


def test_time_from_metadata_is_converted_to_the_pages_zone() -> None:
    assert read(chinese("", meta=jsonld(datePublished="2019-09-07T05:43:45Z"))).date == "2019-09-07T13:43:45+08:00"


def test_day_and_month_are_read_in_the_order_that_agrees_with_metadata() -> None:
    meta = jsonld(datePublished="2024-03-05T10:32:00Z")
    assert read(english("<p>03/05/2024</p>", meta=meta)).date == "2024-03-05T10:32:00+00:00"


@pytest.mark.parametrize(
    "head",
    [
        "<p>Updated 5 May 2024, 10:00</p>",
        "<p>Last updated: May 5, 2024</p>",
        "<p>Aktualisiert am 05.05.2024, 10:00</p>",
    ],
)
def test_printed_change_is_not_the_publication(head: str) -> None:
    meta = jsonld(datePublished="2024-05-03T10:32:00+00:00")
    found = read(english(head, meta=meta))
    assert found.date == "2024-05-03T10:32:00+00:00"
    assert (found.date_modified or "").startswith("2024-05-05")


def test_publication_and_change_are_separated_when_printed_together() -> None:
    found = read(english("<p>Published 3 May 2024, 10:32 BST</p><p>Updated 4 May 2024, 09:00 BST</p>", lang="en-GB"))
    assert (found.date, found.date_modified) == ("2024-05-03T10:32+01:00", "2024-05-04T09:00+01:00")


def test_unlabelled_time_equal_to_the_stated_change_is_the_change() -> None:
    meta = jsonld(datePublished="2024-12-03T23:17:00+09:00", dateModified="2024-12-04T00:06:42+09:00")
    found = read(english("<p>2024/12/04 00:05</p>", meta=meta, lang="ja"))
    assert found.date == "2024-12-03T23:17:00+09:00"
    assert found.date_modified == "2024-12-04T00:06:42+09:00"


def test_time_elements_are_read() -> None:
    head = '<p><time datetime="2024-05-03T10:32:00+01:00">3 May</time></p>'
    assert read(english(head, lang="en-GB")).date == "2024-05-03T10:32:00+01:00"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789-/:年月日 .,TZ+发布时间May", max_size=60), st.text(max_size=40))
def test_date_of_any_page_is_valid_iso(head: str, meta: str) -> None:
    quoted = meta.replace('"', "").replace("<", "")
    html = chinese(f"<p>{head}</p>", meta=f'<meta name="pubdate" content="{quoted}">')
    found = read(html)
    if found.date is not None:
        moment = datetime.fromisoformat(found.date)
        assert (moment.tzinfo is None) == (found.date_precision == "day")


CAPTURED = datetime(2024, 5, 7, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("html", "date"),
    [
        # two labelled dates: in cells of a row, of two rows, of columns, in a description list, in divisions
        (chinese("<table><tr><td>成文日期：<td>2024年05月03日<td>发布日期：<td>2024年05月06日</table>"),
         "2024-05-06"),
        (chinese("<table><tr><td>成文日期<td>2024-05-03<tr><td>发布日期<td>2024-05-06</table>"),
         "2024-05-06"),
        (chinese("<table><tr><th>成文日期<th>发布日期<tr><td>2024-05-03<td>2024-05-06</table>"),
         "2024-05-06"),
        (chinese("<dl><dt>成文日期：<dd>2024-05-03<dt>发布日期：<dd>2024-05-06</dl>"), "2024-05-06"),
        (chinese("<dl><dt>发布日期：<dd>2024-05-06<dt>成文日期：<dd>2024-05-03</dl>"), "2024-05-06"),
        (english("<div>Updated:</div><div>May 9, 2024</div><div>Original:</div><div>May 6, 2024</div>"), "2024-05-06"),
        (english("<div>Published:</div><div>May 6, 2024</div><div>Updated:</div><div>May 9, 2024</div>"), "2024-05-06"),
        # printed zones, and none that is not known
        (english("<p>Published 22:00, 11 July 2021 BST</p>"), "2021-07-11T22:00+01:00"),
        (english("<p>22:00 on 11 July 2021 (IST)</p>"), "2021-07-11T22:00+05:30"),
        (english("<p>11 July 2021 22:00 EST</p>"), "2021-07-11T22:00-04:00"),
        (english("<p>11 July 2021 22:00</p>"), "2021-07-11T22:00"),
        (english("<p>11 July 2021 22:00:05</p>"), "2021-07-11T22:00:05"),
        # 民國 years
        (chinese("<ul><li>發布日期：113-05-06</li></ul>"), "2024-05-06"),
        (chinese("<ul><li>發布日期：民國113年5月6日</li></ul>"), "2024-05-06"),
        (english("<p>Version 113-05-06</p>"), None),
        # the order of figures is that of the time element beside them
        (english('<p><time datetime="2024-06-04T10:00">06/04/2024 10:00</time></p>'), "2024-06-04T10:00"),
        (english('<p>04/06/2024 10:00 <time datetime="2024-06-04T10:00">04/06/2024</time></p>'), "2024-06-04T10:00"),
        # relative times, counted back from the capture
        (chinese("<div>3小时前</div>"), "2024-05-07"),
        (chinese("<div>23小時前</div>"), "2024-05-06"),
        (english("<p>5 hours ago</p>", lang="en-GB"), "2024-05-06"),
        (chinese("<div>2天前</div>"), "2024-05-05"),
        # a byline before the date
        (english("<p>By Jane Doe, Harbour Herald Political Reporter | Monday, May 6, 2024</p>"), "2024-05-06"),
    ],
)  # fmt: skip
def test_dates_in_cells_zones_eras_and_relative_times(html: bytes, date: str | None) -> None:
    assert read(html, captured_at=CAPTURED).date == date


def masthead(day: str, inner: str = "") -> bytes:
    head = f"<div class=top><div class=date>{day}</div></div>"
    html = (
        english("").decode().replace("<body>", f"<body>{head}<article>{inner}").replace("</body>", "</article></body>")
    )
    return html.encode()


@pytest.mark.parametrize(
    ("html", "date"),
    [
        (masthead("Thursday February 7th 2019"), None),
        (masthead("Thursday February 7th 2019", "<p>May 6, 2024</p>"), "2024-05-06"),
        (masthead("Tuesday, 7 May 2024"), None),
        (masthead("7 May 2024 | Weather: rain"), None),
    ],
)
def test_day_in_the_masthead_is_not_the_storys(html: bytes, date: str | None) -> None:
    assert read(html, captured_at=CAPTURED).date == date


def test_issue_of_an_e_paper_is_dated_above_the_title() -> None:
    html = (
        chinese("")
        .decode()
        .replace("<h1>", "<div>2024年05月06日 <a href=/old>查看旧版(2007年11月18日以前)</a></div><h1>")
    )
    assert read(html.encode()).date == "2024-05-06"
