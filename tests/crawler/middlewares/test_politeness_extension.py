"""The extension that the politeness middlewares share."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector

from crawler.fetch_context import FetchContext
from crawler.middlewares.politeness import Politeness, PolitenessConfig
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.host_states import MemoryThrottles, SharedThrottles
from crawler.politeness.ledger import MemoryLedger, read_ledger
from crawler.sites import Site
from settings import live

SITE = Site(name="paper", home="http://www.paper.example/", hosts=("paper.example",), delay=3.0)


@pytest.fixture
def make_crawler() -> Any:
    """Return a function that makes what the extension needs of a crawler."""

    def make(**settings: Any) -> Any:
        all_settings = Settings({"ROBOTS_TOKEN": "Broadsheet", **settings})
        crawler = SimpleNamespace(settings=all_settings, spider=None, spidercls=SimpleNamespace(site=SITE), engine=None)
        crawler.stats = MemoryStatsCollector(cast(Crawler, crawler))
        crawler.signals = SignalManager(crawler)
        return crawler

    return make


def test_middlewares_get_the_extension_of_their_crawler(make_crawler: Any) -> None:
    crawler = make_crawler()
    politeness = Politeness.from_crawler(crawler)
    crawler.get_extension = {Politeness: politeness}.get
    assert Politeness.of(crawler) is politeness


def test_missing_extension_is_an_error_with_a_hint(make_crawler: Any) -> None:
    crawler = make_crawler()
    crawler.get_extension = {}.get
    with pytest.raises(RuntimeError, match=r"needs crawler.middlewares.politeness.Politeness in EXTENSIONS"):
        Politeness.of(crawler)


def test_live_settings_enable_the_extension() -> None:
    assert live.EXTENSIONS["crawler.middlewares.politeness.Politeness"] is not None


def test_rules_come_from_site_and_settings(make_crawler: Any) -> None:
    settings = {"BROADSHEET_JITTER": 0.5, "BROADSHEET_BACKOFF": 7, "BROADSHEET_MAX_PAUSE": 8, "DOWNLOAD_TIMEOUT": 9}
    config = Politeness.from_crawler(make_crawler(**settings)).config
    assert isinstance(config, PolitenessConfig)
    assert (config.site, config.product_token) == (SITE, "Broadsheet")
    assert (config.throttle.delay, config.throttle.jitter, config.throttle.backoff) == (3.0, 0.5, 7.0)
    assert (config.max_pause, config.lease) == (8.0, 39.0)


def test_state_is_in_memory_without_a_data_folder(make_crawler: Any) -> None:
    politeness = Politeness.from_crawler(make_crawler())
    assert isinstance(politeness.hosts.throttles, MemoryThrottles)
    assert isinstance(politeness.log.ledger, MemoryLedger)
    assert politeness.hosts.store is None


def test_state_is_shared_with_a_data_folder(make_crawler: Any, tmp_path: Path) -> None:
    crawler = make_crawler(BROADSHEET_DATA=str(tmp_path), BROADSHEET_CRAWL_DIR=str(tmp_path / "crawl"))
    politeness = Politeness.from_crawler(crawler)
    assert isinstance(politeness.hosts.throttles, SharedThrottles)
    closed: list[int] = []
    politeness.hosts.before_close.append(lambda: closed.append(1))
    politeness.hosts.close()
    assert closed == [1]


def test_permissions_are_counted_but_not_logged(make_crawler: Any, tmp_path: Path) -> None:
    crawler = make_crawler(BROADSHEET_CRAWL_DIR=str(tmp_path))
    log = Politeness.from_crawler(crawler).log
    for verdict, rule in ((Verdict.ALLOWED, "robots.allow"), (Verdict.REFUSED, "robots.disallow")):
        log.record(Decision(verdict=verdict, host="a", rule=rule, evidence="x", at=1.0))
    assert crawler.stats.get_value("politeness/allowed/robots.allow") == 1
    assert [one.rule for one in read_ledger(tmp_path / "ledger.jsonl")] == ["robots.disallow"]


def test_visit_that_ends_keeps_charged_requests_only_if_asked(
    fake_crawl: Any, answers: Any, run_instantly: Any
) -> None:
    charged = Request("http://www.paper.example/1", meta=FetchContext(is_charged=True).as_meta())
    waiting = Request("http://www.paper.example/2")

    async def outcome(*ends: bool) -> tuple[bool, bool]:
        visit = fake_crawl(answers()).politeness.visit
        for keep_charged in ends:
            visit.end("page_budget", keep_charged=keep_charged)
        return visit.drops(charged), visit.drops(waiting)

    assert run_instantly(outcome()) == (False, False)
    assert run_instantly(outcome(True)) == (False, True)
    assert run_instantly(outcome(True, True)) == (False, True)
    assert run_instantly(outcome(False)) == (True, True)
    assert run_instantly(outcome(True, False)) == (True, True)
    assert run_instantly(outcome(False, True)) == (True, True)
