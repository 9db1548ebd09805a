"""Reading of the further pages of an article that spans several."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.discovery.article_pages import ArticleParts
from crawler.discovery.multipage import is_whole, join_incomplete, join_pages, join_whole
from crawler.discovery.walls import Wall
from crawler.extraction.document import Document
from crawler.fetch_context import FetchContext, fetch_context, leased_url
from crawler.items import Article
from crawler.middlewares.cut_responses import is_cut
from crawler.sites import Site
from crawler.spiders.article_reader import ArticleReader, document_of

#: Maximum number of pages of one article, as protection from endless "next" links.
MAX_PAGES = 20

#: Further pages are requested before other articles, so that an article is complete soon.
_PRIORITY = 2


@dataclass(frozen=True, slots=True)
class _PagesRead:
    """The pages of an article read so far, in order, and the number of pages it has by its own account."""

    pages: tuple[Article, ...]
    named: int = 1

    @property
    def first(self) -> Article:
        return self.pages[0]

    def add(self, page: Article, named: int) -> "_PagesRead":
        return _PagesRead((*self.pages, page), max(self.named, named))


class PartReader:
    """Requests the further pages of articles, and joins them.

    A page with the whole article is preferred. `note_lost` is called with the failure of a page, `note_wall` with the
    wall that was sent instead of one, `note_cut` with a response whose end is missing.
    """

    def __init__(
        self,
        site: Site,
        reader: ArticleReader,
        note_lost: Callable[[Any], None],
        note_wall: Callable[[Request | Response, Wall], None],
        note_cut: Callable[[Response], None],
    ) -> None:
        self._site = site
        self._reader = reader
        self._note_lost = note_lost
        self._note_wall = note_wall
        self._note_cut = note_cut

    def begin(self, article: Article, document: Document, response: Response) -> Request | Article:
        """Return the request for the second page or the whole article; the article itself if it has one page."""
        pages = ArticleParts(document)
        read = _PagesRead((article,), pages.count_named())
        following = pages.find_next(0)
        whole = pages.find_whole() if following or read.named > 1 else None
        leased_url(response).aliases |= self._reader.find_aliases(document, article)
        if whole and self._site.owns(whole):
            return self._request(whole, self._parse_whole, self._whole_lost, response, read=read, following=following)
        return self._go_on(read, following, response)

    def _parse_part(self, response: Response, read: _PagesRead) -> Iterator[Request | Article]:
        document = document_of(response)
        article = self._reader.read(document, response)
        if is_cut(response):
            self._note_cut(response)
        if wall := self._reader.find_wall(document, article, response):
            self._note_wall(response, wall)
            yield self._end_incomplete(read, response, f"{wall.cause}: {response.url}")
        elif article.body == read.pages[-1].body:  # the numbers are those of comments or pictures
            yield join_pages(read.pages)
        else:
            leased_url(response).aliases |= self._reader.find_aliases(document, article)
            pages = ArticleParts(document)
            following = pages.find_next(len(read.pages))
            yield self._go_on(read.add(article, pages.count_named()), following, response)

    def _parse_whole(self, response: Response, read: _PagesRead, following: str | None) -> Iterator[Request | Article]:
        document = document_of(response)
        whole = self._reader.read(document, response)
        is_usable = not is_cut(response) and self._reader.find_wall(document, whole, response) is None
        if is_usable and is_whole(read.first, whole):
            yield join_whole(read.first, whole)
        else:
            yield self._go_on(read, following, response)

    def _part_lost(self, failure: Any) -> Iterator[Article]:
        """Yield the article without the page that could not be fetched, flagged as incomplete."""
        self._note_lost(failure)
        request = failure.request
        yield self._end_incomplete(request.cb_kwargs["read"], request, request.url)

    def _whole_lost(self, failure: Any) -> Iterator[Request | Article]:
        request = failure.request
        yield self._go_on(request.cb_kwargs["read"], request.cb_kwargs["following"], request)

    def _go_on(self, read: _PagesRead, following: str | None, of: Request | Response) -> Request | Article:
        """Return the request for the next page, or the article if there is no other one."""
        is_new = following is not None and following not in {page.url for page in read.pages}
        if following and is_new and self._site.owns(following) and len(read.pages) < MAX_PAGES:
            return self._request(following, self._parse_part, self._part_lost, of, read=read)
        if len(read.pages) < read.named or (following and is_new):
            return self._end_incomplete(read, of, f"{len(read.pages)} of {read.named} pages read")
        return join_pages(read.pages)

    def _end_incomplete(self, read: _PagesRead, of: Request | Response, detail: str) -> Article:
        leased_url(of).missing_part = detail
        return join_incomplete(read.pages)

    def _request(
        self, url: str, callback: Callable[..., Any], errback: Callable[..., Any], of: Request | Response, **kwargs: Any
    ) -> Request:
        context = fetch_context(of)
        # `captured_near` makes the archive answer with the capture of the same visit. A live crawl ignores it.
        captured_near = context.capture.date if context.capture else context.captured_near
        meta = FetchContext(leased=context.leased, continues_article=True, captured_near=captured_near).as_meta()
        return Request(
            url, callback, errback=errback, priority=_PRIORITY, dont_filter=True, cb_kwargs=kwargs, meta=meta
        )
