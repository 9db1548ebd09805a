"""Successive visits of a generated portal: after a kill, with a limit, and after the portal has changed."""

import random
from collections import Counter

import crawl_kills
import pytest
from portal_shapes import EDITED, NumberedPortal
from test_discovery import crawl, write_site_files

from crawler.demo import DemoServer
from crawler.store import EventKind, Store


def test_killed_crawl_repeats_only_its_requests_in_progress(tmp_path):
    assert "each stored once" in crawl_kills.kill_crawls(tmp_path, 30, 2, random.Random(20))


@pytest.mark.parametrize(("option", "articles"), [("--limit", 5), ("--since", 21)])
def test_next_visit_completes_a_limited_one(tmp_path, option, articles):
    portal = NumberedPortal(24)
    # With --since, the second page of the first list has both new articles and ones that are too old.
    value = str(articles) if option == "--limit" else portal.articles[articles - 1].date[:10]
    with DemoServer([portal]) as server:
        write_site_files(server, tmp_path / "sites")
        [first] = crawl(tmp_path, "numbered", option, value)
        [second] = crawl(tmp_path, "numbered")
        requests = Counter(exchange.path for exchange in server.log)
    assert first["articles"]["new"] == articles
    assert first["articles"]["new"] + second["articles"]["new"] == 24
    assert {path for path, times in requests.items() if times > 1} <= {
        f"/{channel}/{name}" for channel in portal.channels for name in ("", "index_1.html")
    }


def test_second_visit_records_edits_and_removals_but_not_boilerplate_changes(tmp_path):
    portal = NumberedPortal(80)
    with DemoServer([portal]) as server:
        write_site_files(server, tmp_path / "sites")
        crawl(tmp_path, "numbered")
        portal.edition = 2
        [again] = crawl(tmp_path, "numbered", "--revisit")
        edited = {server.url(portal, article.path) for article in portal.articles[EDITED]}
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        urls = list(store.articles.urls())
        events = [
            (event.kind, url) for url in urls for event in store.articles.history(url) if event.kind != EventKind.FIRST
        ]
        counts = store.articles.counts()
    assert len(urls) == 80
    assert Counter(kind for kind, _ in events) == {EventKind.EDITED: 10, EventKind.REMOVED: 2}
    assert {url for kind, url in events if kind == EventKind.EDITED} == edited
    assert (counts.versions, counts.gone) == (90, 2)
    counts = again["articles"]
    assert [counts[name] for name in ("found", "new", "edited", "unchanged", "gone")] == [80, 0, 10, 68, 2]
