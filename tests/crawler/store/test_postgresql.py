"""The store on a real PostgreSQL server."""

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
        store.save(Article(url=f"http://same.localhost/{i}", site="same", title="t", body="b",
                           provenance=Provenance(f"{sys.argv[2]}-{i}", "f.warc.gz", i, "", "2026-03-01T08:00:00Z")))
"""


def test_processes_that_open_and_save_the_same_articles_at_once_make_each_once(database):
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, database, name], stderr=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    with Store.open(database) as store:
        counts = store.counts("same")
        assert (counts.articles, counts.versions, counts.observations) == (40, 40, 120)


def test_an_article_lives_as_on_sqlite(database, path, make_article):
    told = []
    for location in (database, path):
        with Store.open(location) as store:
            changes = [
                store.save(make_article(record="r1", at="2026-03-01T08:00:00.250000Z", title="西藏 \x00 \ud83d")),
                store.save(make_article(record="r3", at="2026-03-03T08:00:00Z", title="B")),
                store.save_absence(URL, 404, Provenance("r2", "f", 0, "", "2026-03-02T08:00:00Z")),
                store.save(make_article(record="r1", at="2026-03-01T08:00:00.250000Z", title="Read anew")),
                store.save(make_article("/2", record="r5", at="2026-03-01T08:00:00Z", editor=None)),
            ]
            told.append(
                (changes, store.history(URL), store.current(URL), store.by_record("r1"), store.counts(),
                 list(store.items("paper")), list(store.records()), store.last_captured(URL), store.sites())
            )  # fmt: skip
    assert told[0] == told[1]
    assert [str(event.kind) for event in told[0][1]] == ["first", "removed", "restored"]


def test_a_server_that_does_not_answer_is_named_without_its_password(server):
    dead = server.set(host="127.0.0.1", port=1, username="user", password="secret", query={})
    with pytest.raises(StoreError, match="is the PostgreSQL server running") as raised:
        Store.open(dead.render_as_string(hide_password=False))
    assert "secret" not in str(raised.value)
