"""Generated portals whose article URLs look like nothing in particular: the crawler has to learn them."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from portal_news import html_page
from portal_shapes import Served
from shapes_lists import OneListPortal

from crawler.demo import Request, SampleArticle
from crawler.demo.messages import redirect, text
from crawler.demo.newsroom import Assignment


class ShortNumberPortal(OneListPortal):
    """Articles at ``/news/1030.html``, beside lists at ``/list/3.html``, without a pattern in the site file."""

    name = "short_numbers"
    article_folder, ending = "/news/", ".html"
    folder = "/list/1.html"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"{self.article_folder}{1000 + assignment.number}{self.ending}"

    def page_path(self, number: int) -> str:
        return f"/list/{number + 1}.html"

    def pager(self, number: int) -> str:
        last = number + 1 >= len(self.pages)
        return "" if last else f'<a href="{self.page_path(number + 1)}">下一页</a>'


class NoEndingPortal(ShortNumberPortal):
    """Articles at ``/a/1039``."""

    name = "no_ending"
    article_folder, ending = "/a/", ""


class OneLetterPortal(ShortNumberPortal):
    """Articles at ``/n/1036.html``, with headlines too short to look like any, but dates beside them."""

    name = "one_letter"
    article_folder = "/n/"

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        rows = "".join(
            f'<tr><td><a href="{one.path}">{escape(one.title[:5])}</a></td><td>{one.date[:10]}</td></tr>'
            for one in articles
        )
        markup = html_page(self.title, f"<table>{rows}</table><p>{pager}</p>")
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))


class QueryPortal(ShortNumberPortal):
    """Articles at ``/show.php?id=1030``, lists at ``/list.php?page=2``."""

    name = "query_ids"
    folder = "/list.php"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/show.php?id={1000 + assignment.number}"

    def find_article(self, target: str) -> SampleArticle | None:
        return self._by_path.get(target)

    def page_path(self, number: int) -> str:
        return f"/list.php?page={number + 1}"


class RedirectingPortal(ShortNumberPortal):
    """Lists link to ``/go/1035``, which redirects to the article at ``/news/1035.html``."""

    name = "redirecting"

    def link(self, article: SampleArticle) -> str:
        return article.path.replace("/news/", "/go/").removesuffix(".html")

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        served = super().list_page(articles, pager)
        return replace(served, leads_to=frozenset([*leads_to, *map(self.link, articles)]))

    def serve(self, request: Request) -> Served | None:
        for article in self.articles:
            if request.target == self.link(article):
                return Served(redirect(f"{request.origin}{article.path}", 302), leads_to=frozenset([article.path]))
        return super().serve(request)


class TopicsPortal(ShortNumberPortal):
    """Beside the articles at ``/news/1030.html``, a block of topics at ``/topic/7.html`` with names like headlines."""

    name = "topics"

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        topics = "".join(
            f'<li><a href="/topic/{number}.html">{escape(one.title[:6])}专题报道汇总之{number}</a></li>'
            for number, one in enumerate(self.articles[:5], 1)
        )
        return super().list_page(articles, f'{pager}</div><ul class="topics">{topics}</ul><div>', leads_to)

    def serve(self, request: Request) -> Served | None:
        if request.path.startswith("/topic/"):
            return super().list_page(self.articles[:8])
        return super().serve(request)


class MixedSitemapPortal(ShortNumberPortal):
    """A sitemap of short numbered articles and of other pages: tags, authors, the front page."""

    name = "mixed_sitemap"
    others = ("/", "/tag/bridge/", "/tag/market/", "/author/ann/", "/author/ben/", "/about/", "/contact/", "/privacy/")
    robots = "Sitemap: {origin}/sitemap.xml\n"

    def third_line(self, home: str) -> list[str]:
        return [f'sitemaps = ["{home.rstrip("/")}/sitemap.xml"]']

    def serve(self, request: Request) -> Served | None:
        if request.path != "/sitemap.xml":
            return super().serve(request)
        paths = [*self.others, *(one.path for one in self.articles)]
        rows = "".join(f"<url><loc>{request.origin}{path}</loc></url>" for path in paths)
        body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
        return Served(text(body, "application/xml"), leads_to=frozenset(one.path for one in self.articles))


LEARNED_SHAPES: tuple[type[OneListPortal], ...] = (
    ShortNumberPortal,
    NoEndingPortal,
    OneLetterPortal,
    QueryPortal,
    RedirectingPortal,
    TopicsPortal,
    MixedSitemapPortal,
)
