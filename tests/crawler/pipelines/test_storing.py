"""Items in the store and the JSON Lines file, and crawls that cannot store them."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scrapy.exceptions import DropItem

from crawler.pipelines.jsonl import JsonLinesPipeline
from crawler.pipelines.store import StorePipeline
from crawler.store import Store, StoreError, article_from_json


def lines_of(path: Path) -> list[str]:
    return (path / "crawls/paper-1/items.jsonl").read_text(encoding="utf-8").splitlines()


def test_items_are_stored_and_counted(crawler, make_item, tmp_path):
    pipeline = StorePipeline.from_crawler(crawler)
    pipeline.open_spider()
    item = make_item(1)
    assert pipeline.process_item(item) is item
    pipeline.process_item(make_item(2, url=item.url, title="Bridge shut"))
    pipeline.process_item(make_item(3, url=item.url, title="Bridge shut"))
    pipeline.close_spider()
    counts = {key: value for key, value in crawler.stats.get_stats().items() if key.startswith("store/")}
    assert counts == {"store/first": 1, "store/edited": 1, "store/unchanged": 1}
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        assert store.articles.find_by_record("r1") == item


def test_database_of_the_settings_is_used(crawler, make_item, tmp_path):
    crawler.settings.frozen = False
    crawler.settings.set("BROADSHEET_DATABASE", f"sqlite:///{tmp_path}/other.db")
    pipeline = StorePipeline.from_crawler(crawler)
    pipeline.open_spider()
    pipeline.process_item(make_item())
    pipeline.close_spider()
    assert (tmp_path / "other.db").is_file()


def test_error_if_store_cannot_be_opened(crawler, tmp_path):
    (tmp_path / "broadsheet.sqlite3").write_bytes(b"something else" * 100)
    with pytest.raises(StoreError, match="not a SQLite database"):
        StorePipeline.from_crawler(crawler).open_spider()


def test_items_are_appended_one_per_line(crawler, make_item, tmp_path):
    items = [make_item(1, title="西藏\nnews"), make_item(2), make_item(3)]
    for part in (items[:2], items[2:]):
        pipeline = JsonLinesPipeline.from_crawler(crawler)
        pipeline.open_spider()
        for item in part:
            assert pipeline.process_item(item) is item
            assert article_from_json(lines_of(tmp_path)[-1]) == item  # written before the next item
        pipeline.close_spider()
    assert [article_from_json(line) for line in lines_of(tmp_path)] == items


@pytest.mark.parametrize("torn", [b'{"url": "http', b"x" * 200_000, b""])
def test_partial_line_is_removed(crawler, make_item, tmp_path, torn):
    pipeline = JsonLinesPipeline.from_crawler(crawler)
    pipeline.open_spider()
    pipeline.process_item(make_item(1))
    pipeline.close_spider()
    with open(tmp_path / "crawls/paper-1/items.jsonl", "ab") as file:
        file.write(torn)
    pipeline.open_spider()
    pipeline.process_item(make_item(2))
    pipeline.close_spider()
    assert [article_from_json(line).url[-1] for line in lines_of(tmp_path)] == ["1", "2"]


class Engine:
    """Records the reasons for closing."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    async def close_spider_async(self, *, reason: str) -> None:
        self.reasons.append(reason)


def test_full_disk_stops_the_crawl_and_leaves_complete_lines(crawler, make_item, tmp_path, monkeypatch):
    pipeline = JsonLinesPipeline.from_crawler(crawler)
    crawler.engine = Engine()
    pipeline.open_spider()
    pipeline.process_item(make_item(1))
    write = os.write

    async def fill_the_disk() -> None:
        monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:20]))
        for number in (2, 3):
            with pytest.raises(DropItem, match=r"items\.jsonl: No space left on device — check the disk"):
                pipeline.process_item(make_item(number))
        monkeypatch.undo()
        await asyncio.sleep(0)

    asyncio.run(fill_the_disk())
    pipeline.close_spider()
    assert len(lines_of(tmp_path)) == 1
    assert "No space left" in crawler.stats.get_value("store/failed")
    assert crawler.stats.get_value("items/dropped/not_stored") == 2
    assert crawler.engine.reasons == ["store_failed"]


_CRAWL = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from crawler.items import Article, Provenance

data, home = sys.argv[1:]

class Paper(Spider):
    name = "paper"
    async def start(self):
        for number in range(200):
            yield Request(f"{home}{number}")
    def parse(self, response):
        yield Article(url=response.url, site="paper", title="t", body="b" * 300,
                      provenance=Provenance(response.url, "f", 0, "", "2026-03-01T08:00:00Z"))

pipelines = ("require_record.RequireRecordPipeline", "validate.ValidatePipeline", "store.StorePipeline",
             "jsonl.JsonLinesPipeline")
process = AsyncCrawlerProcess({
    "BROADSHEET_DATA": data, "BROADSHEET_DATABASE": None, "BROADSHEET_CRAWL_DIR": data + "/crawls/paper-1",
    "ITEM_PIPELINES": {f"crawler.pipelines.{name}": order for order, name in enumerate(pipelines)},
    "TELNETCONSOLE_ENABLED": False, "LOG_LEVEL": "ERROR", "DOWNLOAD_DELAY": 0.005,
})
crawler = process.create_crawler(Paper)
process.crawl(crawler)
process.start()
stats = crawler.stats.get_stats()
print(stats["finish_reason"], stats.get("item_scraped_count", 0), stats.get("items/dropped/not_stored", 0), sep="|")
"""


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.release()
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"page")

    def log_message(self, *args: object) -> None:
        """Write no log."""


@pytest.fixture
def portal():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.seen = threading.Semaphore(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def crawl(tmp_path: Path, portal: ThreadingHTTPServer) -> subprocess.Popen[str]:
    home = f"http://127.0.0.1:{portal.server_port}/"
    command = [sys.executable, "-c", _CRAWL, str(tmp_path), home]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_store_failure_stops_the_crawl_with_one_message(tmp_path, portal):
    """If the database fails during a crawl, the crawl ends, logs one message, and counts the lost items."""
    with Store.open(tmp_path / "broadsheet.sqlite3"), sqlite3.connect(tmp_path / "broadsheet.sqlite3") as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON observations WHEN (SELECT count(*) FROM observations) = 5 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    process = crawl(tmp_path, portal)
    out, errors = process.communicate(timeout=60)
    reason, scraped, lost = out.strip().split("|")
    assert (reason, scraped) == ("store_failed", "5")
    assert 1 <= int(lost) < 40
    messages = [line for line in errors.splitlines() if "the crawl stops" in line]
    assert len(messages) == 1
    assert "disk is full — free some disk space" in messages[0]
    assert "Traceback" not in errors
    assert len(lines_of(tmp_path)) == 5


@pytest.mark.slow
def test_lines_written_before_a_kill_are_complete_and_stored(tmp_path, portal):
    process = crawl(tmp_path, portal)
    for _ in range(25):
        assert portal.seen.acquire(timeout=60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        for line in lines_of(tmp_path):
            item = article_from_json(line)
            assert store.articles.find_by_record(item.provenance.record_id) == item
        assert len(lines_of(tmp_path)) <= store.articles.counts().articles <= len(lines_of(tmp_path)) + 1
    assert [json.loads(line)["site"] for line in lines_of(tmp_path)] == ["paper"] * len(lines_of(tmp_path))
