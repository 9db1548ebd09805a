"""The spider of a news portal: feeds, sitemaps, section lists and the front page lead to articles."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urldefrag, urljoin

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.settings import BaseSettings

from archive import Location
from crawler.extraction import extract_from
from crawler.extraction.document import Document
from crawler.extraction.pagination import first_page, next_page
from crawler.items import Article, Provenance
from crawler.sites import Section, Site
from crawler.spiders.feeds import Entry, FeedError, read_entries
from crawler.spiders.parts import join_parts
from crawler.spiders.shapes import day_in, looks_like_article
from crawler.store import Store
from crawler.store.location import database_location
from crawler.store.store import GONE

#: Articles are read before more lists: what is new is kept even when a budget ends the visit early.
ARTICLE_PRIORITY = 1

#: Statistic of a visit: its lists were read to the end, or to where an earlier complete visit knew all that follows.
COMPLETE = "portal/complete"

#: Pages of one article that are followed, against endless "next" links.
MAX_PARTS = 20

Found = Iterator[Request | Article]


class PortalSpider(Spider):
    """Crawls one `site`. Arguments as ``-a`` gives them: `limit` articles at most, nothing older than `since`
    (YYYY-MM-DD), `revisit` reads every known article again."""

    site: Site
    store: Store

    #: Whether each captured page is taken for an article's, as where nothing is known of its site.
    every_page = False

    #: Whether lists are paged through articles that are held: the visit before was cut short, by a kill, a budget or
    #: a limit, and what it had not come to lies behind them.
    pages_known_lists = False

    def __init__(self, *, limit: str | int = 0, since: str | None = None, revisit: str | bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.limit = int(limit)
        self.since = date.fromisoformat(since) if since else None
        self.revisit = str(revisit).lower() in ("1", "true", "yes")
        self._asked: set[str] = set()
        self._not_kept: set[str] = set()
        self._articles = 0
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
        last = spider.store.runs.list(spider.name, limit=1)
        spider.pages_known_lists = bool(last) and not last[0].stats.get(COMPLETE)
        # Pages that asked not to be kept are not asked for again on every visit.
        stated = spider.store.opt_outs.stated(spider.name)
        spider._not_kept = {one.url for one in stated if one.withheld and one.record_id is None}
        return spider

    def closed(self, reason: str) -> None:
        """Note whether the lists were read to where this visit or an earlier one knew all that follows."""
        whole = reason == "finished" and not self._trouble and not self._spent and self.since is None
        self.crawler.stats.set_value(COMPLETE, whole)
        if self._trouble and not self.crawler.stats.get_value("item_scraped_count") and not self._lists_read:
            self.crawler.stats.set_value("portal/failed", f"nothing could be read: {self._trouble}")
        self.store.close()

    async def start(self) -> AsyncIterator[Request]:
        if self.revisit:
            for url in self.store.urls(self.name):
                if request := self.article_request(Entry(url)):
                    yield request
        for url in (*self.site.feeds, *self.site.sitemaps):
            yield Request(url, self.parse_feed, errback=self.list_lost)
        for section in self.site.sections:
            yield self._section_request(section.url, section=section)
        if not (self.site.feeds or self.site.sitemaps or self.site.sections):
            yield self._section_request(self.site.home, section=Section(self.site.home))

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
        for entry in entries:
            url = urljoin(response.url, entry.url)
            if entry.is_list:
                yield Request(url, self.parse_feed, errback=self.list_lost)
            elif request := self.article_request(replace(entry, url=url)):
                yield request

    def parse_section(self, response: Response, section: Section, number: int = 0) -> Found:
        """A list page: its new articles, then the page after it for as long as pages bring something new."""
        self._lists_read += 1
        found = found_new = False
        for url in self._article_links(self.document(response), section.links):
            found = True
            if request := self.article_request(Entry(url)):
                found_new = True
                yield request
        following = section.page(number + 1)
        if following and (found_new or (found and self.pages_known_lists)) and not self._spent:
            yield self._section_request(following, section=section, number=number + 1)

    def _section_request(self, url: str, **arguments: Any) -> Request:
        return Request(url, self.parse_section, errback=self.list_lost, cb_kwargs=arguments)

    def list_lost(self, failure: Any) -> None:
        """A list page or feed that cannot be had. One that is not there ends its section; after any other trouble the
        visit is not complete."""
        response = getattr(failure.value, "response", None)
        if response is None or response.status not in GONE:
            self._trouble = f"{failure.request.url}: {failure.getErrorMessage()}"
            self.logger.warning("%s", self._trouble)
            self._count("lists/lost")

    def _article_links(self, document: Document, css: str | None) -> Iterator[str]:
        """The article links of a list page, in order; never one out of an injected or hidden block."""
        chosen = {
            urljoin(document.base_url, node.attributes.get("href") or "") for node in document.tree.css(css or "a")
        }
        for link in document.followable_links():
            if self._leaves_nofollow and "nofollow" in link.rel.split():
                self._count("links/nofollow")
            elif link.url in chosen and self._may_be_article(link.url, listed=css is not None):
                yield link.url

    def _may_be_article(self, url: str, *, listed: bool) -> bool:
        """By the site file's word; without it, what a list's own selector names, or what looks like an article."""
        known = self.site.is_article(url)
        return known if known is not None else listed or looks_like_article(url)

    @property
    def _leaves_nofollow(self) -> bool:
        return bool(self.settings.getdict("OPT_OUT_POLICY").get("nofollow") == "no-links")

    def is_article_page(self, url: str) -> bool:
        """Whether a captured page is an article's: by its address, or because its item is held."""
        return self.every_page or self._may_be_article(url, listed=False) or self.store.is_known(url)

    def article_request(self, entry: Entry) -> Request | None:
        """The request for an article, ``None`` when it is not the site's, not wanted or already held unchanged."""
        url = urldefrag(entry.url).url
        if url in self._asked or not self.site.owns(url) or self._spent or self._too_old(entry):
            return None
        if url in self._not_kept and not self.revisit:
            self._count("articles/not_kept")
            return None
        held_since = self.store.last_captured(url)
        if held_since and not self.revisit and not (entry.changed and entry.changed > held_since):
            self._count("articles/held")
            return None
        self._asked.add(url)
        self._articles += 1
        meta: dict[str, Any] = {}
        if held_since:
            held = self.store.validators.get(url)
            meta = {"validators": (held.etag, held.last_modified)} if held else {}
            meta["handle_httpstatus_list"] = [304, *GONE]
        return Request(url, self.parse_article, errback=self.lost, priority=ARTICLE_PRIORITY, meta=meta)

    @property
    def _spent(self) -> bool:
        return bool(self.limit) and self._articles >= self.limit

    def _too_old(self, entry: Entry) -> bool:
        day = entry.changed.date() if entry.changed else day_in(entry.url)
        return bool(self.since and day and day < self.since)

    # -- articles --------------------------------------------------------------------------------------------------

    def parse_article(self, response: Response) -> Found:
        """An article page: its item, once its further pages are read."""
        if response.status == 304:
            self._count("articles/not_modified")
            return
        if response.status in GONE:
            self.store.save_absence(response.url, response.status, provenance_of(response.meta["capture"]))
            self._count("articles/gone")
            return
        if not is_page(response):
            self._count("articles/no_page")
            return
        document = self.document(response)
        if first_page(document):
            self._count("articles/later_pages")
            return
        yield from self._part(document, response, [])

    def parse_part(self, response: Response, parts: list[Article]) -> Found:
        """A further page of an article."""
        yield from self._part(self.document(response), response, parts)

    def _part(self, document: Document, response: Response, parts: list[Article]) -> Found:
        parts = [*parts, self._read(document, response)]
        following = next_page(document)
        if following and self.site.owns(following) and len(parts) < MAX_PARTS:
            # `beside` lets the archive answer with the capture of the same visit; live it has no meaning.
            yield Request(
                following,
                self.parse_part,
                errback=self.part_lost,
                priority=ARTICLE_PRIORITY + 1,
                dont_filter=True,
                cb_kwargs={"parts": parts},
                meta={"beside": response.meta["capture"].date},
            )
        else:
            yield join_parts(parts)

    def part_lost(self, failure: Any) -> Found:
        """A further page that cannot be had: the article is kept as far as it goes, and says so."""
        self.lost(failure)
        article = join_parts(failure.request.cb_kwargs["parts"])
        yield replace(article, flags=(*article.flags, "incomplete"))

    def lost(self, failure: Any) -> None:
        """A page that cannot be had is counted and named; its record, where there is one, is in the archive."""
        self.logger.info("%s: %s", failure.request.url, failure.getErrorMessage())
        self._count(f"articles/lost/{failure.type.__name__}")

    def _read(self, document: Document, response: Response) -> Article:
        site = self.site
        article = extract_from(
            document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=site.boilerplate
        )
        return replace(article, site=self.name, provenance=provenance_of(response.meta["capture"]))

    def document(self, response: Response) -> Document:
        """The page as extraction reads it."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        captured_at = response.meta["capture"].date
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
