"""One request at a time for each politeness key, each a delay after the end of the last response.

The innermost downloader middleware: whatever reaches a socket comes through here, be it a page, a robots.txt, a
redirect or a retry. Scrapy's own slots count from the start of requests, let a redirect keep the slot of the host it
came from, and forget a host after a minute.
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
from crawler.politeness.host_states import Change
from crawler.store import StoreError

#: Seconds after which a waiting request looks whether the visit is ending or its pause has grown.
LOOK_UP = 1.0
#: Seconds between looks at a host whose turn another crawl has.
POLL = 0.1
#: Seconds a turn is kept without a request.
IDLE = 1.0


@dataclass(slots=True)
class Turn:
    """The right to be the one request of `key` under way, held since `started` (seconds since the epoch)."""

    key: str
    started: float
    response: Response | None = None


@dataclass(slots=True)
class _Host:
    """What this crawl knows of a politeness key: `lock` is that of its own requests, first come, first served; `left`
    is when the last of them ended, and `watched` whether a timer runs since; `delay` and `least_gap` are those told to
    the statistics (seconds)."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    left: float = 0.0
    watched: bool = False
    delay: float = -1.0
    least_gap: float = float("inf")


class ThrottleMiddleware:
    """Gives each request its turn and takes it back when the response has ended or failed."""

    def __init__(self, politeness: Politeness, connection_errors: tuple[type[BaseException], ...]) -> None:
        self._politeness = politeness
        self._connection_errors = connection_errors
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._under_way: dict[Request, Turn] = {}
        self._unanswered: WeakKeyDictionary[Request, Turn] = WeakKeyDictionary()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        # What Scrapy takes for a network failure when it retries is one for us too.
        errors = tuple(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS"))
        middleware = cls(Politeness.of(crawler), errors)
        crawler.signals.connect(middleware.response_ended, signals.response_downloaded)
        crawler.signals.connect(middleware.request_left, signals.request_left_downloader)
        return middleware

    async def process_request(self, request: Request) -> None:
        """Wait for the request's turn. Raises RequestHeld when its host is paused for long, VisitEnding at the end."""
        request.meta.pop("download_slot", None)  # a redirect brings that of the host it came from
        key = self._politeness.key(request.url)
        lock = self._hosts[key].lock
        await lock.acquire()
        try:
            chance = random.random()
            await self._wait(key, request, chance)
            while not self._claimed(key, chance):
                await self._politeness.clock.sleep(POLL)
                await self._wait(key, request, chance)
            self._under_way[request] = Turn(key, self._politeness.clock.now())
        except BaseException:  # whatever it is, cancellation too: the turn is not leaked
            lock.release()
            raise

    async def _wait(self, key: str, request: Request, chance: float) -> None:
        """Wait until the throttle, as far as this crawl knows it, lets the next request go."""
        clock, policy = self._politeness.clock, self._politeness.policy
        while True:
            if self._politeness.leaves_behind(request):
                raise VisitEnding(f"the visit ends before the turn of {request.url} came")
            throttle, now = self._politeness.throttles.get(key), clock.now()
            if throttle.paused_until - now > self._politeness.max_pause:
                raise RequestHeld(self._held(key, request, throttle.cause, now, throttle.paused_until))
            left = throttle.ready_at(policy, chance) - now
            if left <= 0:
                return
            await clock.sleep(min(left, LOOK_UP))

    def _claimed(self, key: str, chance: float) -> bool:
        """Whether the turn is ours: no other crawl has it, and none has made a request that we did not know of."""
        politeness = self._politeness
        now = politeness.clock.now()
        throttle = politeness.throttles.claim(key, now=now, until=now + politeness.lease)
        if throttle is None:
            return False
        if throttle.ready_at(politeness.policy, chance) > now:
            politeness.throttles.release(key, lambda throttle: throttle, at=now)
            return False
        self._count(key, throttle, now)
        return True

    def _count(self, key: str, throttle: HostThrottle, now: float) -> None:
        """Tell the statistics, and only what is new to them."""
        host, stats, delay = self._hosts[key], self._politeness.stats, throttle.delay(self._politeness.policy)
        stats.inc_value(f"politeness/requests/{key}")
        if delay != host.delay:
            host.delay = delay
            stats.set_value(f"politeness/delay_s/{key}", delay)
        if throttle.last_end is not None and now - throttle.last_end < host.least_gap:
            host.least_gap = now - throttle.last_end
            stats.set_value(f"politeness/min_gap_s/{key}", host.least_gap)

    def _held(self, key: str, request: Request, cause: str, now: float, until: float) -> Decision:
        decision = Decision(
            verdict=Verdict.HELD, host=key, rule="pace.paused", evidence=cause, at=now, until=until, url=request.url
        )
        self._politeness.record(decision)
        return decision

    def response_ended(self, response: Response, request: Request) -> None:
        """Note the response; the turn ends when the request leaves the downloader, in the same breath."""
        if (turn := self._under_way.get(request)) is not None:
            turn.response = response

    def request_left(self, request: Request) -> None:
        """Take the turn back. Scrapy says so for whatever was given to a download handler, also when it failed or was
        cancelled, and before anybody else can run."""
        turn = self._under_way.pop(request, None)
        if turn is None:
            return
        policy, now = self._politeness.policy, self._politeness.clock.now()
        host, response = self._hosts[turn.key], turn.response
        if response is None:
            self._unanswered[request] = turn
        after = _after(policy, turn.started, now, response)
        try:
            fetch = _fetch(request, turn, now)
            self._politeness.octets += fetch.size
            self._politeness.fetches.record(fetch)
            self._politeness.throttles.release(turn.key, after, at=now, keep=self._may_keep(request, response))
        except (PolitenessError, StoreError):  # a throttle that cannot be kept is none: nothing more is asked for
            self._politeness.end_visit("politeness_lost")
            raise
        finally:
            host.lock.release()
        host.left = now
        if not host.watched:
            host.watched = True
            self._watch(turn.key, IDLE)

    def _watch(self, key: str, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._give_back_if_idle, key)

    def _give_back_if_idle(self, key: str) -> None:
        """Let other crawls have a turn this one has no use for: two that keep what the other waits for would stall."""
        host = self._hosts[key]
        left = host.left + IDLE - self._politeness.clock.now()
        if left > 0:  # one timer a host, not one a request
            self._watch(key, left)
            return
        host.watched = False
        if not host.lock.locked():
            self._politeness.throttles.release_idle(key)

    def _may_keep(self, request: Request, response: Response | None) -> bool:
        """Whether the turn may stay with this crawl: on the site's own hosts, while no server complains. It also stays
        where no answer came, until it is known whether that was the server's failure."""
        if response is None:
            return True
        complains = response.status in OVERLOADED or "Retry-After" in response.headers
        return not complains and self._politeness.site.owns(request.url)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count a connection error against the host."""
        self.request_left(request)  # should a request fail on its way to the handler
        turn = self._unanswered.pop(request, None)
        if turn is None or not isinstance(exception, self._connection_errors):
            return
        policy, now = self._politeness.policy, self._politeness.clock.now()
        cause = f"{type(exception).__name__}: {exception}"
        self._politeness.throttles.change(
            turn.key, lambda throttle: throttle.after_failure(policy, at=now, cause=cause)
        )


def _after(policy: ThrottlePolicy, started: float, ended: float, response: Response | None) -> Change:
    """Return the update of a host's throttle after a fetch. It may be kept for a minute, so it does not reference the
    response."""
    if response is None:
        return lambda throttle: throttle.after_fetch(policy, started=started, ended=ended)
    status, header = response.status, response.headers.get("Retry-After")
    asked = header.decode("latin-1") if header else None
    return lambda throttle: throttle.after_fetch(policy, started=started, ended=ended, status=status, retry_after=asked)


def _fetch(request: Request, turn: Turn, ended: float) -> Fetch:
    """The fetch as the log has it."""
    response = turn.response
    usual = (response.status, len(response.body)) if response is not None else (None, 0)
    context = fetch_context(request)
    status, size = context.wire_answer or usual
    context.wire_answer = None  # a redirect starts with this context
    return Fetch(key=turn.key, url=request.url, started=turn.started, ended=ended, status=status, size=size)
