"""What the server sent is what the archive has, byte for byte, whatever was sent; and the archive gives it back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, write_site_files
from crawler.demo import misbehaviour as trouble
from crawler.store import Store


class OneChannel(Gaoyuan):
    """The plateau portal's first channel: eight articles on two list pages."""

    sections = Gaoyuan.sections[:1]


HOST = OneChannel.host


def crawled(run, server, folder, *arguments):
    """Crawl the server's one portal into `folder`; the printed summary."""
    write_site_files(server, folder / "sites")
    (portal,) = server.portals.values()
    done = run("crawl", portal.name, "--sites", folder / "sites", "--data", folder, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[0]


@pytest.fixture(scope="module")
def visits(run, tmp_path_factory):
    """Three visits of one portal, the second in the ordinary way, the third a revisit; and what the server saw."""
    folder = tmp_path_factory.mktemp("visits")
    with DemoServer([OneChannel()]) as server:
        summaries, logs = [], []
        for arguments in ((), (), ("--revisit",)):
            begun = len(server.log)
            summaries.append(crawled(run, server, folder, *arguments))
            logs.append(server.log[begun:])
    return folder, summaries, logs


def test_each_record_is_the_exchange_the_server_had(visits):
    folder, summaries, logs = visits
    log = [exchange for visit in logs for exchange in visit]
    with Collection(folder) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
    kept = [(capture.request, bytes(capture.response)) for capture in captures]
    assert kept == [(exchange.request, exchange.sent) for exchange in log]
    assert [summary["records"] for summary in summaries] == [len(visit) for visit in logs]


def test_a_second_visit_asks_for_lists_only_and_a_revisit_for_every_article(visits):
    _, summaries, logs = visits
    articles = [[exchange.path for exchange in visit if "/t2" in exchange.path] for visit in logs]
    assert [summary["items"] for summary in summaries] == [8, 0, 8]
    assert [len(paths) for paths in articles] == [8, 0, 8]
    assert sorted(articles[0]) == sorted(articles[2])
    assert (summaries[2]["edited"], summaries[2]["unchanged"]) == (0, 8)


def test_closest_in_time(visits):
    folder, _, _ = visits
    with Store.open(folder / "broadsheet.sqlite3") as store, Collection(folder) as collection:
        url = next(store.articles.items()).url
        first, second = collection.index.captures(url)
        assert collection.index.closest(url, first.date - timedelta(days=1)) == first
        assert collection.index.closest(url, second.date + timedelta(days=1)) == second


def test_the_archive_gives_every_item_again_with_no_socket(run, visits):
    folder, _, _ = visits
    poison = "import socket\ndef no(*a): raise AssertionError('a connection was tried')\n"
    poison += "socket.socket.connect = socket.socket.connect_ex = no\nsocket.getaddrinfo = no\n"
    (folder / "poison").mkdir()
    (folder / "poison" / "sitecustomize.py").write_text(poison)
    arguments = ("reextract", "--sites", folder / "sites", "--data", folder, "--compare", "--json")
    done = run(*arguments, PYTHONPATH=str(folder / "poison"))
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout) == {"identical": True, "same": 16, "differing": [], "missing": [], "unknown": []}


def test_a_store_that_differs_from_the_archive_is_told_and_mended(run, visits):
    folder, _, _ = visits
    place = ("--sites", folder / "sites", "--data", folder)
    with Store.open(folder / "broadsheet.sqlite3") as store:
        store.articles.save(replace(next(store.articles.items()), editor="someone else"))
    compared = run("reextract", *place, "--compare")
    assert compared.returncode == 1
    assert "differs in editor" in compared.stdout
    assert run("reextract", *place).returncode == 0
    out = folder / "items.jsonl"
    assert run("reextract", *place, "--out", out).returncode == 0
    rebuilt = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rebuilt) == 16
    with Store.open(folder / "broadsheet.sqlite3") as store:
        stored = {item.provenance.record_id: item.editor for item in store.articles.items()}
    editors = {item["provenance"]["record_id"]: item["editor"] for item in rebuilt}
    assert stored.items() <= editors.items()


def test_a_server_in_trouble_is_kept_as_it_was(scrapy, tmp_path):
    lists = [trouble.unavailable(retry_after=1), trouble.cut(300), trouble.gbk_header()]
    articles = [
        trouble.cut_chunked(300),
        trouble.colonless_header(),
        trouble.duplicate_header(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        trouble.no_reason(),
        trouble.http10(),
    ]
    path = OneChannel.sections[0].path
    with DemoServer([OneChannel()]) as server:
        for prefix, troubles in ((path + "2", articles), (path, lists)):
            for misbehaviour in troubles:  # each once, in this order
                server.misbehave(HOST, prefix, misbehaviour, times=1)
        write_site_files(server, tmp_path / "sites")
        settings = ("-s", "BROADSHEET_BACKOFF=0.2")  # a minute's rest after each trouble is for real servers
        place = {"BROADSHEET_SITES": str(tmp_path / "sites"), "BROADSHEET_DATA": str(tmp_path)}
        done = scrapy("crawl", "gaoyuan", *settings, **place)
        assert done.returncode == 0, done.stderr
        log = list(server.log)
    with Collection(tmp_path) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
    assert [bytes(capture.response) for capture in captures] == [exchange.sent for exchange in log]
    assert [capture.truncated for capture in captures if capture.truncated] == ["disconnect", "disconnect"]
    heads = b"\n".join(exchange.sent.split(b"\r\n\r\n")[0] for exchange in log)
    for mark in (b" 503 ", "江滨晚报".encode("gb18030"), b"Set-Cookie: b=2", b"HTTP/1.0"):
        assert mark in heads
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        records = {item.provenance.record_id for item in store.articles.items()}
    assert records <= {capture.location.record_id for capture in captures if capture.status == 200}


def test_since_leaves_older_articles_out(run, tmp_path):
    channel = [article for article in OneChannel().articles if article.path.startswith(OneChannel.sections[0].path)]
    days = sorted(article.date[:10] for article in channel)
    middle = days[len(days) // 2]
    with DemoServer([OneChannel()]) as server:
        crawled(run, server, tmp_path, "--since", middle)
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        found = [item.date[:10] for item in store.articles.items()]
    assert sorted(found) == [day for day in days if day >= middle]
