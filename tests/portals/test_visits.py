"""Visits of a generated portal one after another: killed ones, limited ones, and one after the portal has changed."""

import random
from collections import Counter

import crawl_kills
import pytest
from portal_shapes import EDITED, NumberedPortal
from test_discovery import crawl, site_files_of

from crawler.demo import DemoServer
from crawler.store import EventKind, Store


def test_a_killed_crawl_repeats_only_what_it_had_in_hand(tmp_path):
    assert "each stored once" in crawl_kills.rounds(tmp_path, 30, 2, random.Random(20))


@pytest.mark.parametrize(("option", "articles"), [("--limit", 5), ("--since", 21)])
def test_a_shortened_visit_is_made_good_by_the_next(tmp_path, option, articles):
    portal = NumberedPortal(24)
    # By day, the first list's second page has something new and something too old.
    value = str(articles) if option == "--limit" else portal.articles[articles - 1].date[:10]
    with DemoServer([portal]) as server:
        site_files_of(server, tmp_path / "sites")
        [first] = crawl(tmp_path, "numbered", option, value)
        [second] = crawl(tmp_path, "numbered")
        asked = Counter(exchange.path for exchange in server.log)
    assert first["items"] == articles
    assert first["items"] + second["items"] == 24
    assert {path for path, times in asked.items() if times > 1} <= {
        f"/{channel}/{name}" for channel in portal.channels for name in ("", "index_1.html")
    }


def test_a_second_visit_has_an_event_for_each_change_and_none_for_furniture(tmp_path):
    portal = NumberedPortal(80)
    with DemoServer([portal]) as server:
        site_files_of(server, tmp_path / "sites")
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
    assert (again["first"], again["edited"], again["unchanged"]) == (0, 10, 68)
