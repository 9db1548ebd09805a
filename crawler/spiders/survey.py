"""The spider of `site add` and `site check`: follows the leads of a survey or checkup, batch by batch."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive import Collection
from crawler.discovery.datastores import expand_datastore
from crawler.discovery.entry_points import find_entry_targets
from crawler.discovery.feeds import FeedError, read_entries
from crawler.discovery.walls import Wall, WallKind, find_redirect, find_status_wall, find_wall
from crawler.extraction import extract_from
from crawler.fetch_context import fetch_context
from crawler.handlers.recorder import collection_of
from crawler.items import Article
from crawler.middlewares.request_limit import REQUESTS_MADE
from crawler.politeness.keys import robots_url
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.report_words import words_for
from crawler.sites import Site
from crawler.spiders.article_reader import document_of, is_html
from crawler.spiders.json_pages import make_json_request
from crawler.survey.model import Lead, LeadKind, LeadResponse

#: Most links of a page that is a wall.
_LINKS_OF_WALL = 10


class LeadSource(Protocol):
    """Decides which leads to follow: a `Survey` of an unknown portal or a `Checkup` of a known one."""

    robots_txt: bytes | None

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """Yield batches of leads, each based on the responses to the last; `left` returns the remaining requests."""
        ...

    def add_response(self, response: LeadResponse) -> None:
        """Take the response to a lead."""
        ...

    def add_failure(self, lead: Lead, reason: str) -> None:
        """Note that a URL could not be read or was useless."""
        ...


class SurveySpider(Spider):
    """Follows the leads of `source` on the portal of `site`. Calls `announce` with each batch before its requests.

    Requests go through the engine and its middlewares but not through a scheduler, because each batch depends on the
    responses to the last.
    """

    site: Site
    source: LeadSource
    announce: Callable[[Sequence[Lead]], None]

    def __init__(self, source: LeadSource, announce: Callable[[Sequence[Lead]], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.announce = announce

    async def start(self) -> AsyncIterator[Request]:
        for batch in self.source.batches(self._requests_left):
            if batch:
                self.announce(batch)
            for lead in batch:
                await self._follow(lead)
        return
        yield  # makes this an async generator, as Scrapy requires; it never yields a request

    def _requests_left(self) -> int:
        return self.settings.getint("REQUEST_LIMIT") - int(self.crawler.stats.get_value(REQUESTS_MADE, 0))

    async def _follow(self, lead: Lead) -> None:
        """Request `lead` and pass the result to the source."""
        assert self.crawler.engine is not None
        request = make_json_request(lead.json, lead.number) if lead.json else Request(lead.url)
        request = request.replace(callback=NO_CALLBACK, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as refused:
            self.source.add_failure(lead, str(refused))
            return
        except Exception as error:  # any network error: the source decides what it means
            self.logger.info("%s: %s", lead.url, error)
            self.source.add_failure(lead, f"could not be read: {type(error).__name__}: {error}")
            return
        if lead.kind is LeadKind.HOME:
            with collection_of(self.crawler) as collection:
                self.source.robots_txt = find_robots_txt(collection, response.url)
        lead_response = parse_response(lead, response)
        if wall := find_survey_wall(lead_response, response, home=self.site.home):
            self.source.add_failure(lead, f"{words_for(wall.cause).text} ({wall.evidence})")
            return
        opt_outs = fetch_context(response).opt_outs or ()
        if lead.kind is not LeadKind.ARTICLE and self._policy.find(opt_outs, Action.NO_LINKS):
            self.source.add_failure(lead, "the page opts out of having its links followed")
            return
        self.source.add_response(lead_response)
        if lead_response.document is None and not lead_response.entries and not lead_response.is_text:
            self.source.add_failure(lead, f"answered with status {response.status} and no usable content")

    @property
    def _policy(self) -> OptOutPolicy:
        return OptOutPolicy.from_settings(self.settings.getdict("OPT_OUT_POLICY"))


def find_robots_txt(collection: Collection, url: str) -> bytes | None:
    """Return the latest archived robots.txt that applies to `url`, or ``None``."""
    capture = collection.closest(robots_url(url), datetime.now(UTC), status=200)
    return capture.body() if capture else None


def find_survey_wall(found: LeadResponse, response: Response, *, home: str) -> Wall | None:
    """Return the wall that was sent in answer to a lead, by the rules of a crawl. A page with links is a list."""
    if found.is_text:
        return None
    if found.document is None:
        return find_status_wall(document_of(response), response.status) if is_html(response) else None
    is_list, is_home = found.lead.kind is not LeadKind.ARTICLE, found.lead.kind is LeadKind.HOME
    if is_list and len(found.document.followable_links()) > _LINKS_OF_WALL:
        return None
    article = Article(url=found.url) if is_list else extract_from(found.document)
    wall = find_wall(found.document, article)
    if wall and wall.kind is WallKind.CHALLENGE and is_home and find_entry_targets(found.document):
        return None  # it only leads to the front page
    return wall if is_list or wall else find_redirect(found.lead.url, found.document, article, home=home)


def parse_response(lead: Lead, response: Response) -> LeadResponse:
    """Parse the response to a lead. A status other than 200 gives neither document nor entries."""
    location = fetch_context(response).require_capture()
    document, entries = None, []
    if response.status == 200 and lead.kind in (LeadKind.FEED, LeadKind.SITEMAP):
        with suppress(FeedError, ValueError):  # not a feed, or one with an address that is no URL: no entries
            entries = [replace(one, url=urljoin(response.url, one.url)) for one in read_entries(response.body)]
    elif response.status == 200 and is_html(response) and lead.kind not in (LeadKind.SCRIPT, LeadKind.JSON):
        document = document_of(response)
        document = document if lead.kind is LeadKind.ARTICLE else expand_datastore(document)
    return LeadResponse(lead, response.url, response.status, location, document, tuple(entries), response.body)
