"""Reading of article pages: the article, its provenance, and the other URLs of the page."""

from dataclasses import replace
from datetime import UTC
from uuid import NAMESPACE_URL, uuid5

from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.spidermiddlewares.httperror import HttpError

from archive import Location
from crawler.discovery.learned_paths import ArticlePaths
from crawler.discovery.page_kinds import is_list_page, looks_complete
from crawler.discovery.walls import Wall, find_redirect, find_redirect_target, find_status_wall, find_wall
from crawler.extraction import extract_from
from crawler.extraction.document import Document, resolve
from crawler.fetch_context import fetch_context
from crawler.handlers.live import NotKept
from crawler.items import Article, Provenance
from crawler.middlewares.cut_responses import is_truncated
from crawler.middlewares.refusals import RequestRefused
from crawler.sites import PatternTimeout, Site
from crawler.store.frontier_urls import UrlKind
from crawler.store.identity import article_url
from crawler.urls import clean_url

#: Flag of an article whose page, or one of its pages, ended before its announced length.
TRUNCATED = "truncated"


class ArticleReader:
    """Reads the article pages of `site` in one visit; `paths` decides which URLs are articles."""

    def __init__(self, site: Site, paths: ArticlePaths) -> None:
        self._site = site
        self._paths = paths

    def read(self, document: Document, response: Response) -> Article:
        """Extract the article from a page, by the settings of the site file."""
        site = self._site
        article = extract_from(
            document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=site.boilerplate
        )
        flags = tuple(sorted({*article.flags, TRUNCATED})) if is_truncated(response) else article.flags
        return replace(article, site=site.name, provenance=provenance_of(response), flags=flags)

    def find_wall(self, document: Document, article: Article, response: Response) -> Wall | None:
        """Return the wall that an article's page is, by its content or because its URL redirected to it."""
        requested = response.meta.get("redirect_urls", [document.url])[0]
        return find_wall(document, article) or find_redirect(requested, document, article, home=self._site.home)

    def learn_from_page(self, document: Document, article: Article, response: Response) -> bool:
        """Note what kind of page a URL leads to. Return True for a list that the site file does not call an article."""
        if self._site.article_path is not None:
            return False
        is_list = is_list_page(document, article)
        has_story = looks_complete(article) or bool(article.title and article.date)
        for url in {response.url, *response.meta.get("redirect_urls", ())[:1]}:
            self._paths.note(clean_url(url), is_article=has_story and not is_list)
        return is_list

    def find_wall_of_error(self, error: BaseException, request: Request) -> Wall | None:
        """Return the wall behind the error of a request.

        That is a page with an error status, one that opts out of being kept, or one that an article redirects to but
        that may not be requested.
        """
        if isinstance(error, NotKept):
            return self._find_wall_not_kept(error, request)
        if isinstance(error, HttpError):
            response = error.response
            content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
            return find_status_wall(Document(response.body, response.url, content_type=content_type), response.status)
        redirected_from = request.meta.get("redirect_urls")
        if redirected_from and isinstance(error, RequestRefused) and fetch_context(request).kind is UrlKind.ARTICLE:
            return find_redirect_target(redirected_from[0], request.url, home=self._site.home)
        return None

    def _find_wall_not_kept(self, error: NotKept, request: Request) -> Wall | None:
        """Return the wall that a page is that was not kept because it opts out. Block pages often do."""
        if not error.body:
            return None
        document = Document(error.body, request.url, content_type=error.content_type)
        return find_wall(document, extract_from(document, timezone=self._site.timezone))

    def find_aliases(self, document: Document, article: Article) -> set[str]:
        """Return all URLs of an article's page: its URL after redirects, its canonical URL and its mobile version.

        Only article URLs on the site itself are believed.
        """
        alternates = document.tree.css('link[rel~="alternate" i][media][href]')
        mobile = [resolve(document.base_url, node.attributes.get("href") or "") for node in alternates]
        aliases = {document.url, article_url(article), *mobile}
        return {url for url in aliases if url and self._is_own_article(url)}

    def _is_own_article(self, url: str) -> bool:
        try:
            return self._paths.may_be_article(url, is_selected=True)
        except PatternTimeout:
            return False


def is_html(response: Response) -> bool:
    """True if a response is HTML, as `crawler.middlewares.decoding` decided by the rule of `archive.media`."""
    return isinstance(response, HtmlResponse)


def document_of(response: Response, *, is_list: bool = False) -> Document:
    """Return a captured response as a document."""
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
    captured_at = fetch_context(response).require_capture().date
    return Document(response.body, response.url, content_type=content_type, captured_at=captured_at, is_list=is_list)


def provenance_of(response: Response) -> Provenance:
    """Return the provenance of an item read from a captured response.

    A record without id gets one made from its place, since items of different records have different ids.
    """
    location: Location = fetch_context(response).require_capture()
    return Provenance(
        record_id=location.record_id or f"urn:uuid:{uuid5(NAMESPACE_URL, f'{location.file}#{location.offset}')}",
        file=location.file,
        offset=location.offset,
        payload_digest=location.payload_digest,
        captured_at=location.date.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    )
