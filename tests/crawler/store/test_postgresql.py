"""The store on a PostgreSQL server."""

import subprocess
import sys

import pytest

from crawler.items import Provenance
from crawler.store import Store, StoreError

pytestmark = pytest.mark.postgresql

URL = "http://paper.localhost/news/1.html"


_WRITER = """
import sys
from crawler.items import Article, Provenance
from crawler.store import Store
with Store.open(sys.argv[1]) as store:
    for i in range(40):
        store.articles.save(Article(url=f"http://same.localhost/{i}", site="same", title="t", body="b",
                           provenance=Provenance(f"{sys.argv[2]}-{i}", "f.warc.gz", i, "", "2026-03-01T08:00:00Z")))
"""


def test_concurrent_processes_store_each_article_once(database):
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, database, name], stderr=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    with Store.open(database) as store:
        counts = store.articles.counts("same")
        assert (counts.articles, counts.versions, counts.observations) == (40, 40, 120)


def test_results_equal_those_on_sqlite(database, path, make_article):
    results = []
    for location in (database, path):
        with Store.open(location) as store:
            changes = [
                store.articles.save(
                    make_article(record="r1", at="2026-03-01T08:00:00.250000Z", title="西藏 \x00 \ud83d")
                ),
                store.articles.save(make_article(record="r3", at="2026-03-03T08:00:00Z", title="B")),
                store.articles.save_absence(URL, 404, Provenance("r2", "f", 0, "", "2026-03-02T08:00:00Z")),
                store.articles.save(make_article(record="r1", at="2026-03-01T08:00:00.250000Z", title="Read again")),
                store.articles.save(make_article("/2", record="r5", at="2026-03-01T08:00:00Z", editor=None)),
            ]
            articles = store.articles
            results.append(
                (
                    changes,
                    articles.history(URL),
                    articles.find_current(URL),
                    articles.find_by_record("r1"),
                    articles.counts(),
                    list(articles.items("paper")),
                    list(articles.record_ids()),
                    articles.last_capture_times([URL, "http://paper.localhost/none"]),
                    articles.sites(),
                )
            )
    assert results[0] == results[1]
    assert [str(event.kind) for event in results[0][1]] == ["first", "removed", "restored"]


def test_error_for_unreachable_server_hides_the_password(server):
    dead = server.set(host="127.0.0.1", port=1, username="user", password="secret", query={})
    with pytest.raises(StoreError, match="is the PostgreSQL server running") as raised:
        Store.open(dead.render_as_string(hide_password=False))
    assert "secret" not in str(raised.value)
