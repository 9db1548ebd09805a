"""The spider of a news portal: feeds, sitemaps, section lists and the front page lead to articles."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.settings import BaseSettings

from archive import Location
from crawler.discovery.feeds import FeedEntry, FeedError, read_entries
from crawler.discovery.list_pagination import find_next_page
from crawler.discovery.multipage import INCOMPLETE, join_pages
from crawler.discovery.soft_404 import RepeatedTexts, says_not_found
from crawler.discovery.url_patterns import day_in, looks_like_article
from crawler.extraction import extract_from
from crawler.extraction.document import Document
from crawler.extraction.fields.pagination import first_page, next_page
from crawler.fetch_context import FetchContext, fetch_context, leased_url
from crawler.items import Article, Provenance
from crawler.sites import Section, Site
from crawler.store import Store
from crawler.store.article_store import GONE
from crawler.store.frontier import Frontier, UrlKind
from crawler.store.identity import article_url
from crawler.store.location import database_location
from crawler.store.runs import NEW_FROM
from crawler.urls import clean_url

#: Articles are read before more lists: what is new is kept even when a budget ends the visit early.
ARTICLE_PRIORITY = 1

#: Statistic of a visit: its lists were read to where all was known, and nothing that was found is left.
COMPLETE = "portal/complete"

#: Why an address was dropped whose page says with a 200 that there is none, and the status that it means.
SOFT_404, NOT_FOUND = "soft_404", 404

#: Pages of one article that are followed, against endless "next" links.
MAX_PARTS = 20

Found = Iterator[Request | Article]


class PortalSpider(Spider):
    """Crawls one `site`. Arguments as ``-a`` gives them: `limit` articles at most, nothing older than `since`
    (YYYY-MM-DD), `revisit` reads every known article again.

    Live, its requests go through the frontier (`crawler.scheduler`), which asks for each address once; over the archive
    they come from the index.
    """

    site: Site
    store: Store

    #: Whether each captured page is taken for an article's, as where nothing is known of its site.
    every_page = False

    def __init__(self, *, limit: str | int = 0, since: str | None = None, revisit: str | bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.limit = int(limit)
        self.since = date.fromisoformat(since) if since else None
        self.revisit = str(revisit).lower() in ("1", "true", "yes")
        self._texts = RepeatedTexts()
        self._lists_read = 0
        self._trouble: str | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if not settings.get("BROADSHEET_CRAWL_DIR"):
            name = f"{cls.name}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
            settings.set("BROADSHEET_CRAWL_DIR", str(Path(settings["BROADSHEET_DATA"]) / "crawls" / name), "spider")
        settings.set("ALLOW_LOOPBACK", cls.site.is_loopback, "spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))
        return spider

    @cached_property
    def frontier(self) -> Frontier:
        """Every address of the site that was ever found."""
        return self.store.frontier(self.name)

    def closed(self, reason: str) -> None:
        """Note whether the lists were read to where this visit or an earlier one knew all that follows."""
        whole = reason == "finished" and not self._trouble and not self.limit and self.since is None
        self.crawler.stats.set_value(COMPLETE, whole)
        if self._trouble and not self.crawler.stats.get_value("item_scraped_count") and not self._lists_read:
            self.crawler.stats.set_value("portal/failed", f"nothing could be read: {self._trouble}")
        self.store.close()

    async def start(self) -> AsyncIterator[Request]:
        for url in (*self.site.feeds, *self.site.sitemaps):
            yield self._feed_request(url)
        for section in self.site.sections:
            yield self._section_request(section.url)
        if not (self.site.feeds or self.site.sitemaps or self.site.sections):
            yield self._section_request(self.site.home)
        if self.revisit:
            for url in self.store.articles.urls(self.name):
                yield self._article_request(url, again=True)

    # -- lists -----------------------------------------------------------------------------------------------------

    def parse_feed(self, response: Response) -> Found:
        """A feed or sitemap: its new or changed articles, and the sitemaps it lists."""
        try:
            entries = read_entries(response.body)
        except FeedError as error:
            self.logger.warning("%s: %s", response.url, error)
            self._count("feeds/unreadable")
            return
        self._lists_read += 1
        entries = [replace(entry, url=urljoin(response.url, entry.url)) for entry in entries]
        for entry in entries:
            if entry.is_list and self.site.owns(entry.url):
                yield self._feed_request(entry.url)
        yield from self._new_articles([entry for entry in entries if not entry.is_list], response)

    def parse_section(self, response: Response, section: str, number: int = 0) -> Found:
        """Page `number` of the list at `section`, 0 the first: its new articles, then the page after it for as long as
        pages bring something new. What an earlier visit had found and not come to is in the frontier already."""
        self._lists_read += 1
        described = next((one for one in self.site.sections if one.url == section), Section(section))
        document = self.document(response)
        articles = self._article_links(document, described.links, response)
        requests = list(self._new_articles(map(FeedEntry, articles), response))
        yield from requests
        if requests and (following := find_next_page(document, described, number)) and self.site.owns(following):
            yield self._section_request(section, following, number + 1)

    def _section_request(self, section: str, url: str | None = None, number: int = 0) -> Request:
        return Request(
            clean_url(url or section),
            self.parse_section,
            errback=self.list_lost,
            cb_kwargs={"section": section, "number": number},
            meta=FetchContext(kind=UrlKind.LIST).as_meta(),
        )

    def _feed_request(self, url: str) -> Request:
        return Request(url, self.parse_feed, errback=self.list_lost, meta=FetchContext(kind=UrlKind.FEED).as_meta())

    def list_lost(self, failure: Any) -> None:
        """A list page or feed that cannot be had. One that is not there ends its section; after any other trouble the
        visit is not complete."""
        leased_url(failure.request).error = failure.value
        response = getattr(failure.value, "response", None)
        if response is None or response.status not in GONE:
            self._trouble = f"{failure.request.url}: {failure.getErrorMessage()}"
            self.logger.warning("%s", self._trouble)
            self._count("lists/lost")

    def _article_links(self, document: Document, css: str | None, listed: Response) -> Iterator[str]:
        """The article links of a list page, in order; never one out of an injected or hidden block."""
        chosen = {
            urljoin(document.base_url, node.attributes.get("href") or "") for node in document.tree.css(css or "a")
        }
        for link in document.followable_links():
            if link.element.hidden is not None:
                self._count("links/hidden")
            elif self._leaves_nofollow and "nofollow" in link.rel.split():
                self._count("links/nofollow")
                fetch_context(listed).nofollow_links += 1
            elif link.url in chosen and self._may_be_article(clean_url(link.url), listed=css is not None):
                yield link.url

    def _may_be_article(self, url: str, *, listed: bool) -> bool:
        """By the site file's word; without it, what a list's own selector names, or what looks like an article."""
        known = self.site.is_article(url)
        return known if known is not None else listed or looks_like_article(url)

    @property
    def _leaves_nofollow(self) -> bool:
        return bool(self.settings.getdict("OPT_OUT_POLICY").get("nofollow") == "no-links")

    def is_article_page(self, url: str) -> bool:
        """Whether a captured page is an article's: by its address, or because its item is held; not one that a crawl
        saw to be no page at all."""
        if self.every_page or self.store.articles.is_known(url):
            return True
        return self._may_be_article(url, listed=False) and self.frontier.reason(url) != SOFT_404

    def _new_articles(self, entries: Iterable[FeedEntry], listed: Response) -> Iterator[Request]:
        """The requests for those of a list's articles that are not known, or changed since they were read. A list with
        unknown ones that are too old for this visit is left to a later one, which would not come to it otherwise."""
        by_url = {clean_url(entry.url): entry for entry in entries}
        own = {url: entry for url, entry in by_url.items() if self.site.owns(url)}
        known = self.frontier.known(own)
        for url, entry in own.items():
            if self._too_old(entry):
                leased_url(listed).stays_queued |= url not in known
                continue
            if url in known and not entry.changed and not self.revisit:
                self._count("articles/known")
                continue
            held_since = self.store.articles.last_captured(url)
            has_changed = bool(held_since and entry.changed and entry.changed > held_since)
            if (held_since or url in known) and not has_changed and not self.revisit:
                self._count("articles/held")
                continue
            if not held_since:
                self.crawler.stats.inc_value(f"{NEW_FROM}{listed.url}")
            yield self._article_request(url, again=bool(held_since or url in known))

    def _article_request(self, url: str, *, again: bool) -> Request:
        """The request for an article; one that is read `again` asks whether it has changed."""
        context = FetchContext(kind=UrlKind.ARTICLE)
        meta = context.as_meta()
        if again:
            held = self.store.validators.get(url)
            context.validators = (held.etag, held.last_modified) if held else None
            meta["handle_httpstatus_list"] = [304, *GONE]
        return Request(
            url,
            self.parse_article,
            errback=self.lost,
            priority=ARTICLE_PRIORITY,
            meta=meta,
            dont_filter=again,
        )

    def _too_old(self, entry: FeedEntry) -> bool:
        day = entry.changed.date() if entry.changed else day_in(entry.url)
        return bool(self.since and day and day < self.since)

    # -- articles --------------------------------------------------------------------------------------------------

    def parse_article(self, response: Response) -> Found:
        """An article page: its item, once its further pages are read."""
        if response.status == 304:
            self._count("articles/not_modified")
            return
        if response.status in GONE:
            self._gone(response, response.status)
            return
        if not is_page(response):
            self._count("articles/no_page")
            return
        document = self.document(response)
        if first_page(document):
            self._count("articles/later_pages")
            return
        yield from self._part(document, response, [])

    def _gone(self, response: Response, status: int) -> None:
        """What was an article is not there any more."""
        self.store.articles.save_absence(response.url, status, provenance_of(fetch_context(response).require_capture()))
        self._count("articles/gone")

    def parse_part(self, response: Response, parts: list[Article]) -> Found:
        """A further page of an article."""
        yield from self._part(self.document(response), response, parts)

    def _part(self, document: Document, response: Response, parts: list[Article]) -> Found:
        article = self._read(document, response)
        if not parts and (says_not_found(article) or self._texts.has_seen(article)):
            leased_url(response).drop_reason = SOFT_404
            self._count("articles/soft_404")
            self._gone(response, NOT_FOUND)
            return
        self._note_aliases(document, response, article)
        parts = [*parts, article]
        following = next_page(document)
        if following and self.site.owns(following) and len(parts) < MAX_PARTS:
            context = fetch_context(response)
            # `captured_near` lets the archive answer with the capture of the same visit; live it has no meaning.
            next_context = FetchContext(
                leased=context.leased, continues_article=True, captured_near=context.require_capture().date
            )
            yield Request(
                following,
                self.parse_part,
                errback=self.part_lost,
                priority=ARTICLE_PRIORITY + 1,
                dont_filter=True,
                cb_kwargs={"parts": parts},
                meta=next_context.as_meta(),
            )
        else:
            yield join_pages(parts)

    def part_lost(self, failure: Any) -> Found:
        """A further page that cannot be had: the article is kept as far as it goes, and says so."""
        self.lost(failure)
        article = join_pages(failure.request.cb_kwargs["parts"])
        yield replace(article, flags=(*article.flags, INCOMPLETE))

    def lost(self, failure: Any) -> None:
        """A page that cannot be had is counted and named; its record, where there is one, is in the archive."""
        leased_url(failure.request).error = failure.value
        self.logger.info("%s: %s", failure.request.url, failure.getErrorMessage())
        self._count(f"articles/lost/{failure.type.__name__}")

    def _note_aliases(self, document: Document, response: Response, article: Article) -> None:
        """The other addresses of an article's page, so that none of them is asked for: where a redirect led, what it
        calls its own, its twin for telephones. Only the site's own are believed."""
        alternates = document.tree.css('link[rel~="alternate" i][media][href]')
        twins = [urljoin(document.base_url, node.attributes.get("href") or "") for node in alternates]
        aliases = {response.url, article_url(article), *twins}
        leased_url(response).aliases.update(url for url in aliases if self._may_be_article(url, listed=True))

    def _read(self, document: Document, response: Response) -> Article:
        site = self.site
        article = extract_from(
            document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=site.boilerplate
        )
        return replace(article, site=self.name, provenance=provenance_of(fetch_context(response).require_capture()))

    def document(self, response: Response) -> Document:
        """The page as extraction reads it."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        captured_at = fetch_context(response).require_capture().date
        return Document(response.body, response.url, content_type=content_type, captured_at=captured_at)

    def _count(self, name: str) -> None:
        if self.crawler.stats:
            self.crawler.stats.inc_value(f"portal/{name}")


def is_page(response: Response) -> bool:
    """Whether a response is HTML by its header, or by its bytes where no header says what it is."""
    if isinstance(response, HtmlResponse):
        return True
    return isinstance(response, TextResponse) and not response.headers.get("Content-Type")


def provenance_of(location: Location) -> Provenance:
    """Where an article was read from, as its item says it."""
    return Provenance(
        record_id=location.record_id,
        file=location.file,
        offset=location.offset,
        payload_digest=location.payload_digest,
        captured_at=location.date.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    )
