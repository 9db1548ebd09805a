"""The log of politeness decisions of one crawl: statistics, ledger and Scrapy's log."""

import logging

from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.ledger import DecisionLedger

logger = logging.getLogger(__name__)


class DecisionLog:
    """Counts decisions in `stats` and writes those that changed something to `ledger`."""

    def __init__(self, crawler: Crawler, ledger: DecisionLedger) -> None:
        assert crawler.stats is not None
        self._crawler = crawler
        self.stats: StatsCollector = crawler.stats
        self.ledger = ledger

    def record(self, decision: Decision) -> None:
        """Count `decision`; all but plain permissions go to the ledger and the log. Raises PolitenessError."""
        self.stats.inc_value(f"politeness/{decision.verdict}/{decision.rule}")
        if decision.verdict is Verdict.ALLOWED:
            return
        self.ledger.record(decision)
        logger.info("%s (%s)", decision, decision.url or decision.host, extra={"spider": self._crawler.spider})
