"""高原在线: a regional portal in UTF-8 with numbered list pages and without robots.txt."""

import random
from datetime import datetime
from functools import cached_property
from html import escape

from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, page
from crawler.demo.newsroom import Assignment, write_stories
from crawler.demo.portal import Portal, SectionList
from crawler.demo.writer import read_texts

_CHANNELS = {
    "news/yc": "原创",
    "news/zx": "资讯",
    "culture/ms": "民俗",
    "ecology": "生态",
    "medicine/news": "医药",
    "aid_tibet/news": "援建",
}

_PAGE_SIZE = 5

_NOTICE = (
    "版权声明:凡注明“来源:高原在线”或“高原在线文”的所有作品,版权归高原在线所有。"
    "任何媒体转载、摘编、引用,须注明来源高原在线和著作者名,否则将依法追究相关责任。"
)


class Gaoyuan(Portal):
    """高原在线, in Simplified Chinese. Every tenth article has no source, every twelfth no editor."""

    name, host, title = "gaoyuan", "www.gaoyuan.localhost", "高原在线"
    article_pattern = r"/t\d{8}_\d+\.html$"
    sections = tuple(SectionList(f"/cn/{channel}/", "div.listnews h4 a", "index_{n}.html") for channel in _CHANNELS)

    @cached_property
    def articles(self) -> tuple[SampleArticle, ...]:
        texts, rng = read_texts("gaoyuan"), random.Random("gaoyuan")
        written = write_stories(texts, rng, each=8, since=datetime(2025, 3, 3), zone=self.timezone or "UTC")  # noqa: DTZ001
        return tuple(self._article(assignment, rng) for assignment in written)[::-1]

    def _article(self, assignment: Assignment, rng: random.Random) -> SampleArticle:
        words, story, published = read_texts("gaoyuan").words, assignment.story, assignment.published
        channel, number = assignment.topic.section, assignment.number
        return SampleArticle(
            path=f"/cn/{channel}/{published:%Y%m}/t{published:%Y%m%d}_{7810000 + number * 37}.html",
            title=story.title,
            summary=story.summary,
            date=published.isoformat(),
            date_precision="second",
            source=None if number % 10 == 7 else rng.choice(words["source"]),
            editor=None if number % 12 == 5 else rng.choice(words["editor"]),
            body="\n".join(story.paragraphs),
            section=_CHANNELS[channel],
            language="zh",
        )

    def find(self, request: Request) -> Reply | None:
        html = self.html(request.path)
        return page(html) if html else None

    def html(self, path: str) -> str | None:
        """Return the page at `path`, or None if it does not exist."""
        if path == "/":
            return self._front()
        if path in self._by_path:
            return self._article_page(self._by_path[path])
        folder, _, file = path.rpartition("/")
        channel = folder.removeprefix("/cn/")
        number = file.removeprefix("index").removeprefix("_").removesuffix(".html") or "0"
        if channel in _CHANNELS and number.isdecimal() and file in ("", "index.html", f"index_{number}.html"):
            return self._list(channel, int(number))
        return None

    @cached_property
    def _by_path(self) -> dict[str, SampleArticle]:
        return {article.path: article for article in self.articles}

    def _articles_in(self, channel: str) -> list[SampleArticle]:
        return [article for article in self.articles if article.section == _CHANNELS[channel]]

    def _front(self) -> str:
        blocks = [
            f'<div class="channel"><h3><a href="/cn/{channel}/">{name}</a></h3>'
            f"{_links(self._articles_in(channel)[:3])}</div>"
            for channel, name in _CHANNELS.items()
        ]
        return self._page(self.title, "\n".join(blocks))

    def _list(self, channel: str, number: int) -> str | None:
        articles = self._articles_in(channel)
        shown = articles[number * _PAGE_SIZE : (number + 1) * _PAGE_SIZE]
        if not shown:
            return None
        entries = "\n".join(
            f'<li><h4><a href="{article.path}">{escape(article.title)}</a></h4>'
            f"<p>{escape(article.summary)}</p><span>{article.date[:10]}</span></li>"
            for article in shown
        )
        pages = " ".join(
            f'<a href="{"index.html" if n == 0 else f"index_{n}.html"}">{n + 1}</a>'
            for n in range(-(-len(articles) // _PAGE_SIZE))
        )
        body = f'<div class="listnews"><ul>\n{entries}\n</ul></div>\n<div class="page">{pages}</div>'
        return self._page(f"{_CHANNELS[channel]}_{self.title}", body)

    def _article_page(self, article: SampleArticle) -> str:
        paragraphs = "\n".join(f"<p>　　{escape(paragraph)}</p>" for paragraph in article.paragraphs)
        printed = article.date[:19].replace("T", " ")
        editor = f'<div class="editor">(责编: {article.editor} )</div>' if article.editor else ""
        related = [other for other in self.articles if other.section == article.section and other != article]
        body = f"""<div class="crumbs"><a href="/">首页</a> &gt; <a href="./../">{article.section}</a> &gt; 正文</div>
<div class="title_box">
<h2>{escape(article.title)}</h2>
<div><span class="home"><a href="/">home</a></span>
<span>发布时间: {printed}</span>
<span>来源: {article.source or ""}</span></div>
</div>
<div class="text botborder">
{paragraphs}
</div>
{editor}
<div class="notice"><p>{_NOTICE}</p></div>
<div class="related"><h3>相关新闻</h3>{_links(related[:5])}</div>
<div class="share"><a href="/share">email</a></div>"""
        return self._page(f"{article.title}_{self.title}", body)

    def _page(self, title: str, body: str) -> str:
        channels = "".join(f'<li><a href="/cn/{channel}/">{name}</a></li>' for channel, name in _CHANNELS.items())
        return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/css/main.css">
</head>
<body>
<div class="top"><a href="/">{self.title}</a><ul class="nav">{channels}</ul></div>
<div class="main">
{body}
</div>
<div class="footer"><p>{self.title} 版权所有 未经书面授权不得转载</p><p>联系电话: 0890-0000000</p></div>
</body>
</html>
"""


def _links(articles: list[SampleArticle]) -> str:
    items = "".join(f'<li><a href="{article.path}">{escape(article.title)}</a></li>' for article in articles)
    return f"<ul>{items}</ul>"
