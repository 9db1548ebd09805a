"""The spider of a survey: asks for what the survey wants to look at, a batch after the other."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive import Collection
from crawler.discovery.feeds import FeedError, read_entries
from crawler.extraction import Document
from crawler.fetch_context import fetch_context
from crawler.handlers.recorder import collection_of
from crawler.middlewares.request_limit import REQUESTS_MADE
from crawler.politeness.keys import robots_url
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.sites import Site
from crawler.spiders.portal import is_page
from crawler.survey.model import Lead, LeadKind, LeadResponse


class LeadSource(Protocol):
    """What wants to look at a portal: `Survey` at one that is not known yet, `Checkup` at one that is."""

    robots_txt: bytes | None

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """What to look at, in batches, each after the answers to the one before; `left` requests may still be made."""
        ...

    def add_response(self, seen: LeadResponse) -> None:
        """Take an answer."""
        ...

    def add_failure(self, lead: Lead, reason: str) -> None:
        """Hear why an address could not be had."""
        ...


class SurveySpider(Spider):
    """Looks at the portal of `site` for `look`; `announce` is told of each batch before its requests are made.

    The requests go through the engine and its middlewares, not through a scheduler: what comes next depends on what
    came before.
    """

    site: Site
    look: LeadSource
    announce: Callable[[Sequence[Lead]], None]

    def __init__(self, look: LeadSource, announce: Callable[[Sequence[Lead]], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.look = look
        self.announce = announce

    async def start(self) -> AsyncIterator[Request]:
        for batch in self.look.batches(self._left):
            if batch:
                self.announce(batch)
            for lead in batch:
                await self._ask(lead)
        return
        yield  # makes this an async generator: it asks for nothing else

    def _left(self) -> int:
        return self.settings.getint("REQUEST_LIMIT") - int(self.crawler.stats.get_value(REQUESTS_MADE, 0))

    async def _ask(self, lead: Lead) -> None:
        """Ask for `lead` and tell the look what came of it."""
        assert self.crawler.engine is not None
        request = Request(lead.url, callback=NO_CALLBACK, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as refused:
            self.look.add_failure(lead, str(refused))
            return
        except Exception as error:  # whatever the network does: the survey says of it what it means
            self.logger.info("%s: %s", lead.url, error)
            self.look.add_failure(lead, f"could not be read: {type(error).__name__}: {error}")
            return
        if lead.kind is LeadKind.HOME:
            with collection_of(self.crawler) as collection:
                self.look.robots_txt = kept_robots_txt(collection, response.url)
        seen = seen_of(lead, response)
        opt_outs = fetch_context(response).opt_outs or ()
        if lead.kind is not LeadKind.ARTICLE and self._policy.find(opt_outs, Action.NO_LINKS):
            self.look.add_failure(lead, "it asks that its links are not followed")
            return
        self.look.add_response(seen)
        if seen.document is None and not seen.entries:
            self.look.add_failure(lead, f"answered with status {response.status} and nothing of use")

    @property
    def _policy(self) -> OptOutPolicy:
        return OptOutPolicy.from_settings(self.settings.getdict("OPT_OUT_POLICY"))


def kept_robots_txt(collection: Collection, url: str) -> bytes | None:
    """The latest robots.txt that rules `url` in the archive."""
    capture = collection.closest(robots_url(url), datetime.now(UTC), status=200)
    return capture.body() if capture else None


def seen_of(lead: Lead, response: Response) -> LeadResponse:
    """What `response` is to a survey. An answer other than 200 is neither page nor feed."""
    location = fetch_context(response).require_capture()
    document, entries = None, []
    if response.status == 200 and lead.kind in (LeadKind.FEED, LeadKind.SITEMAP):
        with suppress(FeedError):  # no feed: the survey sees that there are no entries
            entries = read_entries(response.body)
    elif response.status == 200 and is_page(response):
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        document = Document(response.body, response.url, content_type=content_type, captured_at=location.date)
    return LeadResponse(lead, response.url, response.status, location, document, tuple(entries), response.body)
