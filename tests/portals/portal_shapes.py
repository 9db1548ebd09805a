"""Generated portals of every structure that discovery must handle, of any size, each with its expected articles.

``make_portals(60)`` returns one of each. `Served` records what each response led to, so that useless requests can be
counted.
"""

import gzip
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from portal_news import article_list, article_page, html_page, write_articles

from crawler.demo import Portal, Reply, Request, SampleArticle
from crawler.demo.messages import page, text
from crawler.demo.newsroom import Assignment
from crawler.demo.portal import SectionList

PAGE_SIZE = 10

#: The articles that edition 2 edits, removes, and prints with other boilerplate; newest articles first.
EDITED, REMOVED, COSMETIC = slice(0, 10), slice(10, 12), slice(12, 62)


@dataclass(frozen=True, slots=True)
class Served:
    """A response: `article` is the path of the article it prints, `leads_to` are the paths it links to."""

    reply: Reply
    article: str | None = None
    leads_to: frozenset[str] = frozenset()


class ShapedPortal(Portal):
    """A portal of `count` articles.

    In edition 2, ten articles are edited, two are gone (404), and fifty have other boilerplate around the same text.
    """

    name: ClassVar[str]
    texts: ClassVar[str] = "gaoyuan"
    delay = 0.01
    encoding: ClassVar[str] = "utf-8"
    robots = ""
    #: The path that is given to `site add`.
    entry_path: ClassVar[str] = "/"
    #: Words of the message if only a browser can read the portal; words if only `site add` fails, and says so.
    unreadable: ClassVar[str] = ""
    not_added: ClassVar[str] = ""
    #: Words of the report if a crawl finds the first page of the list only.
    incomplete: ClassVar[str] = ""

    def __init__(self, count: int = 60) -> None:
        super().__init__()
        self.host = f"{self.name}.localhost"
        self.title = f"{self.name} news"
        self.count = count
        self.max_pages = 10 * count + 200

    @property
    def twin(self) -> Portal | None:
        """The same portal at another host, if it has one."""
        return None

    @cached_property
    def written(self) -> tuple[SampleArticle, ...]:
        """All articles as first published, newest first."""
        return write_articles(self.texts, self.count, self.path_of, language=self.language or "zh")

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        if self.edition < 2:
            return self.written
        edited = [replace(one, body=f"{one.body}\n{_CORRECTION}") for one in self.written[EDITED]]
        return (*edited, *self.written[REMOVED.stop :])

    def path_of(self, assignment: Assignment, slug: str) -> str:
        """Return the path of an article."""
        raise NotImplementedError

    def third_line(self, home: str) -> list[str]:
        """Return the line of a short site file behind name and home, in a list; empty if none is needed."""
        return []

    def serve(self, request: Request) -> Served | None:
        """Return the response to a request for anything but robots.txt and articles."""
        raise NotImplementedError

    def served(self, target: str, host: str | None = None) -> Served | None:
        """Return the response to a request for `target`, so that a test can judge whether it was useful."""
        raw = Request(raw=b"", method="GET", target=target, version="HTTP/1.1", host=host or self.host, port=80,
                      headers=())  # fmt: skip
        return self._serve(raw)

    def find(self, request: Request) -> Reply | None:
        served = self._serve(request)
        return served and served.reply

    def _serve(self, request: Request) -> Served | None:
        if request.path == "/robots.txt":
            robots = self.robots.format(origin=request.origin)
            return Served(text(robots, "text/plain")) if robots else None
        if article := self.find_article(request.target):
            return Served(self.html(self.article_html(article, request)), article=article.path)
        return self.serve(request)

    def find_article(self, target: str) -> SampleArticle | None:
        """Return the article printed at `target`."""
        return self._by_path.get(target.partition("?")[0])

    @property
    def _by_path(self) -> Mapping[str, SampleArticle]:
        return {article.path: article for article in self.articles}

    def article_html(self, article: SampleArticle, request: Request) -> str:
        """Return the page of an article."""
        return article_page(article, furniture=self.furniture(article))

    def furniture(self, article: SampleArticle) -> str:
        """Return the boilerplate around an article: links to others and, in edition 2, some advertisements."""
        related = [(one.path, one) for one in self.articles[:5] if one.path != article.path]
        cosmetic = self.edition > 1 and article.path in {one.path for one in self.written[COSMETIC]}
        return article_list(related) + ('<div class="ad"><p>Subscribe by post.</p></div>' if cosmetic else "")

    def html(self, markup: str) -> Reply:
        """Return a page of `markup` in the portal's encoding."""
        return page(markup, charset=self.encoding, encoding=self.encoding)

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        """Return a page of a list."""
        body = article_list([(self.link(one), one) for one in articles], pager)
        markup = html_page(self.title, body, language=self.language or "zh", charset=self.encoding)
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))

    def link(self, article: SampleArticle) -> str:
        """Return the URL by which lists link to an article."""
        return article.path


_CORRECTION = (
    "更正：本文第一段的数字以统计部门公布的为准，特此说明。Correction: the figures above were revised on Friday."
)


def slices(articles: Sequence[SampleArticle]) -> list[Sequence[SampleArticle]]:
    """Split `articles` into pages of a list."""
    return [articles[start : start + PAGE_SIZE] for start in range(0, len(articles), PAGE_SIZE)]


#: An invisible link to a URL that looks like an article.
HIDDEN_ARTICLE = "/yaowen/202001/t20200101_6666666.html"
HIDDEN = f'<div style="display:none"><a href="{HIDDEN_ARTICLE}">一篇读者在页面上看不到的报道</a></div>'


class NumberedPortal(ShapedPortal):
    """Numbered lists (``index_1.html`` is the second page), no feed; the pages of a list are linked by number."""

    name = "numbered"
    channels = ("yaowen", "shehui")
    article_pattern = r"/t\d{8}_\d+\.html$"
    extension = "html"

    @property
    def sections(self) -> Sequence[SectionList]:  # type: ignore[override]
        return [SectionList(f"/{name}/", "ul.list a", f"index_{{n}}.{self.extension}") for name in self.channels]

    def path_of(self, assignment: Assignment, slug: str) -> str:
        channel = self.channels[assignment.number % len(self.channels)]
        return f"/{channel}/{assignment.published:%Y%m/t%Y%m%d}_{7000000 + assignment.number * 7}.html"

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            pager = " ".join(f'<a href="/{channel}/">{channel}</a>' for channel in self.channels)
            return self.list_page(self.articles[:PAGE_SIZE], pager, [f"/{channel}/" for channel in self.channels])
        channel, _, file = request.path[1:].rpartition("/")
        if channel not in self.channels:
            return None
        names = self._names(channel)
        number = names.index(file) if file in names else 0 if file == "" else None
        return None if number is None else self._numbered(channel, number)

    def _of(self, channel: str) -> list[Sequence[SampleArticle]]:
        return slices([one for one in self.articles if one.path.startswith(f"/{channel}/")])

    def _names(self, channel: str) -> list[str]:
        end = self.extension
        return [f"index_{n}.{end}" if n else f"index.{end}" for n in range(len(self._of(channel)))]

    def _numbered(self, channel: str, number: int) -> Served:
        names = self._names(channel)
        pager = " ".join(f'<a href="{name}">{n}</a>' for n, name in enumerate(names, 1))
        pager += HIDDEN
        return self.list_page(self._of(channel)[number], pager, [f"/{channel}/{name}" for name in names])


class Gb18030Portal(NumberedPortal):
    """Numbered lists in GB18030, declared as gb2312. A script draws the page numbers; there are no page links."""

    name, texts = "gb18030", "chengshi"
    channels = ("minsheng", "jiaotong", "wenhua")
    encoding = "gb18030"
    extension = "htm"
    article_pattern = r"/content_\d+\.htm$"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        channel = self.channels[assignment.number % len(self.channels)]
        return f"/{channel}/{assignment.published:%Y-%m/%d}/content_{300000 + assignment.number * 11}.htm"

    def html(self, markup: str) -> Reply:
        return page(markup.replace('charset="utf-8"', 'charset="gb2312"'), charset=None, encoding="gb18030")

    def _numbered(self, channel: str, number: int) -> Served:
        names = self._names(channel)
        script = f"<script>createPageHTML({len(names)}, {number}, 'index', 'htm');</script>"
        return self.list_page(self._of(channel)[number], script, [f"/{channel}/{name}" for name in names])


class RssPortal(ShapedPortal):
    """Just a feed: pages are rendered by a script, and links in the feed have tracking parameters."""

    name, texts, language, timezone = "rss", "county", "en", "America/New_York"  # type: ignore[misc]
    feeds = ("/feed.xml",)

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{assignment.published:%Y/%m/%d}/{slug}-{assignment.number}"

    def furniture(self, article: SampleArticle) -> str:
        return ""

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            head = '<link rel="alternate" type="application/rss+xml" href="/feed.xml"><script src="/app.js"></script>'
            return Served(page(html_page(self.title, '<div id="app"></div>', head=head, language="en")),
                          leads_to=frozenset({"/feed.xml"}))  # fmt: skip
        if request.path != "/feed.xml":
            return None
        items = "\n".join(
            f"<item><title>{one.title.replace('&', '&amp;')}</title>"
            f"<link>{request.origin}{one.path}?utm_source=rss&amp;utm_medium=feed</link>"
            f"<pubDate>{one.date}</pubDate></item>"
            for one in self.articles
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{self.title}</title>{items}</channel></rss>'
        return Served(text(feed, "application/rss+xml"), leads_to=frozenset(one.path for one in self.articles))


class SitemapPortal(ShapedPortal):
    """A sitemap index named in robots.txt, with a gzip file per month and a news sitemap."""

    name, texts = "sitemap", "chengshi"
    sitemaps = ("/sitemap_index.xml",)
    robots = "User-agent: *\nDisallow: /admin/\n\nSitemap: {origin}/sitemap_index.xml\n"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/a/{assignment.published:%Y%m}/{900000 + assignment.number * 3}.html"

    @property
    def _months(self) -> dict[str, list[SampleArticle]]:
        by_month = itertools.groupby(self.articles, lambda one: one.date[:7])
        return {f"/sitemap-{month}.xml.gz": list(articles) for month, articles in by_month}

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            return self.list_page(self.articles[:PAGE_SIZE])
        if request.path == "/sitemap_index.xml":
            maps = ["/news-sitemap.xml", *self._months]
            locs = "".join(f"<sitemap><loc>{request.origin}{path}</loc></sitemap>" for path in maps)
            index = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</sitemapindex>'
            return Served(text(index, "application/xml"), leads_to=frozenset(maps))
        if request.path == "/news-sitemap.xml":
            return self._urlset(self.articles[:PAGE_SIZE], request)
        if (articles := self._months.get(request.path)) is None:
            return None
        served = self._urlset(articles, request)
        gzipped = Reply(
            headers=(("Content-Type", "application/x-gzip"),), body=gzip.compress(served.reply.body, mtime=0)
        )
        return replace(served, reply=gzipped)

    def _urlset(self, articles: Sequence[SampleArticle], request: Request) -> Served:
        locs = "".join(
            f"<url><loc>{request.origin}{one.path}</loc><lastmod>{one.date}</lastmod></url>" for one in articles
        )
        urls = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</urlset>'
        return Served(text(urls, "application/xml"), leads_to=frozenset(one.path for one in articles))


class LinkedPortal(ShapedPortal):
    """One list whose pages have unpredictable names; each links to the next as older stories."""

    name, texts, language, timezone = "linked", "county", "en", "America/New_York"  # type: ignore[misc]
    article_pattern = r"^/stories/"

    @property
    def sections(self) -> Sequence[SectionList]:  # type: ignore[override]
        return [SectionList("/", "ul.list a")]

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/stories/{slug}-{assignment.number}.html"

    def serve(self, request: Request) -> Served | None:
        pages = {f"/archive/before-{found[0].path[-12:-5]}": found for found in slices(self.articles)[1:]}
        paths = ["/", *pages]
        if request.path not in paths:
            return None
        number = paths.index(request.path)
        articles = self.articles[:PAGE_SIZE] if number == 0 else pages[request.path]
        following = paths[number + 1 : number + 2]
        newer = f'<a href="{paths[number - 1]}">‹ Newer stories</a> ' if number else ""
        pager = newer + "".join(f'<a href="{path}">Older stories ›</a>' for path in following)
        return self.list_page(articles, pager, following)


class TrapPortal(ShapedPortal):
    """Session ids in every link, new for each request; an endless calendar; articles identified by a query."""

    name = "traps"
    article_pattern = r"^/show\.php$"
    sections = (SectionList("/list.php", None, "list.php?page={n}"),)

    def __init__(self, count: int = 60) -> None:
        super().__init__(count)
        self._sessions = itertools.count(1)

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/show.php?id={5000 + assignment.number}"

    def find_article(self, target: str) -> SampleArticle | None:
        number = dict(parse_qsl(urlsplit(target).query)).get("id")
        return self._by_path.get(f"/show.php?id={number}") if target.startswith("/show.php") else None

    def link(self, article: SampleArticle) -> str:
        return self._in_session(article.path)

    def furniture(self, article: SampleArticle) -> str:
        return super().furniture(article) + self._calendar("2025-06")

    def _in_session(self, url: str) -> str:
        session = f"{next(self._sessions) * 2654435761 % 2**64:016x}abcdef"
        return f"{url}{'&' if '?' in url else '?'}PHPSESSID={session}"

    def _calendar(self, month: str) -> str:
        year, _, number = month.partition("-")
        months = int(year) * 12 + int(number) - 1
        around = [f"{n // 12}-{n % 12 + 1:02}" for n in (months - 1, months + 1)]
        days = "".join(f'<a href="/calendar/{month}/{day:02}">{day}</a>' for day in range(1, 29))
        links = "".join(self._link(f"/calendar/{one}", one) for one in around)
        return f'<div class="calendar">{links}{days}</div>'

    def _link(self, url: str, words: str) -> str:
        return f'<a href="{self._in_session(url)}">{words}</a>'

    def serve(self, request: Request) -> Served | None:
        query = dict(parse_qsl(urlsplit(request.target).query))
        pages = slices(self.articles)
        if request.path == "/":
            pager = self._link("/list.php", "新闻") + self._calendar("2025-06")
            return self.list_page(self.articles[:PAGE_SIZE], pager, ["/list.php"])
        if request.path == "/list.php":
            number = int(query.get("page", 0))
            shown = pages[number] if number < len(pages) else ()
            following = f"/list.php?page={number + 1}" if number + 1 < len(pages) else None
            pager = (self._link(following, "下一页") if following else "") + self._calendar("2025-06")
            return self.list_page(shown, pager, [following] if following else [])
        if request.path.startswith("/calendar/"):
            month = request.path.split("/")[2]
            body = f"<h1>{month}</h1>" + self._calendar(month)
            return Served(page(html_page(month, body)))
        return None


class SoftPortal(ShapedPortal):
    """Soft 404s: missing pages have status 200, and one link in ten of a list is dead.

    Every article has a mobile version, to which lists link now and then.
    """

    name, texts = "soft", "chengshi"
    article_pattern = r"^/article/\d+\.html$"
    sections = (SectionList("/news/", None, "{n}.html"),)

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/article/{120000 + assignment.number * 17}.html"

    @property
    def twin(self) -> "TwinPortal":
        """The mobile portal, on its own host."""
        return TwinPortal(self)

    def missing(self, request: Request) -> Reply:
        words = (
            "<h1>页面不存在</h1><p>您访问的页面不存在或者已被删除，五秒后返回首页。如有疑问，请与本网编辑部联系。</p>"
        )
        return page(html_page(f"页面不存在 - {self.title}", words))

    def article_html(self, article: SampleArticle, request: Request) -> str:
        www, mobile = (f"http://{host}:{request.port}{article.path}" for host in (self.host, f"m.{self.host}"))
        head = (
            f'<link rel="canonical" href="{www}">'
            f'<link rel="alternate" media="only screen and (max-width: 640px)" href="{mobile}">'
        )
        return article_page(article, head=head, furniture=self.furniture(article))

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            pager = '<a href="/news/">新闻</a>'
            return self.list_page(self.articles[:PAGE_SIZE], pager, ["/news/"])
        folder, _, file = request.path.rpartition("/")
        number = file.removesuffix(".html") or "0"
        pages = slices(self.articles)
        if folder != "/news" or not number.isdecimal() or int(number) >= len(pages):
            return None
        shown = pages[int(number)]
        twins = "".join(
            f'<a href="http://m.{self.host}:{request.port}{one.path}">{one.title}</a>' for one in shown[::3]
        )
        dead = f'<a href="/article/{999000 + int(number)}.html">一篇已经不在的旧闻报道标题</a>'
        further = [f"/news/{n}.html" for n in range(1, len(pages))]
        pager = " ".join(f'<a href="{path}">{n}</a>' for n, path in enumerate(further, 2))
        return self.list_page(shown, f"{twins}{dead}<p>{pager}</p>", further)


class TwinPortal(Portal):
    """The mobile version of a portal: the same articles on another host."""

    title = "mobile twin"

    def __init__(self, of: SoftPortal) -> None:
        super().__init__()
        self.name, self.host, self._of = f"m_{of.name}", f"m.{of.host}", of  # type: ignore[misc]

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return ()

    def find(self, request: Request) -> Reply | None:
        article = self._of.find_article(request.target)
        return self._of.html(self._of.article_html(article, request)) if article else self._of.missing(request)


SHAPES: tuple[type[ShapedPortal], ...] = (
    NumberedPortal,
    RssPortal,
    SitemapPortal,
    Gb18030Portal,
    LinkedPortal,
    TrapPortal,
    SoftPortal,
)


def make_portals(count: int = 60) -> list[ShapedPortal]:
    """Return one portal of each shape, with `count` articles each."""
    return [shape(count) for shape in SHAPES]


def hosts_of(portal: ShapedPortal) -> Iterator[Portal]:
    """Yield `portal` and its mobile version, if it has one: the portals a server must serve."""
    yield portal
    if portal.twin is not None:
        yield portal.twin


def find_useless_requests(portal: ShapedPortal, targets: Sequence[tuple[str, str]]) -> list[str]:
    """Return the requests, given as (host, target), that were useless.

    Useful are robots.txt, the first request for an article, and responses with links not seen before.
    """
    articles: set[str] = set()
    offered: set[str] = set()
    useless = []
    for host, target in targets:
        if target == "/robots.txt":
            continue
        served = portal.served(target, host)
        is_new = served and (served.article not in (None, *articles) or served.leads_to - offered)
        if not served or not is_new:
            useless.append(target)
            continue
        articles |= {served.article} - {None}
        offered |= served.leads_to
    return useless


def describe() -> str:
    """Return a one-line description of each shape, as JSON."""
    return json.dumps({shape.name: (shape.__doc__ or "").split("\n")[0] for shape in SHAPES}, indent=1)
