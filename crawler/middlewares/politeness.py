"""What the politeness middlewares of one crawl share: the hosts' states, the clock, the ledger."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from crawler.closing import SPIDER_CLOSING, close_spider
from crawler.fetch_context import fetch_context
from crawler.handlers.recorder import site_of
from crawler.middlewares.clock import Clock, SteadyClock
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.delays import ThrottlePolicy
from crawler.politeness.fetch_log import FetchLog, JsonlFetchLog, NoFetchLog
from crawler.politeness.host_states import (
    MemoryRobotsStates,
    MemoryThrottles,
    RobotsStates,
    SharedRobotsStates,
    SharedThrottles,
    Throttles,
)
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.politeness.ledger import DecisionLedger, JsonlLedger, MemoryLedger
from crawler.sites import Site
from crawler.store import Store, database_location

logger = logging.getLogger(__name__)

#: Seconds a visit waits for a paused host; a longer pause ends the visit.
MAX_PAUSE = 300.0
#: Seconds on top of every wait: the server's clock stops a little later than ours when an answer ends.
MARGIN = 0.02
#: Seconds a turn is held at most; above any download's time limit, so that only a dead crawl loses one.
LEASE = 90.0


class Politeness:
    """The politeness of one crawl.

    `octets` are those that answers had on the wire so far; `at_close` is called before the store is closed.
    `servers` names the server of domains that share one. `throttles` are kept by politeness key, `robots` by origin.
    `policy` holds the throttle's numbers, `max_pause` the seconds a visit waits for a paused host, `lease` those after
    which another crawl may take the turn of one that does not give it back, `product_token` the name robots.txt rules
    are looked up under.
    """

    def __init__(
        self,
        crawler: Crawler,
        site: Site,
        policy: ThrottlePolicy,
        *,
        clock: Clock,
        ledger: DecisionLedger,
        fetches: FetchLog | None = None,
        throttles: Throttles,
        robots: RobotsStates,
        product_token: str,
        servers: Mapping[str, str] | None = None,
        max_pause: float = MAX_PAUSE,
        lease: float = LEASE,
    ) -> None:
        self.crawler = crawler
        self.site = site
        self.policy = policy
        self.clock = clock
        self.ledger = ledger
        self.fetches = fetches or NoFetchLog()
        self.throttles = throttles
        self.robots = robots
        self.product_token = product_token
        self.servers = servers or {}
        self.max_pause = max_pause
        self.lease = lease
        assert crawler.stats is not None
        self.stats: StatsCollector = crawler.stats
        self._store: Store | None = None
        self._ending = False
        self._is_closing = False
        crawler.signals.connect(self._note_closing, SPIDER_CLOSING)
        self._gently = False
        self.octets = 0
        self.at_close: list[Callable[[], None]] = []

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The politeness of `crawler`, one for all its middlewares, after its spider's site and its settings."""
        if crawler not in _of_crawlers:
            _of_crawlers[crawler] = cls.from_crawler(crawler)
        found = _of_crawlers[crawler]
        assert isinstance(found, cls)
        return found

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """A politeness of its own, from the spider's site and the settings.

        With a data folder, what is known of hosts is shared with all crawls that use it and outlives them.
        """
        settings = crawler.settings
        site = site_of(crawler)
        folder = settings.get("BROADSHEET_CRAWL_DIR")
        usual = ThrottlePolicy(delay=site.delay)
        data = settings.get("BROADSHEET_DATA")
        store = Store.open(database_location(data, settings.get("BROADSHEET_DATABASE"))) if data else None
        politeness = cls(
            crawler,
            site,
            replace(
                usual,
                jitter=settings.getfloat("BROADSHEET_JITTER", usual.jitter),
                margin=MARGIN,
                backoff=settings.getfloat("BROADSHEET_BACKOFF", usual.backoff),
            ),
            clock=SteadyClock(),
            ledger=JsonlLedger(Path(folder) / "ledger.jsonl") if folder else MemoryLedger(),
            fetches=JsonlFetchLog(Path(folder) / "fetches.jsonl") if folder else None,
            throttles=SharedThrottles(store.hosts) if store else MemoryThrottles(),
            robots=SharedRobotsStates(store.hosts) if store else MemoryRobotsStates(),
            product_token=settings["ROBOTS_TOKEN"],
            servers=shared_servers(settings.getdict("SHARED_SERVERS")),
            max_pause=settings.getfloat("BROADSHEET_MAX_PAUSE", MAX_PAUSE),
            lease=settings.getfloat("DOWNLOAD_TIMEOUT") + 30.0,
        )
        politeness._store = store
        crawler.signals.connect(politeness.close, signals.spider_closed)
        return politeness

    def key(self, url: str) -> str:
        """The politeness key of `url`. Raises PolitenessError when it names no host."""
        return politeness_key(url, self.servers)

    @property
    def store(self) -> Store | None:
        """The database that all crawls share, ``None`` for a crawl without a data folder."""
        return self._store

    def close(self) -> None:
        """Give back what other crawls may wait for."""
        for close in self.at_close:
            close()
        self.throttles.close()
        self.fetches.close()
        if self._store is not None:
            self._store.close()

    def record(self, decision: Decision) -> None:
        """Count `decision`; all but plain permissions go to the ledger and the log."""
        self.stats.inc_value(f"politeness/{decision.verdict}/{decision.rule}")
        if decision.verdict is Verdict.ALLOWED:
            return
        self.ledger.record(decision)
        logger.info("%s (%s)", decision, decision.url or decision.host, extra={"spider": self.crawler.spider})

    def end_visit(self, reason: str, *, gently: bool = False) -> None:
        """Close the spider for `reason`; requests on their way are finished, those waiting for a turn are not made, but
        `gently` those of them that the budget has been charged with."""
        self._gently = gently and (self._gently or not self._ending)
        if self._ending or self.crawler.engine is None:
            return
        self._ending = True
        close_spider(self.crawler, reason)

    def leaves_behind(self, request: Request) -> bool:
        """Whether the visit ends without `request`, which waits for its turn."""
        return self.is_ending() and not (self._gently and fetch_context(request).is_charged)

    def is_ending(self) -> bool:
        """True if the spider is being closed, so that waiting requests need not wait out their delay.

        Scrapy does not announce that it closes a spider. If other code than ours closes it (a CLOSESPIDER_* limit)
        while the downloader is full, this turns true only once one of the requests in the downloader is done.
        """
        engine = self.crawler.engine
        if self._ending or self._is_closing or engine is None or not engine.running:
            return True
        return engine.needs_backout() and not (engine.downloader.needs_backout() or self._is_scraper_full(engine))

    @staticmethod
    def _is_scraper_full(engine: ExecutionEngine) -> bool:
        return engine.scraper.slot is not None and engine.scraper.slot.needs_backout()

    def _note_closing(self) -> None:
        self._is_closing = True


_of_crawlers: WeakKeyDictionary[Crawler, Politeness] = WeakKeyDictionary()
