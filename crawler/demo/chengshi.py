"""江滨晚报: a city daily encoded as GB18030 but declared as gb2312, with multi-page articles."""

import random
from datetime import datetime
from functools import cached_property
from html import escape

from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.newsroom import Assignment, write_stories
from crawler.demo.portal import Portal, SectionList
from crawler.demo.writer import read_texts

_CHANNELS = {
    "minsheng": "民生",
    "jiaotong": "交通",
    "wenhua": "文化",
    "jingji": "经济",
    "huanjing": "环境",
    "jiaoyu": "教育",
}

_PAGE_SIZE = 5

_ROBOTS = """\ufeff# 江滨晚报
User-agent: *
Disallow: /print/
Disallow: /admin/
"""


class Chengshi(Portal):
    """江滨晚报. The source has no label and follows the date; every fifth article has only a day, not a time."""

    name, host, title = "chengshi", "www.chengshi.localhost", "江滨晚报"
    article_pattern = r"/content_\d+\.html$"
    sections = tuple(SectionList(f"/{channel}/", "ul.newslist a", "index_{n}.html") for channel in _CHANNELS)
    forbidden = ("/print/", "/admin/")

    @cached_property
    def articles(self) -> tuple[SampleArticle, ...]:
        texts, rng = read_texts("chengshi"), random.Random("chengshi")
        written = write_stories(texts, rng, each=8, since=datetime(2025, 4, 7), zone=self.timezone or "UTC")  # noqa: DTZ001
        return tuple(self._article(assignment, rng) for assignment in written)[::-1]

    def _article(self, assignment: Assignment, rng: random.Random) -> SampleArticle:
        words, story, published = read_texts("chengshi").words, assignment.story, assignment.published
        channel, number = assignment.topic.section, assignment.number
        is_day = number % 5 == 3
        pages = min(3, len(story.paragraphs) // 4) if len(story.paragraphs) >= 8 else 1
        return SampleArticle(
            path=f"/{channel}/{published:%Y-%m/%d}/content_{100200 + number * 13}.html",
            title=story.title,
            summary=story.summary,
            date=published.date().isoformat() if is_day else published.isoformat(timespec="minutes"),
            date_precision="day" if is_day else "minute",
            source=None if number % 11 == 6 else rng.choice(words["source"]),
            editor=None if number % 9 == 4 else " ".join(rng.sample(words["editor"], rng.randint(1, 2))),
            body="\n".join(story.paragraphs),
            section=_CHANNELS[channel],
            language="zh",
            flags=("multi_page",) if pages > 1 else (),
            pages=pages,
        )

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return text(_ROBOTS, "text/plain")
        html = self.html(request.path)
        # As on old servers: no charset in the header, and characters that the declared gb2312 does not have.
        return page(html, ("Server", "nginx/0.7.69"), charset=None, encoding="gb18030") if html else None

    def html(self, path: str) -> str | None:
        """Return the page at `path`, or None if it does not exist."""
        if path == "/":
            return self._front()
        if path in self._pages:
            return self._article_page(*self._pages[path])
        channel, _, file = path.removeprefix("/").rpartition("/")
        number = file.removeprefix("index").removeprefix("_").removesuffix(".html") or "0"
        if channel in _CHANNELS and number.isdecimal() and file in ("", "index.html", f"index_{number}.html"):
            return self._list(channel, int(number))
        return None

    @cached_property
    def _pages(self) -> dict[str, tuple[SampleArticle, int]]:
        return {
            page_path(article, number): (article, number)
            for article in self.articles
            for number in range(1, article.pages + 1)
        }

    def _front(self) -> str:
        newest = "".join(_entry(article) for article in self.articles[:20])
        return self._page(self.title, f'<h3>最新报道</h3><ul class="newslist">{newest}</ul>')

    def _list(self, channel: str, number: int) -> str | None:
        articles = [article for article in self.articles if article.section == _CHANNELS[channel]]
        shown = articles[number * _PAGE_SIZE : (number + 1) * _PAGE_SIZE]
        if not shown:
            return None
        last = -(-len(articles) // _PAGE_SIZE) - 1
        more = f'<a href="index_{number + 1}.html">下一页</a>' if number < last else ""
        entries = "\n".join(_entry(article) for article in shown)
        body = f'<h3>{_CHANNELS[channel]}</h3>\n<ul class="newslist">\n{entries}\n</ul>\n<div class="turn">{more}</div>'
        return self._page(f"{_CHANNELS[channel]} - {self.title}", body)

    def _article_page(self, article: SampleArticle, number: int) -> str:
        paragraphs = "\n".join(f"<P>　　{escape(paragraph)}</P>" for paragraph in article.paragraphs_on_page(number))
        editor = f"<P align=right>【责任编辑：{article.editor}】</P>" if article.editor else ""
        hot = "".join(_entry(other) for other in self.articles[:6] if other != article)
        body = f"""<TABLE width="960" align="center">
<TR><TD class="pos">您的位置：<A href="/">{self.title}</A> &gt;&gt;
{article.section}</TD></TR>
<TR><TD align="center"><H1>{escape(article.title)}</H1></TD></TR>
<TR><TD align="center" class="info">{_head_line(article)}</TD></TR>
<TR><TD id="content" class="content">
{paragraphs}
{editor if number == article.pages else ""}
</TD></TR>
<TR><TD align="center" class="pages">{_page_links(article, number)}</TD></TR>
<TR><TD class="tools">【<A href="/print{article.path}" rel="nofollow">打印本页</A>】
【<A href="javascript:window.close()">关闭窗口</A>】</TD></TR>
</TABLE>
<DIV class="hot"><H4>新闻排行</H4><OL>{hot}</OL></DIV>"""
        return self._page(f"{article.title} - {article.section} - {self.title}", body)

    def _page(self, title: str, body: str) -> str:
        channels = " | ".join(f'<A href="/{channel}/">{name}</A>' for channel, name in _CHANNELS.items())
        return f"""<HTML>
<HEAD>
<META http-equiv="Content-Type" content="text/html; charset=gb2312">
<TITLE>{escape(title)}</TITLE>
</HEAD>
<BODY>
<DIV class="nav"><A href="/">首页</A> | {channels}</DIV>
{body}
<DIV class="foot">江滨晚报社 版权所有　新闻热线：0000-96000000　<A href="/admin/login.asp">管理</A></DIV>
</BODY>
</HTML>
"""


def page_path(article: SampleArticle, number: int) -> str:
    """Return the path of page `number` of an article, counted from 1."""
    return article.path if number == 1 else article.path.replace(".html", f"_{number}.html")


def _head_line(article: SampleArticle) -> str:
    """Return the line with date and source, without labels; its markup differs between sections."""
    day, _, time = article.date.partition("T")
    year, month, date = day.split("-")
    printed = " ".join(filter(None, [f"{year}年{month}月{date}日", time[:5]]))
    source = article.source
    if source is None:
        return f'<SPAN class="time">{printed}</SPAN>'
    if article.section in ("民生", "文化"):
        return f"{printed}&nbsp;&nbsp;{source}"
    if article.section in ("交通", "经济"):
        return f'<SPAN class="time">{printed}</SPAN> <SPAN class="from">{source}</SPAN>'
    return f'<SPAN class="time">{printed}</SPAN>　<A class="from" href="/about/" rel="nofollow">{source}</A>'


def _page_links(article: SampleArticle, number: int) -> str:
    if article.pages == 1:
        return ""
    numbers = [
        f"<B>【{n}】</B>" if n == number else f'<A href="{page_path(article, n)}">【{n}】</A>'
        for n in range(1, article.pages + 1)
    ]
    more = f'<A href="{page_path(article, number + 1)}">下一页</A>' if number < article.pages else ""
    return " ".join([*numbers, more])


def _entry(article: SampleArticle) -> str:
    return f'<LI><A href="{article.path}">{escape(article.title)}</A> <SPAN>{article.date[5:10]}</SPAN></LI>'
