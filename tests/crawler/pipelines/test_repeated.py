"""Tests of the pipeline that drops pages with the same undated text."""

import asyncio
from types import SimpleNamespace

import pytest
from scrapy.signalmanager import SignalManager

from crawler.closing import SPIDER_CLOSING
from crawler.items import Article
from crawler.pipelines.repeated import RepeatedPage, RepeatedPagesPipeline


class FakeCrawl:
    """A crawl whose downloads are in progress while `is_busy`."""

    def __init__(self) -> None:
        self.is_busy = True
        self.signals = SignalManager()
        slot = SimpleNamespace(needs_backout=lambda: False)
        scheduler = SimpleNamespace(has_pending_requests=lambda: self.is_busy)
        downloader = SimpleNamespace(active=set())
        self.engine = SimpleNamespace(
            running=True, scraper=SimpleNamespace(slot=slot), scheduler=scheduler, downloader=downloader
        )
        self.pipeline = RepeatedPagesPipeline.from_crawler(self)

    def send(self, number: int, body: str, **values) -> "asyncio.Task[Article]":
        """Process an item, and return the task."""
        item = Article(url=f"http://paper.localhost/{number}", title="Courier", body=body, **values)
        return asyncio.ensure_future(self.pipeline.process_item(item))


async def settle(*tasks: "asyncio.Task[Article]") -> list[str]:
    """Return whether each task stored its item, dropped it or still waits, after the loop had time to run."""
    for _ in range(5):
        await asyncio.sleep(0)
    return ["waits" if not one.done() else "dropped" if one.exception() else "stored" for one in tasks]


def test_first_of_several_equal_pages_is_dropped_too():
    async def work() -> None:
        crawl = FakeCrawl()
        first = crawl.send(1, "Come back later.")
        assert await settle(first) == ["waits"]
        second, third = crawl.send(2, "Come back later."), crawl.send(3, "Come back later.")
        assert await settle(first, second, third) == ["dropped"] * 3
        assert isinstance(first.exception(), RepeatedPage)

    asyncio.run(work())


def test_page_is_stored_once_other_pages_differ():
    async def work() -> None:
        crawl = FakeCrawl()
        first = crawl.send(1, "The road is closed.")
        others = [crawl.send(number, "News", date="2026-03-01") for number in (2, 3, 4)]
        assert await settle(first, *others) == ["stored"] * 4
        late = crawl.send(5, "The road is closed.")
        assert await settle(late) == ["dropped"]

    asyncio.run(work())


@pytest.mark.parametrize("end", ["last page", "closing"])
def test_page_is_stored_at_the_end_of_the_visit(end):
    async def work() -> None:
        crawl = FakeCrawl()
        only = crawl.send(1, "The road is closed.")
        assert await settle(only) == ["waits"]
        if end == "closing":
            crawl.signals.send_catch_log(SPIDER_CLOSING, spider=None, reason="shutdown")
        else:
            crawl.is_busy = False
        assert (await asyncio.wait_for(only, 5)).body == "The road is closed."

    asyncio.run(work())


@pytest.mark.parametrize("end", ["closing", "stopped"])
def test_page_that_arrives_after_the_visit_began_to_close_is_stored(end):
    async def work() -> None:
        crawl = FakeCrawl()  # other requests are scheduled and will not be sent
        if end == "closing":
            crawl.signals.send_catch_log(SPIDER_CLOSING, spider=None, reason="page_budget")
        else:
            crawl.engine.running = False
        late = crawl.send(1, "The road is closed.")
        assert (await asyncio.wait_for(late, 5)).body == "The road is closed."

    asyncio.run(work())


def test_long_or_dated_pages_do_not_wait():
    async def work() -> None:
        crawl = FakeCrawl()
        tasks = [crawl.send(1, "The road is closed. " * 100), crawl.send(2, "Closed.", date="2026-03-01")]
        assert await settle(*tasks) == ["stored"] * 2

    asyncio.run(work())
