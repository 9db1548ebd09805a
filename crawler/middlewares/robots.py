"""robots.txt, failing closed (RFC 9309).

Scrapy's own middleware parses the body of a 503 as rules, goes ahead if the file cannot be fetched, and keeps one copy
for the whole crawl whatever its age.
"""

import asyncio
import logging
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
from crawler.politeness.delays import COMFORTABLE_CRAWL_DELAY, LONGEST_CRAWL_DELAY, page_budget
from crawler.politeness.keys import origin_of, robots_url
from crawler.politeness.robots import PARSE_LIMIT
from crawler.politeness.robots_policy import RobotsState

logger = logging.getLogger(__name__)

#: Signal: a robots.txt has a Crawl-delay of minutes. Arguments: `origin`, `delay` in seconds, `pages` of the visit.
long_crawl_delay = object()

#: Higher than that of pages, which wait for the file.
PRIORITY = 1000
#: Redirects followed to a robots.txt; section 2.3.1.2 asks for at least five.
REDIRECTS = 10
#: Bytes on the wire after which the download of a robots.txt is stopped: twice what is parsed, as it may be encoded.
WIRE_LIMIT = 2 * PARSE_LIMIT


class RobotsMiddleware:
    """Fetches the robots.txt of an origin before its first page, and refuses or holds pages as it says.

    The fetch goes through the engine, so that it is archived, throttled and redirected like any other. Requests that
    arrive while it is in progress share it.
    """

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._fetches: dict[str, asyncio.Task[None]] = {}
        self._crawl_delays: dict[str, float] = {}  # by origin

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    async def process_request(self, request: Request) -> None:
        """Let the request pass if its robots.txt allows it.

        Raises RequestRefused if a rule forbids the page, RequestHeld while the rules cannot be fetched or if they
        state a longer Crawl-delay than MAX_CRAWL_DELAY.
        """
        if fetch_context(request).robots_of is not None:
            return
        politeness, states, origin = self._politeness, self._politeness.hosts.robots, origin_of(request.url)
        state, now = states.get(origin), politeness.clock.now()
        if state.is_due(now) and states.refresh(origin).is_due(now):
            await self._wait_for_rules(origin, request.url)
        state = states.get(origin)
        decision = state.decide(request.url, politeness.config.product_token, politeness.clock.now())
        politeness.log.record(decision)
        if decision.verdict is Verdict.REFUSED:
            raise RequestRefused(decision)
        if decision.verdict is Verdict.HELD:
            raise RequestHeld(decision)
        if origin not in self._crawl_delays:
            self._announce_crawl_delay(origin, state)
        if self._crawl_delays[origin] > politeness.config.max_crawl_delay:
            raise RequestHeld(self._hold_for_crawl_delay(origin, request.url))

    async def _wait_for_rules(self, origin: str, url: str) -> None:
        """Fetch robots.txt once for all waiting requests; cancelling one of them does not cancel the fetch."""
        task = self._fetches.get(origin)
        if task is None:
            task = self._fetches[origin] = asyncio.ensure_future(self._fetch(origin, robots_url(url)))
            task.add_done_callback(lambda _: self._fetches.pop(origin, None))
        await asyncio.shield(task)

    async def _fetch(self, origin: str, url: str) -> None:
        politeness, states = self._politeness, self._politeness.hosts.robots
        scrapy_signals = politeness.crawler.signals
        # Connected during the fetch only: Scrapy calls each receiver for each chunk of each page.
        scrapy_signals.connect(self.limit_size, signals.bytes_received)
        validators = states.get(origin).validators
        context = FetchContext(robots_of=origin, validators=validators)
        # A cut file is an error: the rules that are missing may forbid something.
        meta = context.as_meta(dont_retry=True, redirect_ttl=REDIRECTS, download_fail_on_dataloss=True)
        request = Request(url, meta=meta, priority=PRIORITY, callback=NO_CALLBACK, dont_filter=True)
        politeness.log.stats.inc_value("robots/requests")
        try:
            assert politeness.crawler.engine is not None
            response = await politeness.crawler.engine.download_async(request)
        except (VisitEnding, RequestHeld):  # no request was made, so nothing is known
            raise
        except Exception as error:  # whatever the reason: rules that cannot be read allow nothing
            state = states.get(origin).after_failure(
                cause=f"{type(error).__name__}: {error}", now=politeness.clock.now()
            )
            politeness.log.stats.inc_value(f"robots/errors/{type(error).__name__}")
        else:
            state = self._state_after(origin, response, is_conditional=validators is not None)
        finally:
            if len(self._fetches) <= 1:
                scrapy_signals.disconnect(self.limit_size, signals.bytes_received)
        states.put(state)
        self._adopt_crawl_delay(state)

    def _state_after(self, origin: str, response: Response, *, is_conditional: bool) -> RobotsState:
        state, now = self._politeness.hosts.robots.get(origin), self._politeness.clock.now()
        cache_control = _get_header(response, "Cache-Control")
        self._politeness.log.stats.inc_value(f"robots/status/{response.status}")
        # Validators count only without a redirect: those of another file cannot be sent for this one.
        is_direct = response.url == robots_url(origin)
        if response.status == 304 and is_conditional and is_direct:
            return state.after_not_modified(now=now, cache_control=cache_control)
        return state.after_response(
            status=response.status,
            body=response.body,
            now=now,
            cache_control=cache_control,
            etag=_get_header(response, "ETag") if is_direct else None,
            last_modified=_get_header(response, "Last-Modified") if is_direct else None,
        )

    def _adopt_crawl_delay(self, state: RobotsState) -> None:
        politeness, now = self._politeness, self._politeness.clock.now()
        rules = state.rules(politeness.config.product_token, now)
        if rules is None:
            return
        key, delay, own_delay = politeness.hosts.key(state.origin), rules.crawl_delay, politeness.config.throttle.delay
        politeness.hosts.throttles.change(key, lambda throttle: throttle.with_crawl_delay(state.origin, delay))
        if delay is None or delay <= own_delay:
            return
        politeness.log.record(
            Decision(
                verdict=Verdict.SHORTENED if delay > COMFORTABLE_CRAWL_DELAY else Verdict.DELAYED,
                host=key,
                rule="robots.crawl_delay",
                evidence=f"Crawl-delay of {delay:g} s instead of {own_delay:g} s",
                at=now,
                url=robots_url(state.origin),
            )
        )

    def _announce_crawl_delay(self, origin: str, state: RobotsState) -> None:
        """Send the signal `long_crawl_delay` before the first request that has to wait for one."""
        politeness = self._politeness
        rules = state.rules(politeness.config.product_token, politeness.clock.now())
        delay = self._crawl_delays[origin] = min((rules.crawl_delay if rules else None) or 0.0, LONGEST_CRAWL_DELAY)
        if delay > COMFORTABLE_CRAWL_DELAY:
            logger.warning("%s asks for %g s between requests (Crawl-delay)", robots_url(origin), delay)
            pages = page_budget(politeness.config.site.max_pages, delay)
            politeness.crawler.signals.send_catch_log(long_crawl_delay, origin=origin, delay=delay, pages=pages)

    def _hold_for_crawl_delay(self, origin: str, url: str) -> Decision:
        delay = self._crawl_delays[origin]
        return Decision(
            verdict=Verdict.HELD,
            host=self._politeness.hosts.key(url),
            rule="robots.crawl_delay",
            evidence=f"robots.txt asks for {delay:g} s between requests (Crawl-delay), which is too long to wait here",
            at=self._politeness.clock.now(),
            url=url,
        )

    def limit_size(self, data: bytes, request: Request) -> None:
        """Stop the download of an endless robots.txt; what was received is parsed (section 2.5)."""
        context = fetch_context(request)
        if context.robots_of is None:
            return
        context.robots_bytes += len(data)
        if context.robots_bytes > WIRE_LIMIT:
            raise StopDownload(fail=False)


def _get_header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
