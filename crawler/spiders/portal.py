"""The spider of a news portal: feeds, sitemaps, section lists and the front page lead to articles."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from scrapy import Request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response

from crawler.discovery.article_pages import ArticleParts
from crawler.discovery.datastores import expand_datastore
from crawler.discovery.feeds import FeedEntry, FeedError, read_feed
from crawler.discovery.news import drop_wrong_dates
from crawler.discovery.page_links import names_unread_pages
from crawler.discovery.rereads import choose_due
from crawler.discovery.soft_404 import says_not_found
from crawler.discovery.walls import Wall, find_status_wall, find_wall
from crawler.extraction.document import Document
from crawler.fetch_context import FetchContext, fetch_context, leased_url
from crawler.items import Article
from crawler.middlewares.cut_responses import is_cut
from crawler.report import SLOW_PATTERN
from crawler.report_states import ArticleState, Fate, ListState
from crawler.report_words import words_for
from crawler.sites import PatternTimeout
from crawler.spiders.article_reader import document_of, is_html, provenance_of
from crawler.spiders.json_pages import JsonPages
from crawler.spiders.list_pages import FIRST_PAGE, ListPosition
from crawler.spiders.list_reader import FeedReading, SkippedLink, broken_link
from crawler.spiders.paper_reader import PaperSpider
from crawler.spiders.part_reader import PartReader
from crawler.store.article_store import GONE
from crawler.store.frontier_urls import UrlKind, UrlPriority
from crawler.store.validators import Validators
from crawler.urls import clean_url

#: The frontier's reason for dropping a soft 404, and the status stored for it.
SOFT_404, NOT_FOUND = "soft_404", 404

SpiderOutput = Iterator[Request | Article]


class PortalSpider(PaperSpider):
    """Crawls one `site`.

    In a live crawl, requests go through the frontier (`crawler.scheduler`), which passes each URL only once. It stores
    callbacks and errbacks by name: renaming one breaks visits in progress. Over the archive, requests come from the
    index (`crawler.spiders.reextract`).
    """

    @cached_property
    def _json_pages(self) -> JsonPages:
        return JsonPages(self.site)

    @cached_property
    def _part_reader(self) -> PartReader:
        return PartReader(self.site, self.article_reader, self.lost, self._note_wall, self._note_cut)

    async def start(self) -> AsyncIterator[Request]:
        if self.has_broken_class:
            return
        feeds = {*self.site.feeds, *self.site.sitemaps}
        sections = [section.url for section in self.site.sections] or ([] if feeds else [self.site.home])
        for url in self.list_plan.order([*self.site.feeds, *self.site.sitemaps, *sections]):
            for issue in self.papers.begin(url):
                yield issue
            if url in self.papers.sections:
                continue
            if request := self._make_list_request(self._choose_list_request(url, is_feed=url in feeds), url):
                yield request.replace(priority=self.list_plan.take_priority())
        if self.revisit:
            for url in self.store.articles.urls(self.name):
                yield self._make_article_request(url, is_known=True)

    def _choose_list_request(self, url: str, *, is_feed: bool) -> Callable[..., Request]:
        if is_feed:
            return self._make_feed_request
        return self._make_json_request if url in self._json_pages.sections else self._make_section_request

    # -- lists -----------------------------------------------------------------------------------------------------

    def parse_feed(self, response: Response) -> SpiderOutput:
        """Request the new or changed articles of a feed or sitemap, and the sitemaps it lists."""
        leased = leased_url(response)
        try:
            feed = read_feed(response.body, self.site.timezone)
        except FeedError as error:
            self.logger.warning("%s: %s", response.url, error)
            self._count("feeds/unreadable")
            leased.fate = Fate(ListState.UNREADABLE, "feed", str(error))
            self.note_list_wall(document_of(response), response)
            return
        entries = self.drop_skipped(self.list_reader.resolve(feed, response.url), response)
        reading = FeedReading(entries, lambda url: self.list_reader.is_other_page(url, feed))
        # At the first reading, a sitemap lists the past too; a feed has news only.
        is_known = self.list_plan.was_read(response.meta.get("redirect_urls", [response.url])[0])
        articles = self.drop_skipped(reading.articles(), response)
        yield from self.request_articles(articles, response, are_new=is_known or not feed.is_sitemap)
        if sitemaps := [entry for entry in reading.sitemaps if self.site.owns(entry.url)]:
            leased.fate = Fate(ListState.READ)
            yield from self._request_sitemaps(sitemaps)
        self._count("articles/not_by_url", len(reading.others))
        if self.visit_report:
            self.visit_report.add_feed_damage(response.url, feed, is_cut=is_cut(response))
            self.visit_report.skip_other_pages(reading.others, has_pattern=self.site.article_path is not None)
        if leased.fate is None and not leased.articles:
            detail = f"first {reading.first}" if reading.first else f"{feed.size} entries"
            leased.fate = Fate(ListState.EMPTY, reading.why_empty, detail)

    def _request_sitemaps(self, sitemaps: Sequence[FeedEntry]) -> Iterator[Request]:
        for entry, priority in self.list_plan.choose_sitemaps(drop_wrong_dates(sitemaps, datetime.now(UTC))):
            if request := self._make_list_request(self._make_feed_request, entry.url):
                fetch_context(request).dated = entry.changed
                yield request.replace(priority=priority)

    def parse_section(self, response: Response, section: str, number: int = 0, hops: int = 0) -> SpiderOutput:
        """Request the new articles on page `number` of the list at `section` (the first page is 0), then further pages.

        `hops` pages without news, such as a splash page, led to it. Pagination ends with the first page that has
        nothing new: articles that an earlier visit found but did not request are in the frontier already.
        """
        leased = leased_url(response)
        described = self.list_reader.section_at(section)
        document = expand_datastore(document_of(response, is_list=True))
        articles = self.drop_skipped(self.list_reader.find_articles(document, described, response), response)
        requested: list[str] = []
        are_new = number == 0 or self.list_plan.was_read(section)
        for article in self.request_articles(articles, response, are_new=are_new):
            requested.append(article.url)
            yield article
        has_articles, has_new = bool(leased.articles), bool(requested)
        pages = self.list_pages.find_following(
            document, described, ListPosition(number, hops), has_articles=has_articles, has_new=has_new
        )
        if not leased.articles:
            links = len(document.followable_links())
            why = "list.empty" if links or is_html(response) else "list.media"
            leased.fate = Fate(ListState.EMPTY, why, f"{links} links" if number == 0 else None)
            if not pages:
                self.note_list_wall(document, response)
        elif (is_cut(response) or document.is_truncated) and self.visit_report:
            self.visit_report.add_list_damage(section, "network.cut" if is_cut(response) else "list.cut")
        elif self.visit_report and not pages and not self.list_plan.was_read(section) and names_unread_pages(document):
            self.visit_report.add_list_damage(section, "list.pages_unread")
        if self.list_watch.is_trap(section, requested):
            self._count("lists/traps")
            return
        for page in pages:
            if request := self._make_list_request(self._make_section_request, section, page.url, page.position):
                yield request.replace(priority=self.list_plan.priority_of_page(section, page.position))

    def parse_json(self, response: Response, section: str, number: int = 0) -> SpiderOutput:
        """Request the new articles on page `number` of the JSON list of a section, then the next page."""
        try:
            page = self._json_pages.read(response, section)
        except FeedError as error:
            self.logger.warning("%s: %s", response.url, error)
            leased_url(response).fate = Fate(ListState.UNREADABLE, "json", str(error))
            self.note_list_wall(document_of(response), response)
            return
        are_new = number == 0 or self.list_plan.was_read(section)
        entries = self.drop_skipped(self.list_reader.select_entries(page.entries), response)
        requests = list(self.request_articles(entries, response, are_new=are_new))
        yield from requests
        if not page.following or not requests:
            return
        if request := self._make_list_request(self._make_json_request, section, page.following, number + 1):
            yield request.replace(priority=self.list_plan.priority_of_page(section, ListPosition(number + 1)))

    def _make_json_request(self, section: str, following: str | bool = True, number: int = 0) -> Request:
        return self._json_pages.make_request(section, self.parse_json, self.list_lost, following, number)

    def list_lost(self, failure: Any) -> None:
        """Handle a list page or feed that could not be fetched."""
        self._note_failure(failure)
        self.logger.warning("%s: %s", failure.request.url, failure.getErrorMessage())
        self._count("lists/lost")

    def drop_skipped(self, links: Iterable[FeedEntry | SkippedLink], response: Response) -> Iterator[FeedEntry]:
        """Yield the links of a list that can be requested; report the others."""
        for link in links:
            if isinstance(link, SkippedLink):
                leased_url(response).articles += link.why == SLOW_PATTERN
                self._report_skipped(response.url, link)
            else:
                yield link

    def _report_skipped(self, list_url: str, link: SkippedLink) -> None:
        self.logger.warning("%s: %s: %s (%s)", list_url, words_for(link.why).text, link.url, link.message)
        self._count("links/skipped")
        if self.visit_report:
            self.visit_report.skip_link(list_url, link.url, link.why, link.message)

    def _find_misfit(self, response: Response) -> Fate | None:
        """Return the end state of a page that does not match the pattern of the site file, else ``None``.

        Either the URL requested or the one it redirected to must match.
        """
        requested = response.meta.get("redirect_urls", [response.url])[0]
        misfit = Fate(ArticleState.NOT_ARTICLE, "pattern")
        for url in {requested, response.url}:
            try:
                if self.site.is_article(clean_url(url)) is not False:
                    return None
            except PatternTimeout as error:
                misfit = Fate(ArticleState.LOST, SLOW_PATTERN, str(error))
        is_own = self.site.owns(response.url) and not self.store.articles.is_known(response.url)
        return misfit if is_own else None

    def _make_list_request(self, make: Callable[..., Request], url: str, *arguments: Any) -> Request | None:
        """Return the request for a list, or ``None`` if its address is no URL, which is reported."""
        try:
            return make(url, *arguments)
        except ValueError as error:
            self._report_skipped(url, broken_link(str(arguments[0]) if arguments else url, error))
            return None

    def _make_section_request(
        self, section: str, url: str | None = None, position: ListPosition = FIRST_PAGE
    ) -> Request:
        return Request(
            clean_url(url or section),
            self.parse_section,
            errback=self.list_lost,
            cb_kwargs={"section": section, "number": position.number, "hops": position.hops},
            meta=FetchContext(kind=UrlKind.LIST).as_meta(),
        )

    def _make_feed_request(self, url: str) -> Request:
        return Request(url, self.parse_feed, errback=self.list_lost, meta=FetchContext(kind=UrlKind.FEED).as_meta())

    def request_articles(self, entries: Iterable[FeedEntry], response: Response, *, are_new: bool) -> Iterator[Request]:
        for article in self.selection.select(entries, response, are_new=are_new):
            try:
                request = self._make_article_request(article.url, is_known=article.is_known, priority=article.priority)
                if article.place:
                    request.cb_kwargs["place"] = [article.place.page, article.place.section]
                fetch_context(request).dated = article.dated
            except ValueError as error:  # Scrapy requests no such URL
                self._report_skipped(response.url, broken_link(article.url, error))
                continue
            yield request

    # -- articles --------------------------------------------------------------------------------------------------

    def is_article_page(self, url: str) -> bool:
        """True if a captured page is an article: by its URL, or because it is stored as one. Soft 404s are not."""
        if self.every_page or self.store.articles.is_known(url):
            return True
        return self.paths.may_be_article(url) and self.frontier.find_drop_reason(url) != SOFT_404

    def parse(self, response: Response, **kwargs: Any) -> SpiderOutput:
        """Read a page as an article: the callback of ``scrapy parse``."""
        return self.parse_article(response)

    def parse_article(self, response: Response, place: Sequence[str | None] | None = None) -> SpiderOutput:
        """Read an article page; the item follows once its further pages are read.

        `place` are number and name of the page of a digital paper that the article is on.
        """
        leased = leased_url(response)
        if response.status == 304:
            self._count("articles/not_modified")
            leased.fate = Fate(ArticleState.UNCHANGED)
            self.store.articles.note_unchanged(response.url, fetch_context(response).require_capture().date)
            return
        if response.status in GONE:
            if wall := find_status_wall(document_of(response), response.status):
                self._note_wall(response, wall)
            else:
                self._save_absence(response, response.status)
            return
        if not is_html(response):
            self._count("articles/no_page")
            media_type = (response.headers.get("Content-Type") or b"no Content-Type").decode("latin-1")
            leased.fate = Fate(ArticleState.NOT_ARTICLE, "media_type", media_type)
            return
        if misfit := self._find_misfit(response):
            leased.fate = misfit
            return
        document = document_of(response)
        if ArticleParts(document).find_first():
            self._count("articles/later_pages")
            leased.fate = Fate(ArticleState.NOT_ARTICLE, "later_page")
            return
        article = self.article_reader.read(document, response)
        if is_cut(response):
            self._note_cut(response)
            if not (article.title and article.body):
                return
        if wall := self.article_reader.find_wall(document, article, response):
            self._note_wall(response, wall)
            return
        if says_not_found(article):
            leased.drop_reason = SOFT_404
            self._count("articles/soft_404")
            self._save_absence(response, NOT_FOUND)
            leased.fate = Fate(ArticleState.GONE, SOFT_404)
            return
        if not self.every_page and self.article_reader.learn_from_page(document, article, response):
            self._count("articles/list_pages")
            leased.fate = Fate(ArticleState.NOT_ARTICLE, "list_page")
            return
        yield self._part_reader.begin(self.papers.add_place(article, place), document, response)

    def lost(self, failure: Any) -> None:
        """Handle an article page that could not be fetched."""
        self._note_failure(failure)
        self.logger.info("%s: %s", failure.request.url, failure.getErrorMessage())
        self._count(f"articles/lost/{failure.type.__name__}")

    def _note_failure(self, failure: Any) -> None:
        leased_url(failure.request).error = failure.value
        if wall := self.article_reader.find_wall_of_error(failure.value, failure.request):
            self._note_wall(failure.request, wall)
        elif self.visit_report:
            self.visit_report.note_request_error(failure.request, failure.value)

    def make_reread_requests(self) -> Iterator[Request]:
        """Yield the requests for articles that are due by the site's plan; called once the lists are read."""
        if self.revisit or self.limit or not self.site.reread:
            return
        now = datetime.now(UTC)
        known = self.store.articles.first_seen_since(self.name, now - 2 * max(self.site.reread))
        most = max(1, self.site.max_pages // 2)
        for url in choose_due(known, self.site.reread, now, listed=self.selection.listed, most=most):
            yield self._make_article_request(url, is_known=True, priority=UrlPriority.REREAD)

    def _make_article_request(
        self, url: str, *, is_known: bool, priority: UrlPriority = UrlPriority.BACKLOG
    ) -> Request:
        """Return the request for an article. A known one is requested conditionally, with the stored validators."""
        context = FetchContext(kind=UrlKind.ARTICLE)
        meta = context.as_meta()
        if is_known:
            stored = self.store.validators.get(url)
            context.validators = (stored.etag, stored.last_modified) if stored else None
            meta["handle_httpstatus_list"] = [304, *GONE]
        return Request(url, self.parse_article, errback=self.lost, priority=priority, meta=meta, dont_filter=is_known)

    def _note_cut(self, response: Response) -> None:
        """Note that the end of a page is missing, so that a later visit requests it again."""
        leased_url(response).error = ResponseDataLossError(f"only {len(response.body)} bytes arrived")
        self._count("cut")

    def _note_wall(self, of: Request | Response, wall: Wall) -> None:
        """Note that the server sent a wall: the URL is requested again in later visits."""
        leased_url(of).note_wall(wall.kind, wall.evidence)
        self.logger.info("%s: %s (%s)", of.url, wall.cause, wall.evidence)
        self._count(f"walls/{wall.kind}")

    def note_list_wall(self, document: Document, response: Response) -> None:
        """Note that a list or feed without articles was cut, or that a wall was sent instead of it."""
        if is_cut(response):
            self._note_cut(response)
            return
        if wall := find_wall(document, Article(url=document.url)):
            self._note_wall(response, wall)

    def _save_absence(self, response: Response, status: int) -> None:
        """Store that an article is gone."""
        self.store.articles.save_absence(response.url, status, provenance_of(response))
        # A page that returns as it was would be answered by 304, and its return stay unseen.
        self.store.validators.remember(response.url, Validators())
        leased_url(response).fate = Fate(ArticleState.GONE, f"status.{status}")
        self._count("articles/gone")

    def _count(self, name: str, number: int = 1) -> None:
        self.crawler.stats.inc_value(f"portal/{name}", number)
