"""robots.txt, obeyed and failing closed (RFC 9309).

Scrapy's own middleware parses the body of a 503 as rules, goes ahead when the file cannot be had, and keeps one copy
for the whole crawl whatever its age.
"""

import asyncio
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.fetch_context import FetchContext, fetch_context
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld, RequestRefused, VisitEnding
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.delays import COMFORTABLE_CRAWL_DELAY
from crawler.politeness.keys import origin, robots_url
from crawler.politeness.robots import PARSE_LIMIT
from crawler.politeness.robots_policy import RobotsState

PRIORITY = 1000
#: Redirects followed to a robots.txt; section 2.3.1.2 asks for five at least.
REDIRECTS = 10
#: Octets on the wire after which the download of a robots.txt is cut: what is parsed, and room for its packing.
WIRE_LIMIT = 2 * PARSE_LIMIT


class RobotsMiddleware:
    """Asks for an origin's robots.txt before its first page and lets pages pass as it says.

    The fetch goes through the engine, so that it is archived, paced and redirected like any other; those who ask while
    it is under way share it.
    """

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._fetches: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    async def process_request(self, request: Request) -> None:
        """Raises RequestRefused where a rule forbids the page, RequestHeld while the rules cannot be had."""
        if fetch_context(request).robots_of is not None:
            return
        politeness, place = self._politeness, origin(request.url)
        state, now = politeness.robots.get(place), politeness.clock.now()
        if state.is_due(now) and politeness.robots.refresh(place).is_due(now):
            await self._fetched(place, request.url)
        state = politeness.robots.get(place)
        decision = state.decide(request.url, politeness.product_token, politeness.clock.now())
        politeness.record(decision)
        if decision.verdict is Verdict.REFUSED:
            raise RequestRefused(decision)
        if decision.verdict is Verdict.HELD:
            raise RequestHeld(decision)

    async def _fetched(self, place: str, url: str) -> None:
        """Wait until robots.txt has been fetched, once for all who ask; a cancelled asker does not stop the others."""
        task = self._fetches.get(place)
        if task is None:
            task = self._fetches[place] = asyncio.ensure_future(self._fetch(place, robots_url(url)))
            task.add_done_callback(lambda _: self._fetches.pop(place, None))
        await asyncio.shield(task)

    async def _fetch(self, place: str, url: str) -> None:
        politeness = self._politeness
        watch = politeness.crawler.signals  # only meanwhile: Scrapy asks each receiver at each piece of each page
        watch.connect(self.bytes_received, signals.bytes_received)
        validators = politeness.robots.get(place).validators
        context = FetchContext(robots_of=place, validators=validators)
        meta = context.as_meta(dont_retry=True, redirect_ttl=REDIRECTS)
        request = Request(url, meta=meta, priority=PRIORITY, callback=NO_CALLBACK, dont_filter=True)
        politeness.stats.inc_value("robots/requests")
        try:
            assert politeness.crawler.engine is not None
            response = await politeness.crawler.engine.download_async(request)
        except (VisitEnding, RequestHeld):  # it was not asked for, so nothing was learnt
            raise
        except Exception as error:  # whatever kept us from the rules: what cannot be read is not allowed
            state = politeness.robots.get(place).after_failure(
                cause=f"{type(error).__name__}: {error}", now=politeness.clock.now()
            )
            politeness.stats.inc_value(f"robots/errors/{type(error).__name__}")
        else:
            state = self._answered(place, response, asked=validators is not None)
        finally:
            if len(self._fetches) <= 1:
                watch.disconnect(self.bytes_received, signals.bytes_received)
        politeness.robots.put(state)
        self._adopt_delay(state)

    def _answered(self, place: str, response: Response, *, asked: bool) -> RobotsState:
        state, now = self._politeness.robots.get(place), self._politeness.clock.now()
        life = _field(response, "Cache-Control")
        self._politeness.stats.inc_value(f"robots/status/{response.status}")
        # The validators are the file's own: those of a file that we were redirected to are of no use here.
        direct = response.url == robots_url(place)
        if response.status == 304 and asked and direct:
            return state.after_not_modified(now=now, cache_control=life)
        return state.after_response(
            status=response.status,
            body=response.body,
            now=now,
            cache_control=life,
            etag=_field(response, "ETag") if direct else None,
            last_modified=_field(response, "Last-Modified") if direct else None,
        )

    def _adopt_delay(self, state: RobotsState) -> None:
        politeness, now = self._politeness, self._politeness.clock.now()
        rules = state.rules(politeness.product_token, now)
        if rules is None:
            return
        key, delay = self._politeness.key(state.origin), rules.crawl_delay
        politeness.throttles.change(key, lambda throttle: throttle.with_crawl_delay(state.origin, delay))
        if delay is None or delay <= politeness.policy.delay:
            return
        politeness.record(
            Decision(
                verdict=Verdict.SHORTENED if delay > COMFORTABLE_CRAWL_DELAY else Verdict.DELAYED,
                host=key,
                rule="robots.crawl_delay",
                evidence=f"Crawl-delay of {delay:g} s instead of {politeness.policy.delay:g} s",
                at=now,
                url=robots_url(state.origin),
            )
        )

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Cut the download of an endless robots.txt: what has come is parsed (section 2.5)."""
        context = fetch_context(request)
        if context.robots_of is None:
            return
        context.robots_bytes += len(data)
        if context.robots_bytes > WIRE_LIMIT:
            raise StopDownload(fail=False)


def _field(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
