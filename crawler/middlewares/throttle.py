"""The throttle: one request at a time per politeness key, each a delay after the end of the previous response.

It is the innermost downloader middleware, so every request to a socket passes here: pages, robots.txt, redirects and
retries. Scrapy's own slots count the delay from the start of requests, let a redirect keep the slot of the host it came
from, and forget a host after a minute.
"""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Self
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.misc import load_object

from crawler.fetch_context import fetch_context
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld, VisitEnding
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.delays import OVERLOADED, HostThrottle, ThrottlePolicy
from crawler.politeness.errors import PolitenessError
from crawler.politeness.fetch_log import Fetch
from crawler.politeness.host_states import ThrottleUpdate
from crawler.store import StoreError

#: Seconds between a waiting request's checks for a longer pause or the end of the visit.
CHECK_INTERVAL = 1.0
#: Seconds between attempts to lease a host that another crawl has leased.
POLL_INTERVAL = 0.1
#: Seconds without a request after which the lease on a host is released.
IDLE = 1.0


@dataclass(slots=True)
class RequestSlot:
    """The exclusive right to make one request to the hosts of `key`, since `started` (seconds since the epoch)."""

    key: str
    started: float
    response: Response | None = None


@dataclass(slots=True)
class _KeyState:
    """This crawl's bookkeeping for one politeness key.

    `lock` orders this crawl's own requests, first come, first served. `last_left` is the time the last of them ended;
    `has_idle_timer` is true while a timer waits to release the lease. `delay` and `least_gap` are the values last
    written to the statistics (seconds).
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_left: float = 0.0
    has_idle_timer: bool = False
    delay: float = -1.0
    least_gap: float = float("inf")


class ThrottleMiddleware:
    """Makes each request wait for the slot of its host, and releases the slot when the response has ended or failed."""

    def __init__(self, politeness: Politeness, connection_errors: tuple[type[BaseException], ...]) -> None:
        self._politeness = politeness
        self._config = politeness.config
        self._policy = politeness.config.throttle
        self._clock = politeness.clock
        self._hosts = politeness.hosts
        self._visit = politeness.visit
        self._connection_errors = connection_errors
        self._keys: defaultdict[str, _KeyState] = defaultdict(_KeyState)
        self._in_progress: dict[Request, RequestSlot] = {}
        self._unanswered: WeakKeyDictionary[Request, RequestSlot] = WeakKeyDictionary()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        # The exceptions that Scrapy retries as network failures.
        errors = tuple(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS"))
        middleware = cls(Politeness.of(crawler), errors)
        crawler.signals.connect(middleware.keep_response, signals.response_downloaded)
        crawler.signals.connect(middleware.release_slot, signals.request_left_downloader)
        return middleware

    async def process_request(self, request: Request) -> None:
        """Wait for a slot. Raises RequestHeld if the host is paused for long, VisitEnding if the visit ends first."""
        request.meta.pop("download_slot", None)  # a redirect carries the one of the host it came from
        key = self._hosts.key(request.url)
        lock = self._keys[key].lock
        await lock.acquire()
        try:
            chance = random.random()
            await self._wait_until_ready(key, request, chance)
            while not self._try_lease(key, chance):
                await self._clock.sleep(POLL_INTERVAL)
                await self._wait_until_ready(key, request, chance)
            self._in_progress[request] = RequestSlot(key, self._clock.now())
        except BaseException:  # cancellation included: the lock must not leak
            lock.release()
            raise

    async def _wait_until_ready(self, key: str, request: Request, chance: float) -> None:
        """Wait until the throttle, as this crawl knows it, permits the next request."""
        clock, policy = self._clock, self._policy
        while True:
            if self._visit.drops(request):
                raise VisitEnding(f"the visit ends before {request.url} could be requested")
            throttle, now = self._hosts.throttles.get(key), clock.now()
            if throttle.paused_until - now > self._config.max_pause:
                raise RequestHeld(self._record_hold(key, request, throttle, now))
            remaining = throttle.ready_at(policy, chance) - now
            if remaining <= 0:
                return
            await clock.sleep(min(remaining, CHECK_INTERVAL))

    def _try_lease(self, key: str, chance: float) -> bool:
        """Lease the key. Return False if another crawl has it, or made a request that this one must wait for."""
        throttles, now = self._hosts.throttles, self._clock.now()
        throttle = throttles.lease(key, now=now, until=now + self._config.lease)
        if throttle is None:
            return False
        if throttle.ready_at(self._policy, chance) > now:
            throttles.release(key, lambda throttle: throttle, at=now)
            return False
        self._count_request(key, throttle, now)
        return True

    def _count_request(self, key: str, throttle: HostThrottle, now: float) -> None:
        """Count the request, and write delay and smallest gap to the statistics if they changed."""
        state, stats, delay = self._keys[key], self._politeness.log.stats, throttle.delay(self._policy)
        stats.inc_value(f"politeness/requests/{key}")
        if delay != state.delay:
            state.delay = delay
            stats.set_value(f"politeness/delay_s/{key}", delay)
        if throttle.last_end is not None and now - throttle.last_end < state.least_gap:
            state.least_gap = now - throttle.last_end
            stats.set_value(f"politeness/min_gap_s/{key}", state.least_gap)

    def _record_hold(self, key: str, request: Request, throttle: HostThrottle, now: float) -> Decision:
        decision = Decision(
            verdict=Verdict.HELD,
            host=key,
            rule="pace.paused",
            evidence=throttle.cause,
            at=now,
            until=throttle.paused_until,
            url=request.url,
        )
        self._politeness.log.record(decision)
        return decision

    def keep_response(self, response: Response, request: Request) -> None:
        """Remember the response; the slot is released when the request leaves the downloader, right after this."""
        if (slot := self._in_progress.get(request)) is not None:
            slot.response = response

    def release_slot(self, request: Request) -> None:
        """Release the request's slot.

        Scrapy sends this signal for every request handed to a download handler, also if it failed or was cancelled,
        and before other code can run.
        """
        slot = self._in_progress.pop(request, None)
        if slot is None:
            return
        now, state, response = self._clock.now(), self._keys[slot.key], slot.response
        if response is None:
            self._unanswered[request] = slot
        update = _update_after(self._policy, slot.started, now, response)
        try:
            fetch = _to_fetch(request, slot, now)
            self._visit.received_bytes += fetch.size
            self._hosts.fetches.record(fetch)
            self._hosts.throttles.release(slot.key, update, at=now, keep=self._may_keep_lease(request, response))
        except (PolitenessError, StoreError):  # without a record of the last request no delay can be kept
            self._visit.end("politeness_lost")
            raise
        finally:
            state.lock.release()
        state.last_left = now
        if not state.has_idle_timer:
            state.has_idle_timer = True
            self._start_idle_timer(slot.key, IDLE)

    def _start_idle_timer(self, key: str, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._release_if_idle, key)

    def _release_if_idle(self, key: str) -> None:
        """Release a host this crawl is not using, so that two crawls that wait for each other cannot deadlock."""
        state = self._keys[key]
        remaining = state.last_left + IDLE - self._clock.now()
        if remaining > 0:  # one timer per key, not one per request
            self._start_idle_timer(key, remaining)
            return
        state.has_idle_timer = False
        if not state.lock.locked():
            self._hosts.throttles.release_idle(key)

    def _may_keep_lease(self, request: Request, response: Response | None) -> bool:
        """True if this crawl may keep the lease for its next request.

        It may on the site's own hosts while the server does not complain. It also may without a response, until it is
        known whether the server failed.
        """
        if response is None:
            return True
        complains = response.status in OVERLOADED or "Retry-After" in response.headers
        return not complains and self._config.site.owns(request.url)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count a connection error as a strike of the host."""
        self.release_slot(request)  # in case the request failed before it reached the handler
        slot = self._unanswered.pop(request, None)
        if slot is None or not isinstance(exception, self._connection_errors):
            return
        policy, now = self._policy, self._clock.now()
        cause = f"{type(exception).__name__}: {exception}"
        self._hosts.throttles.change(slot.key, lambda throttle: throttle.after_failure(policy, at=now, cause=cause))


def _update_after(policy: ThrottlePolicy, started: float, ended: float, response: Response | None) -> ThrottleUpdate:
    """Return the update of a host's throttle after a fetch.

    It may be kept for a minute, so it does not reference the response.
    """
    if response is None:
        return lambda throttle: throttle.after_fetch(policy, started=started, ended=ended)
    status, header = response.status, response.headers.get("Retry-After")
    retry_after = header.decode("latin-1") if header else None
    return lambda throttle: throttle.after_fetch(
        policy, started=started, ended=ended, status=status, retry_after=retry_after
    )


def _to_fetch(request: Request, slot: RequestSlot, ended: float) -> Fetch:
    """Return the fetch log's entry of a request that ended."""
    response, context = slot.response, fetch_context(request)
    usual = (response.status, len(response.body)) if response is not None else (None, 0)
    status, size = context.wire_answer or usual
    context.wire_answer = None  # a redirect starts with this context
    return Fetch(key=slot.key, url=request.url, started=slot.started, ended=ended, status=status, size=size)
