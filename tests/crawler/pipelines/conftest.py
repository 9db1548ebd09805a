"""Fixtures for pipelines: a crawler without an engine, and items."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.utils.test import get_crawler

from crawler.items import Article, Provenance


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    settings = {
        "BROADSHEET_DATA": str(tmp_path),
        "BROADSHEET_DATABASE": None,
        "BROADSHEET_CRAWL_DIR": str(tmp_path / "crawls" / "paper-1"),
    }
    return get_crawler(Spider, settings)


@pytest.fixture
def make_item() -> Callable[..., Article]:
    def make(number: int = 1, **values: object) -> Article:
        filled = {
            "site": "paper",
            "title": "Bridge reopens",
            "date": "2026-03-01T07:30:00+00:00",
            "source": "County Paper",
            "editor": "A. Moss",
            "body": "The bridge is open.",
            "provenance": Provenance(f"r{number}", "p.warc.gz", 512, "sha1:ABC", "2026-03-01T08:00:00Z"),
        }
        return Article(**{"url": f"http://paper.localhost/{number}", **filled, **values})

    return make
