"""Promises of ``make demo``: every page stored, every field correct, every item rebuilt, portals treated politely."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from warcio.checker import Checker

from archive import Collection
from crawler.demo import sample_portals
from crawler.items import Article
from crawler.store import CORE_FIELDS, Store

FIELDS = ("title", "date", "date_precision", "source", "editor", "authors", "body")


@pytest.fixture(scope="module")
def items(demo) -> dict[str, Article]:
    """The stored items, by host and path."""
    data, _ = demo
    with Store.open(data / "broadsheet.sqlite3") as store:
        return {urlsplit(item.url).hostname + urlsplit(item.url).path: item for item in store.articles.items()}


def test_summary_is_complete(demo):
    data, summary = demo
    assert json.loads((data / "demo-summary.json").read_text()) == summary
    assert summary["reextract_identical"] is True
    assert summary["reextract"] | {"same": 0} == {
        "identical": True,
        "same": 0,
        "differing": [],
        "missing": [],
        "removed": [],
        "unknown": [],
    }
    assert summary["items"] == sum(len(portal.articles) for portal in sample_portals())
    assert summary["records"] == summary["pages"] >= summary["items"]
    assert set(summary["fields"]) == set(CORE_FIELDS)
    assert all(row["items"] >= 40 for row in summary["portals"])


def test_portals_were_treated_politely(demo):
    _, summary = demo
    assert summary["forbidden_requests"] == 0
    assert summary["min_gap_s"] >= 0.1
    assert all(row["peak_parallel"] == 1 for row in summary["portals"])


@pytest.mark.parametrize("portal", sample_portals(), ids=lambda portal: portal.name)
def test_every_item_has_the_published_fields(portal, items):
    portal.edition = 2
    wrong = {}
    for expected in portal.articles:
        item = items[portal.host + expected.path]
        for name in FIELDS:
            if getattr(item, name) != getattr(expected, name):
                wrong[expected.path, name] = (getattr(item, name), getattr(expected, name))
        missing = set(expected.flags) - set(item.flags)
        if missing:
            wrong[expected.path, "flags"] = (item.flags, expected.flags)
    assert not wrong


def test_edits_between_crawls_are_versions_and_removals_are_events(demo):
    data, _ = demo
    county = next(portal for portal in sample_portals() if portal.name == "county")
    first = {article.path: article for article in county.articles}
    county.edition = 2
    second = {article.path: article for article in county.articles}
    edited = {
        path
        for path in first.keys() & second.keys()
        if first[path].body != second[path].body or first[path].title != second[path].title
    }
    removed = first.keys() - second.keys()
    assert edited
    with Store.open(data / "broadsheet.sqlite3") as store:
        urls = {urlsplit(item.url).path: item.url for item in store.articles.items("county")}
        kinds = {path: [str(event.kind) for event in store.articles.history(url)] for path, url in urls.items()}
    assert {path for path, events in kinds.items() if "edited" in events} == edited
    assert {path for path, events in kinds.items() if "removed" in events} == removed


def test_every_record_passes_warcio_check(demo, capsys):
    data, _ = demo
    files = sorted(str(file) for file in (data / "warc").iterdir())
    assert files
    assert all(file.endswith(".warc.gz") for file in files)
    checker = Checker(_Options(files))
    checker.process_all()
    assert checker.exit_value == 0, capsys.readouterr().out


def test_every_record_is_found_by_url_and_time(demo):
    data, summary = demo
    with Collection(data) as collection:
        entries = list(collection.index.search())
        assert len(entries) == summary["records"]
        for entry in entries[::7]:
            assert collection.closest(entry.url, entry.date).location == entry.location


def test_304_robots_txt_and_redirects_are_records_too(demo):
    data, _ = demo
    with Collection(data) as collection:
        statuses = {entry.status for entry in collection.index.search()}
        assert {200, 301, 302, 304} <= statuses
        assert any(entry.url.endswith("/robots.txt") for entry in collection.index.search())


def test_items_are_written_as_json_lines(demo):
    data, summary = demo
    files = list((data / "crawls").glob("*/items.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert list(lines[0])[:8] == ["url", "canonical_url", "site", "title", "date", "source", "editor", "body"]
    assert len({line["url"] for line in lines}) == summary["items"]
    assert all(Path(data / "warc" / line["provenance"]["file"]).exists() for line in lines)


class _Options:
    """The command-line options of ``warcio check``."""

    def __init__(self, files: list[str]) -> None:
        self.inputs, self.verbose = files, True
