"""What the server sent is what the archive has, byte for byte, whatever was sent."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, site_files
from crawler.demo import misbehaviour as trouble
from crawler.store import Store


def crawled(run, server, folder, *arguments):
    """Crawl the server's one portal into `folder`; the printed summary."""
    site_files(server, folder / "sites")
    (portal,) = server.portals.values()
    done = run("crawl", portal.name, "--sites", folder / "sites", "--data", folder, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[0]


def test_each_record_is_the_exchange_the_server_had(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        summary = crawled(run, server, tmp_path, "--limit", "12")
        log = list(server.log)
    with Collection(tmp_path) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
        kept = [(capture.request, bytes(capture.response)) for capture in captures]
    assert kept == [(exchange.request, exchange.sent) for exchange in log]
    assert summary["records"] == len(log)
    assert summary["items"] == 12


@pytest.mark.parametrize(
    ("name", "misbehaviour", "truncated"),
    [
        ("GBK header", trouble.gbk_header(), None),
        ("colonless header", trouble.colonless_header(), None),
        ("no reason phrase", trouble.no_reason(), None),
        ("until close", trouble.http10(), None),
        ("cut", trouble.cut(300), "disconnect"),
        ("cut chunked", trouble.cut_chunked(300), "disconnect"),
        ("503", trouble.unavailable(retry_after=1), None),
    ],
)
def test_a_server_in_trouble_is_kept_as_it_was(run, tmp_path, name, misbehaviour, truncated):
    with DemoServer([Gaoyuan()]) as server:
        server.misbehave("www.gaoyuan.localhost", "/cn/", misbehaviour, times=1)
        crawled(run, server, tmp_path, "--limit", "5")
        log = list(server.log)
    assert len({exchange.sent for exchange in log if exchange.path.startswith("/cn/")}) > 5
    with Collection(tmp_path) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
    assert [bytes(capture.response) for capture in captures] == [exchange.sent for exchange in log]
    assert [capture.truncated for capture in captures if capture.truncated] == ([truncated] if truncated else [])
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        records = {item.provenance.record_id for item in store.items()}
    assert records <= {capture.location.record_id for capture in captures if capture.status == 200}


def test_a_second_visit_asks_for_lists_only(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        first = crawled(run, server, tmp_path)
        asked = len(server.log)
        second = crawled(run, server, tmp_path)
        again = [exchange.path for exchange in server.log[asked:]]
    assert first["items"] == len(Gaoyuan().articles)
    assert second["items"] == 0
    assert not [path for path in again if "/t2" in path]


def test_since_leaves_older_articles_out(run, tmp_path):
    days = sorted(article.date[:10] for article in Gaoyuan().articles)
    middle = days[len(days) // 2]
    with DemoServer([Gaoyuan()]) as server:
        crawled(run, server, tmp_path, "--since", middle)
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        found = [item.date[:10] for item in store.items()]
    assert found
    assert min(found) >= middle


def test_the_archive_gives_every_item_again_with_no_socket(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        crawled(run, server, tmp_path, "--limit", "6")
    poison = "import socket\ndef no(*a): raise AssertionError('a connection was tried')\n"
    poison += "socket.socket.connect = socket.socket.connect_ex = no\nsocket.getaddrinfo = no\n"
    (tmp_path / "poison").mkdir()
    (tmp_path / "poison" / "sitecustomize.py").write_text(poison)
    arguments = ("reextract", "--sites", tmp_path / "sites", "--data", tmp_path, "--compare", "--json")
    done = run(*arguments, PYTHONPATH=str(tmp_path / "poison"))
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout) == {"identical": True, "same": 6, "differing": [], "missing": [], "unknown": []}


def test_a_store_that_differs_from_the_archive_is_told_and_mended(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        crawled(run, server, tmp_path, "--limit", "4")
    place = ("--sites", tmp_path / "sites", "--data", tmp_path)
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        item = next(store.items())
        store.save(replace(item, editor="someone else"))
    compared = run("reextract", *place, "--compare")
    assert compared.returncode == 1
    assert "differs in editor" in compared.stdout
    assert run("reextract", *place).returncode == 0
    assert run("reextract", *place, "--compare").returncode == 0
    out = tmp_path / "items.jsonl"
    assert run("reextract", *place, "--out", out).returncode == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 4


def test_closest_in_time(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        crawled(run, server, tmp_path, "--limit", "2")
        crawled(run, server, tmp_path, "--limit", "2", "--revisit")
    with Store.open(tmp_path / "broadsheet.sqlite3") as store, Collection(tmp_path) as collection:
        url = next(store.items()).url
        first, second = collection.index.captures(url)
        assert collection.index.closest(url, first.date - timedelta(days=1)) == first
        assert collection.index.closest(url, second.date + timedelta(days=1)) == second
