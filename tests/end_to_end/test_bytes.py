"""The archive has exactly the bytes that the server received and sent, and items can be rebuilt from it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, misbehaviour, write_site_files
from crawler.store import Store


class OneChannel(Gaoyuan):
    """The first section of 高原在线: eight articles on two list pages."""

    sections = Gaoyuan.sections[:1]


HOST = OneChannel.host


def crawl(run, server, folder, *arguments):
    """Crawl the only portal of the server into `folder` and return the printed summary."""
    write_site_files(server, folder / "sites")
    (portal,) = server.portals.values()
    done = run("crawl", portal.name, "--sites", folder / "sites", "--data", folder, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[0]


@pytest.fixture(scope="module")
def crawls(run, tmp_path_factory):
    """Crawl a portal three times, the third time with --revisit. Return folder, summaries and exchanges per crawl."""
    folder = tmp_path_factory.mktemp("crawls")
    with DemoServer([OneChannel()]) as server:
        summaries, logs = [], []
        for arguments in ((), (), ("--revisit",)):
            start = len(server.log)
            summaries.append(crawl(run, server, folder, *arguments))
            logs.append(server.log[start:])
    return folder, summaries, logs


def test_records_have_the_bytes_of_the_server(crawls):
    folder, summaries, logs = crawls
    exchanges = [exchange for log in logs for exchange in log]
    with Collection(folder) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
    stored = [(capture.request, bytes(capture.response)) for capture in captures]
    assert stored == [(exchange.request, exchange.sent) for exchange in exchanges]
    assert [summary["records"] for summary in summaries] == list(map(len, logs))


def test_second_crawl_requests_only_lists_and_revisit_every_article(crawls):
    _, summaries, logs = crawls
    articles = [[exchange.path for exchange in log if "/t2" in exchange.path] for log in logs]
    assert [summary["articles"]["found"] for summary in summaries] == [8, 0, 8]
    assert [len(paths) for paths in articles] == [8, 0, 8]
    assert sorted(articles[0]) == sorted(articles[2])
    assert summaries[2]["articles"]["unchanged"] == 8


def test_closest_capture_in_time_is_found(crawls):
    folder, _, _ = crawls
    with Store.open(folder / "broadsheet.sqlite3") as store, Collection(folder) as collection:
        url = next(store.articles.items()).url
        first, second = collection.index.captures(url)
        assert collection.index.closest(url, first.date - timedelta(days=1)) == first
        assert collection.index.closest(url, second.date + timedelta(days=1)) == second


def test_every_item_is_rebuilt_without_a_socket(run, crawls):
    folder, _, _ = crawls
    no_network = "import socket\ndef no(*a): raise AssertionError('a connection was attempted')\n"
    no_network += "socket.socket.connect = socket.socket.connect_ex = no\nsocket.getaddrinfo = no\n"
    (folder / "no_network").mkdir()
    (folder / "no_network" / "sitecustomize.py").write_text(no_network)
    arguments = ("reextract", "--sites", folder / "sites", "--data", folder, "--compare", "--json")
    done = run(*arguments, PYTHONPATH=str(folder / "no_network"))
    assert done.returncode == 0, done.stderr + done.stdout
    result = json.loads(done.stdout)
    expected = {"identical": True, "same": 16, "differing": [], "missing": [], "unknown": [], "items": 16, "lost": []}
    assert result.items() >= expected.items()


def test_difference_between_store_and_archive_is_reported_and_corrected(run, crawls):
    folder, _, _ = crawls
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


def test_faulty_responses_are_stored_unchanged(scrapy, tmp_path):
    lists = [misbehaviour.unavailable(retry_after=1), misbehaviour.cut(300), misbehaviour.gbk_header()]
    articles = [
        misbehaviour.cut_chunked(300),
        misbehaviour.colonless_header(),
        misbehaviour.duplicate_header(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        misbehaviour.no_reason(),
        misbehaviour.http10(),
    ]
    path = OneChannel.sections[0].path
    with DemoServer([OneChannel()]) as server:
        for prefix, faults in ((path + "2", articles), (path, lists)):
            for fault in faults:  # each once, in this order
                server.misbehave(HOST, prefix, fault, times=1)
        write_site_files(server, tmp_path / "sites")
        settings = ("-s", "BROADSHEET_BACKOFF=0.2")  # the default back-off of a minute per fault is too long for a test
        place = {"BROADSHEET_SITES": str(tmp_path / "sites"), "BROADSHEET_DATA": str(tmp_path)}
        done = scrapy("crawl", "gaoyuan", *settings, **place)
        assert done.returncode == 0, done.stderr
        log = list(server.log)
    with Collection(tmp_path) as collection:
        captures = sorted(map(collection.load, collection.index.search()), key=lambda capture: capture.started_at)
    assert [bytes(capture.response) for capture in captures] == [exchange.sent for exchange in log]
    assert [capture.truncated for capture in captures if capture.truncated] == ["disconnect", "disconnect"]
    heads = b"\n".join(exchange.sent.split(b"\r\n\r\n")[0] for exchange in log)
    for expected in (b" 503 ", "江滨晚报".encode("gb18030"), b"Set-Cookie: b=2", b"HTTP/1.0"):
        assert expected in heads
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        records = {item.provenance.record_id for item in store.articles.items()}
    assert records <= {capture.location.record_id for capture in captures if capture.status == 200}


def test_since_skips_older_articles(run, tmp_path):
    channel = [article for article in OneChannel().articles if article.path.startswith(OneChannel.sections[0].path)]
    days = sorted(article.date[:10] for article in channel)
    middle = days[len(days) // 2]
    with DemoServer([OneChannel()]) as server:
        crawl(run, server, tmp_path, "--since", middle)
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        found = [item.date[:10] for item in store.articles.items()]
    assert sorted(found) == [day for day in days if day >= middle]
