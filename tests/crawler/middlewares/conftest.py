"""A crawl without sockets: Scrapy's middleware chain, a loop whose sleeps take no time, functions as servers."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy import Request, signals
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector

from crawler.middlewares.decision_log import DecisionLog
from crawler.middlewares.hosts import Hosts
from crawler.middlewares.politeness import MAX_PAUSE, Politeness, PolitenessConfig
from crawler.politeness.delays import ThrottlePolicy
from crawler.politeness.host_states import MemoryRobotsStates, MemoryThrottles
from crawler.politeness.ledger import MemoryLedger
from crawler.sites import Site

EPOCH = 1_800_000_000.0


class _InstantSelector(selectors.DefaultSelector):
    """Advances the time instead of waiting for timers."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout > 0:
            self.skipped += timeout
        ready = super().select(0)
        if timeout is None and not ready:
            raise RuntimeError("all tasks wait without a timer: a slot was lost")
        return ready


class InstantLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose clock advances by sleeping only, and whose sleeps return at once."""

    def __init__(self) -> None:
        self._instant = _InstantSelector()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.skipped


class InstantClock:
    def now(self) -> float:
        return EPOCH + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class FakeExchange:
    url: str
    started: float
    ended: float
    request: Request


Server = Callable[[Request], Awaitable[Response]]


@dataclass
class FakeCrawl:
    """The downloader side of one crawl: middlewares in order, then `server`; `log` has the requests that reached it."""

    site: Site
    server: Server
    max_pause: float = MAX_PAUSE
    crawler: Any = None
    politeness: Politeness = field(init=False)
    log: list[FakeExchange] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = Settings({"ROBOTS_TOKEN": "Broadsheet", "RETRY_TIMES": 2})
        self.crawler = SimpleNamespace(settings=settings, spider=SimpleNamespace(name="s", site=self.site))
        hashable = type("FakeCrawler", (), {})()
        hashable.__dict__.update(self.crawler.__dict__)
        self.crawler = hashable
        self.crawler.signals = SignalManager(self.crawler)
        self.crawler.stats = MemoryStatsCollector(cast(Crawler, SimpleNamespace(settings=settings)))
        self.crawler.spider.crawler = self.crawler
        self.crawler.engine = SimpleNamespace(
            running=True,
            needs_backout=lambda: False,
            downloader=SimpleNamespace(needs_backout=lambda: False),
            scraper=SimpleNamespace(slot=None),
            download_async=self.download,
            close_spider_async=self._close,
        )
        self.politeness = Politeness(
            self.crawler,
            PolitenessConfig(
                site=self.site,
                throttle=ThrottlePolicy(delay=self.site.delay, jitter=0.0),
                product_token="Broadsheet",
                max_pause=self.max_pause,
            ),
            clock=InstantClock(),
            log=DecisionLog(self.crawler, MemoryLedger()),
            hosts=Hosts(throttles=MemoryThrottles(), robots=MemoryRobotsStates()),
        )

    async def _close(self, *, reason: str) -> None:
        self.closed.append(reason)

    def build(self, *middlewares: Any) -> None:
        """Install middlewares, the engine's side first."""
        self.middlewares = middlewares
        self.manager = DownloaderMiddlewareManager(*middlewares, crawler=self.crawler)
        for middleware in middlewares:
            for handler, signal in (
                ("keep_response", signals.response_downloaded),
                ("release_slot", signals.request_left_downloader),
            ):
                if hasattr(middleware, handler):
                    self.crawler.signals.connect(getattr(middleware, handler), signal)

    async def once(self, request: Request) -> Response | Request:
        """Pass `request` down to the server and back once, as Scrapy's downloader does."""
        return await self.manager.download_async(self._enqueue, request)

    async def download(self, request: Request) -> Response:
        """Repeat until there is a response, as the engine's `download_async` does."""
        while True:
            result = await self.once(request)
            if isinstance(result, Response):
                return result
            request = result

    async def _enqueue(self, request: Request) -> Response:
        return await asyncio.shield(asyncio.ensure_future(self._transfer(request)))  # as the downloader's queue does

    async def _transfer(self, request: Request) -> Response:
        now = asyncio.get_running_loop().time
        exchange = FakeExchange(request.url, now(), 0.0, request)
        self.log.append(exchange)
        try:
            response = await self.server(request)
            exchange.ended = now()
            self.crawler.signals.send_catch_log(
                signal=signals.response_downloaded, response=response, request=request, spider=self.crawler.spider
            )
            return response
        finally:
            exchange.ended = now()
            self.crawler.signals.send_catch_log(
                signal=signals.request_left_downloader, request=request, spider=self.crawler.spider
            )

    def gaps(self) -> list[float]:
        """Return the seconds from the end of each exchange to the start of the next."""
        return [after.started - before.ended for before, after in zip(self.log, self.log[1:], strict=False)]

    @property
    def rules(self) -> list[str]:
        """Return the rules of the decisions in the ledger."""
        return [decision.rule for decision in cast(MemoryLedger, self.politeness.log.ledger)]


def run_instantly(work: Coroutine[Any, Any, Any]) -> Any:
    """Run `work` on a loop whose sleeps take no time."""
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        return runner.run(work)


def portal(**changes: Any) -> Site:
    site = Site(name="s", home="http://www.paper.example/", hosts=("paper.example",), delay=2.0)
    return replace(site, **changes)


def answers(took: float = 0.1, status: int = 200, body: bytes = b"", **headers: str) -> Server:
    async def serve(request: Request) -> Response:
        await asyncio.sleep(took)
        return Response(
            request.url, status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return serve


def make_fake_crawl(server: Server, *, max_pause: float = MAX_PAUSE, **site: Any) -> FakeCrawl:
    """Return a crawl of a site with the given attributes, answered by `server`."""
    return FakeCrawl(portal(**site), server, max_pause)


@pytest.fixture
def fake_crawl() -> Callable[..., FakeCrawl]:
    return make_fake_crawl


@pytest.fixture(name="run_instantly", scope="session")
def _run_instantly() -> Callable[..., Any]:
    return run_instantly


@pytest.fixture(name="answers", scope="session")
def _answers() -> Callable[..., Server]:
    return answers


@pytest.fixture(scope="session")
def instant() -> Any:
    """Return both helpers, for tests that call them many times."""
    return SimpleNamespace(run_instantly=run_instantly, fake_crawl=make_fake_crawl)
