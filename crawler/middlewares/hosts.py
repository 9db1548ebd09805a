"""The state of the hosts that a crawl sends requests to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crawler.politeness.fetch_log import FetchLog, NoFetchLog
from crawler.politeness.host_states import RobotsStates, Throttles
from crawler.politeness.keys import politeness_key
from crawler.store import Store


@dataclass(kw_only=True)
class Hosts:
    """Throttles by politeness key, robots.txt states by origin, and the log of fetches.

    `servers` maps registrable domains to the name of the server they share. `store` is the database that all crawls
    share, ``None`` for a crawl without a data folder. `before_close` is called before the store is closed.
    """

    throttles: Throttles
    robots: RobotsStates
    fetches: FetchLog = field(default_factory=NoFetchLog)
    servers: Mapping[str, str] = field(default_factory=dict)
    store: Store | None = None
    before_close: list[Callable[[], None]] = field(default_factory=list)

    def key(self, url: str) -> str:
        """Return the politeness key of `url`. Raises PolitenessError if it names no host."""
        return politeness_key(url, self.servers)

    def close(self) -> None:
        """Release the leases on all hosts and close the store."""
        for close in self.before_close:
            close()
        self.throttles.close()
        self.fetches.close()
        if self.store is not None:
            self.store.close()
