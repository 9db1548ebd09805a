"""The extension that holds what the politeness middlewares of one crawl share."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.handlers.recorder import site_of
from crawler.middlewares.clock import Clock, SteadyClock
from crawler.middlewares.current_visit import CurrentVisit
from crawler.middlewares.decision_log import DecisionLog
from crawler.middlewares.hosts import Hosts
from crawler.politeness.delays import LONGEST_CRAWL_DELAY, ThrottlePolicy
from crawler.politeness.fetch_log import JsonlFetchLog, NoFetchLog
from crawler.politeness.host_states import MemoryRobotsStates, MemoryThrottles, SharedRobotsStates, SharedThrottles
from crawler.politeness.keys import shared_servers
from crawler.politeness.ledger import JsonlLedger, MemoryLedger
from crawler.sites import Site
from crawler.store import Store, database_location

#: Longest pause of a host, in seconds, that a visit waits for; a longer one ends the visit.
MAX_PAUSE = 300.0
#: Seconds added to every wait, since the server sees a response end a little later than we do.
MARGIN = 0.02
#: Seconds until a lease on a host expires: more than any download timeout, so that only a dead crawl loses one.
LEASE = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PolitenessConfig:
    """The rules of one crawl.

    `throttle` has the parameters of its delays. `product_token` is the crawler's name in robots.txt. `max_pause` is the
    longest pause of a host that a visit waits for, and `lease` the time until a lease on a host expires (seconds).
    Hosts with a Crawl-delay above `max_crawl_delay` are not requested.
    """

    site: Site
    throttle: ThrottlePolicy
    product_token: str
    max_pause: float = MAX_PAUSE
    lease: float = LEASE
    max_crawl_delay: float = LONGEST_CRAWL_DELAY

    @classmethod
    def from_settings(cls, settings: BaseSettings, site: Site) -> Self:
        """Return the rules that the site file and the settings give."""
        defaults = ThrottlePolicy(delay=site.delay)
        return cls(
            site=site,
            throttle=replace(
                defaults,
                jitter=settings.getfloat("BROADSHEET_JITTER", defaults.jitter),
                margin=MARGIN,
                backoff=settings.getfloat("BROADSHEET_BACKOFF", defaults.backoff),
            ),
            product_token=settings["ROBOTS_TOKEN"],
            max_pause=settings.getfloat("BROADSHEET_MAX_PAUSE", MAX_PAUSE),
            max_crawl_delay=settings.getfloat("MAX_CRAWL_DELAY", LONGEST_CRAWL_DELAY),
            lease=settings.getfloat("DOWNLOAD_TIMEOUT") + 30.0,
        )


class Politeness:
    """Extension of a live crawl: its rules, clock, decision log, hosts and current visit.

    Middlewares get it with `Politeness.of`; `settings.live` lists it among the extensions.
    """

    def __init__(
        self,
        crawler: Crawler,
        config: PolitenessConfig,
        *,
        clock: Clock,
        log: DecisionLog,
        hosts: Hosts,
    ) -> None:
        self.crawler = crawler
        self.config = config
        self.clock = clock
        self.log = log
        self.hosts = hosts
        self.visit = CurrentVisit(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Return the politeness of a crawler. Raises RuntimeError if the extension is not enabled."""
        found = crawler.get_extension(cls)
        if found is None:
            name = f"{cls.__module__}.{cls.__name__}"
            raise RuntimeError(f"a politeness middleware needs {name} in EXTENSIONS: start from settings.live")
        return found

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it from the spider's site and the settings.

        With a data folder, the states of hosts are shared with all crawls that use the folder, and outlive them.
        Raises StoreError.
        """
        settings = crawler.settings
        folder = settings.get("BROADSHEET_CRAWL_DIR")
        data = settings.get("BROADSHEET_DATA")
        config = PolitenessConfig.from_settings(settings, site_of(crawler))
        store = Store.open(database_location(data, settings.get("BROADSHEET_DATABASE"))) if data else None
        hosts = Hosts(
            throttles=SharedThrottles(store.hosts) if store else MemoryThrottles(),
            robots=SharedRobotsStates(store.hosts) if store else MemoryRobotsStates(),
            fetches=JsonlFetchLog(Path(folder) / "fetches.jsonl") if folder else NoFetchLog(),
            servers=shared_servers(settings.getdict("SHARED_SERVERS")),
            store=store,
        )
        ledger = JsonlLedger(Path(folder) / "ledger.jsonl") if folder else MemoryLedger()
        clock = SteadyClock(store.visits.now().timestamp() if store else None)
        politeness = cls(crawler, config, clock=clock, log=DecisionLog(crawler, ledger), hosts=hosts)
        crawler.signals.connect(hosts.close, signals.spider_closed)
        return politeness
