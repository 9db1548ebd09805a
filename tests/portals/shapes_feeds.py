"""Generated portals whose articles are only in feeds, sitemaps, or the interfaces of WordPress."""

import json
from collections.abc import Sequence
from html import escape

from portal_news import html_page
from portal_shapes import PAGE_SIZE, Served
from shapes_lists import OneListPortal

from crawler.demo import Request, SampleArticle
from crawler.demo.messages import page, text
from crawler.demo.newsroom import Assignment


class _FeedPortal(OneListPortal):
    """Base: pages are drawn by a script, and the head of the front page names a feed with all articles."""

    feed, media_type = "/feed", "application/rss+xml"

    def third_line(self, home: str) -> list[str]:
        return [f'feeds = ["{home.rstrip("/")}{self.feed}"]']

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            head = f'<link rel="alternate" type="{self.media_type}" href="{self.feed}">'
            app = (
                f'<!DOCTYPE html><html><head><title>{self.title}</title>{head}</head><body><div id="app"></div></body>'
            )
            return Served(page(app), leads_to=frozenset({self.feed}))
        if request.path != self.feed:
            return None
        body = self.write_feed(request.origin)
        return Served(text(body, self.media_type), leads_to=frozenset(one.path for one in self.articles))

    def write_feed(self, origin: str) -> str:
        """Return the feed, with URLs that begin with `origin`."""
        raise NotImplementedError


class RssOnlyPortal(_FeedPortal):
    """RSS, with relative links and CDATA."""

    name = "rss_only"

    def write_feed(self, origin: str) -> str:
        items = "".join(
            f"<item><title><![CDATA[{one.title}]]></title><link>{one.path}</link></item>" for one in self.articles
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


class AtomOnlyPortal(_FeedPortal):
    """Atom, in which each entry has several links."""

    name, feed, media_type = "atom_only", "/atom.xml", "application/atom+xml"

    def write_feed(self, origin: str) -> str:
        entries = "".join(
            f'<entry><title>{escape(one.title)}</title><link rel="self" href="{origin}/api{one.path}"/>'
            f'<link rel="alternate" href="{origin}{one.path}"/><updated>{one.date}</updated></entry>'
            for one in self.articles
        )
        return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{entries}</feed>'


class JsonFeedPortal(_FeedPortal):
    """JSON Feed."""

    name, feed, media_type = "json_feed", "/feed.json", "application/feed+json"

    def write_feed(self, origin: str) -> str:
        items = [{"id": one.path, "url": f"{origin}{one.path}", "title": one.title} for one in self.articles]
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items})


class NewsSitemapPortal(_FeedPortal):
    """A news sitemap named in robots.txt, and nothing else."""

    name, feed, media_type = "news_sitemap", "/news-sitemap.xml", "application/xml"
    robots = "Sitemap: {origin}/news-sitemap.xml\n"

    def third_line(self, home: str) -> list[str]:
        return [f'sitemaps = ["{home.rstrip("/")}{self.feed}"]']

    def write_feed(self, origin: str) -> str:
        rows = "".join(
            f"<url><loc>{origin}{one.path}</loc><news:news><news:publication_date>{one.date}</news:publication_date>"
            f"<news:title>{escape(one.title)}</news:title></news:news></url>"
            for one in self.articles
        )
        names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
        return f"<urlset {names}>{rows}</urlset>"


class WordPressPortal(OneListPortal):
    """WordPress: a feed of ten posts, ``/page/2/`` behind each list, ``wp-json``, and sitemaps of many posts each."""

    name, texts, language, timezone = "wordpress_whole", "county", "en", "America/New_York"  # type: ignore[misc]
    robots = "User-agent: *\nDisallow: /wp-admin/\n\nSitemap: {origin}/wp-sitemap.xml\n"
    #: Posts per sitemap: 2000 in WordPress, fewer here so that several are needed.
    per_sitemap = 12
    folder = "/"
    tags = ("bridges", "council", "school", "market", "weather")

    def third_line(self, home: str) -> list[str]:
        return []

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{assignment.published:%Y/%m/%d}/{slug}-{assignment.number}/"

    def page_path(self, number: int) -> str:
        return f"/page/{number + 1}/"

    def pager(self, number: int) -> str:
        count = len(self.pages)
        shown = sorted({0, number - 1, number, number + 1, count - 1} & set(range(count)))
        links = (
            f'<span class="page-numbers current">{n + 1}</span>'
            if n == number
            else f'<a class="page-numbers" href="{self.page_path(n) if n else "/"}">{n + 1}</a>'
            for n in shown
        )
        after = (
            f'<a class="next page-numbers" href="{self.page_path(number + 1)}">Next</a>' if number + 1 < count else ""
        )
        tags = "".join(f'<a href="/tag/{tag}/" rel="tag">{tag}</a>, ' for tag in self.tags)
        return (
            f'<nav class="pagination">{" ".join(links)}{after}</nav><p>{tags}<a href="/author/ann/">Ann Weaver</a></p>'
        )

    def furniture(self, article: SampleArticle) -> str:
        tags = "".join(f'<a href="/tag/{tag}/" rel="tag">{tag}</a>, ' for tag in self.tags)
        place = self.articles.index(article)
        around = self.articles[max(0, place - 1) : place] + self.articles[place + 1 : place + 2]
        links = "".join(f'<a href="{one.path}" rel="prev">{escape(one.title)}</a>' for one in around)
        return f'<p>{tags}</p><nav class="post-navigation">{links}</nav>'

    def _front_page(self) -> Served:
        served = self.serve_list(0)
        feeds = "".join(
            f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{url}">'
            for title, url in (("Feed", "/feed/"), ("Comments Feed", "/comments/feed/"))
        )
        head = f'{feeds}<link rel="https://api.w.org/" href="/wp-json/"></head>'
        markup = served.reply.body.decode().replace("</head>", head)
        return Served(self.html(markup), leads_to=served.leads_to | {"/feed/"})

    def serve(self, request: Request) -> Served | None:
        if request.path in ("/feed/", "/wp-sitemap.xml") or request.path.startswith("/wp-sitemap-"):
            return self._serve_xml(request)
        if request.path.startswith(("/tag/", "/author/")):
            return self.list_page(self.articles[:PAGE_SIZE])
        return super().serve(request)

    def _serve_xml(self, request: Request) -> Served | None:
        groups = [self.articles[n : n + self.per_sitemap] for n in range(0, self.count, self.per_sitemap)]
        names = [f"/wp-sitemap-posts-post-{n}.xml" for n, _ in enumerate(groups, 1)]
        others = ["/wp-sitemap-taxonomies-post_tag-1.xml", "/wp-sitemap-users-1.xml"]
        if request.path == "/feed/":
            return self._rss(self.articles[:PAGE_SIZE], request.origin)
        if request.path == "/wp-sitemap.xml":
            rows = "".join(f"<sitemap><loc>{request.origin}{name}</loc></sitemap>" for name in (*names, *others))
            index = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
            return Served(text(index, "application/xml"), leads_to=frozenset(names))
        if request.path in others:
            return self._urlset([f"/tag/{tag}/" for tag in self.tags], request.origin)
        if request.path not in names:
            return None
        return self._urlset([one.path for one in groups[names.index(request.path)]], request.origin)

    def _rss(self, articles: Sequence[SampleArticle], origin: str) -> Served:
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{origin}{one.path}</link></item>" for one in articles
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        return Served(text(body, "application/rss+xml"), leads_to=frozenset(["feed", *(one.path for one in articles)]))

    def _urlset(self, paths: Sequence[str], origin: str) -> Served:
        rows = "".join(f"<url><loc>{origin}{path}</loc></url>" for path in paths)
        body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
        return Served(text(body, "application/xml"), leads_to=frozenset(paths))


class WordPressFeedPortal(WordPressPortal):
    """The same, by its feed and sitemaps."""

    name = "wordpress_maps"

    def third_line(self, home: str) -> list[str]:
        return [f'sitemaps = ["{home}wp-sitemap.xml"]']


class HiddenListPortal(OneListPortal):
    """A page that a script draws, without feed or sitemap: only a browser can read it."""

    name = "script_only"
    unreadable = "needs a browser"

    def third_line(self, home: str) -> list[str]:
        return []

    def serve(self, request: Request) -> Served | None:
        if request.path == "/app.js":
            return Served(text("fetch(config.base + route).then(render)", "text/javascript"))
        if request.path != "/":
            return None
        body = '<div id="app"></div><script src="/app.js"></script>'
        return Served(page(f"<!DOCTYPE html><html><head><title>{self.title}</title></head><body>{body}</body></html>"))


class HashBangPortal(HiddenListPortal):
    """Links to routes of a script: ``/#!/news/12``."""

    name = "hash_bang"

    def serve(self, request: Request) -> Served | None:
        if request.path != "/":
            return super().serve(request)
        rows = "".join(f'<li><a href="#!/news/{n}">{escape(one.title)}</a></li>' for n, one in enumerate(self.articles))
        return Served(page(html_page(self.title, f'<ul>{rows}</ul><script src="/app.js"></script>')))


FEED_SHAPES: tuple[type[OneListPortal], ...] = (
    RssOnlyPortal,
    AtomOnlyPortal,
    JsonFeedPortal,
    NewsSitemapPortal,
    WordPressPortal,
    WordPressFeedPortal,
    HiddenListPortal,
    HashBangPortal,
)
