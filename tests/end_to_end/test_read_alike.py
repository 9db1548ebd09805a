"""Every article that a crawl reads is rebuilt from the archive, however the server labels and codes it."""

import gzip
import json
import zlib
from dataclasses import replace

import brotli
import pytest
from backports import zstd

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, write_site_files
from crawler.store import Store

pytestmark = pytest.mark.slow

HTML = "text/html; charset=utf-8"

#: Content-Type, codings in the head, codings of the body, and status of an article.
REPLIES = [
    (HTML, ["gzip"], [], 200),
    (HTML, ["br"], [], 200),
    (HTML, ["deflate"], [zlib.compress], 200),
    (HTML, ["gzip", "gzip"], [gzip.compress], 200),
    (HTML, ["gzip"], [gzip.compress, gzip.compress], 200),
    (HTML, [], [gzip.compress], 200),
    (HTML, ["utf-8"], [brotli.compress], 200),
    (HTML, ["br"], [zstd.compress], 200),
    ("TEXT/HTML", [], [], 200),
    ("text/html,text/html", [], [], 200),
    ("text/html charset=utf-8", ["gzip"], [], 203),
    ("", [], [], 200),
    ("unknown/unknown", ["x-gzip"], [gzip.compress], 206),
    ("application/octet-stream", [], [], 200),
]


class OddReplies(Gaoyuan):
    """高原在线, whose articles come in every odd way in turn."""

    def find(self, request):
        reply = super().find(request)
        if reply is None or "/t2" not in request.target:
            return reply
        at = [article.path for article in self.articles].index(request.target)
        content_type, stated, codings, status = REPLIES[at % len(REPLIES)]
        body = reply.body
        for compress in codings:
            body = compress(body)
        headers = [("Content-Type", content_type)] if content_type else []
        headers += [("Content-Encoding", coding) for coding in stated]
        return replace(reply, headers=tuple(headers), body=body, status=status, gzip=False)


def test_articles_are_read_alike_live_and_offline(run, tmp_path):
    portal = OddReplies()
    with DemoServer([portal]) as server:
        write_site_files(server, tmp_path / "sites")
        place = ("--sites", tmp_path / "sites", "--data", tmp_path)
        crawled = run("crawl", "gaoyuan", *place)
        assert crawled.returncode == 0, crawled.stderr
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        stored = {item.url: item.title for item in store.articles.items()}
    assert len(stored) == len(portal.articles) >= len(REPLIES)
    with Collection(tmp_path) as collection:
        for url in stored:
            assert b"</html>" in collection.load(collection.index.captures(url)[0]).body()

    compared = run("reextract", "--compare", "--json", *place)

    result = json.loads(compared.stdout)
    assert compared.returncode == 0, compared.stdout
    assert (result["same"], result["lost"], result["items"]) == (len(stored), [], len(stored))
    assert result["pages"] == result["items"] + sum(result["skipped"].values())
    assert sum(result["other"].values()) > 0


def test_every_page_of_an_archive_with_damage_is_accounted_for(run, tmp_path):
    portal = Gaoyuan()
    with DemoServer([portal]) as server:
        write_site_files(server, tmp_path / "sites")
        place = ("--sites", tmp_path / "sites", "--data", tmp_path)
        assert run("crawl", "gaoyuan", *place).returncode == 0
    with Collection(tmp_path) as collection, Store.open(tmp_path / "broadsheet.sqlite3") as store:
        url = next(store.articles.items()).url
        (entry,) = collection.index.captures(url)
        with collection.file(entry.file).open("rb+") as file:
            file.seek(entry.offset + entry.length // 2)
            file.write(bytes(40))

    rebuilt = run("reextract", "--json", *place)

    result = json.loads(rebuilt.stdout)
    assert rebuilt.returncode == 1
    assert [(page["url"], page["offset"]) for page in result["lost"]] == [(url, entry.offset)]
    assert result["pages"] == result["items"] + 1 + sum(result["skipped"].values())
    assert f"broadsheet: lost: {url} ({entry.file} at byte {entry.offset})" in rebuilt.stderr
