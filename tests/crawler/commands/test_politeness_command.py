"""`broadsheet politeness` over folders made by hand."""

import json
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.items import Article, Provenance
from crawler.politeness.robots_policy import RobotsState
from crawler.store import Store

HOST = "http://paper.localhost"


def page(head: str = "", headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{headers}\r\n<html><head>{head}</head>".encode()


@pytest.fixture
def held(tmp_path):
    """Three articles, each captured twice: one asks not to be kept since, one no longer does, one never did."""
    data = tmp_path / "held"
    wish = '<meta name="robots" content="noarchive">'
    captures = [
        ("asks", 1, page()), ("asks", 2, page(wish)),
        ("asked", 1, page(headers="X-Robots-Tag: noarchive\r\n")), ("asked", 2, page()),
        ("plain", 1, page()), ("plain", 2, page()),
    ]  # fmt: skip
    with (
        Store.open(data / "broadsheet.sqlite3") as store,
        Collection(data) as collection,
        collection.writer("paper", {"software": "test"}) as writer,
    ):
        for name, day, answer in captures:
            url = f"{HOST}/{name}"
            at = datetime(2026, 3, day, tzinfo=UTC)
            where = writer.write(
                Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(answer))
            )
            store.articles.save(
                Article(url=url, site="paper", title=name, body="b", provenance=Provenance(
                    where.record_id, where.file, where.offset, where.payload_digest, f"2026-03-0{day}T00:00:00Z"))
            )  # fmt: skip
    return data


def exported(run, data) -> set[str]:
    out = run("items", "export", "--data", data).text
    return {json.loads(line)["title"] for line in out.splitlines()}


def test_what_is_held_against_a_later_wish_is_withheld(run, held):
    files = {file: file.read_bytes() for file in held.rglob("*.warc.gz")}
    dry = run("politeness", "apply-optouts", "--dry-run", "--data", held)
    assert dry.code == 0, dry.err
    assert f"{HOST}/asks" in dry.text
    assert "meta robots: noarchive" in dry.text
    assert exported(run, held) == {"asks", "asked", "plain"}
    done = run("politeness", "apply-optouts", "--data", held, "--json")
    told = json.loads(done.text)
    assert told["applied"] is True
    assert [(one["change"], one["url"]) for one in told["changes"]] == [("withhold", f"{HOST}/asks")]
    assert exported(run, held) == {"asked", "plain"}
    assert run("politeness", "apply-optouts", "--data", held).text == "nothing to change\n"
    assert {file: file.read_bytes() for file in held.rglob("*.warc.gz")} == files


def test_a_wish_taken_back_releases(run, held):
    run("politeness", "apply-optouts", "--data", held)
    with Collection(held) as collection, collection.writer("paper", {"software": "test"}) as writer:
        at = datetime(2026, 3, 9, tzinfo=UTC)
        writer.write(
            Capture(url=f"{HOST}/asks", started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(page()))
        )
    told = json.loads(run("politeness", "apply-optouts", "--data", held, "--json").text)
    assert [(one["change"], one["withheld"]) for one in told["changes"]] == [("release", False)]
    assert exported(run, held) == {"asks", "asked", "plain"}


def test_the_hosts_files_count_too(run, held, monkeypatch):
    monkeypatch.setattr("settings.base.OPT_OUT_POLICY", {"noai": "withhold"})
    body = b"User-agent: *\nContent-Signal: ai-train=no\n"
    with Store.open(held / "broadsheet.sqlite3") as store:
        state = RobotsState(origin=f"{HOST}:80").after_response(status=200, body=body, now=1.0)
        store.hosts.save_robots(state.origin, json.dumps(state.as_dict()))
    told = json.loads(run("politeness", "apply-optouts", "--data", held, "--json").text)
    assert [one["url"] for one in told["changes"]] == [f"{HOST}/asked", f"{HOST}/asks", f"{HOST}/plain"]
    assert exported(run, held) == set()


def test_a_folder_without_crawls(run, held, tmp_path):
    assert run("politeness", "--data", held).text == "no requests were made\n"
    missing = run("politeness", "--data", tmp_path / "nowhere")
    assert (missing.code, "there is no data folder" in missing.err) == (1, True)
    unknown = run("politeness", "nobody", "--data", held)
    assert (unknown.code, "there is no site" in unknown.err) == (2, True)


def test_a_damaged_fetch_log_is_named(run, held):
    folder = held / "crawls" / "paper-1"
    folder.mkdir(parents=True)
    (folder / "fetches.jsonl").write_text("nonsense\n{}")
    done = run("politeness", "--data", held)
    assert done.code == 1
    assert "fetches.jsonl, line 1" in done.err


def test_gaps_are_counted_over_the_crawls_of_a_host(run, held):
    for name, starts in (("paper-1", (10.0, 20.0)), ("other-2", (10.5, 15.0))):
        (held / "crawls" / name).mkdir(parents=True)
        lines = [
            json.dumps(
                {"key": "paper.localhost", "url": f"{HOST}/", "started": at, "ended": at + 1, "status": 200, "size": 5}
            )
            for at in starts
        ]
        (held / "crawls" / name / "fetches.jsonl").write_text("\n".join(lines) + "\n")
    (told,) = json.loads(run("politeness", "--data", held, "--json").text)
    assert (told["requests"], told["bytes"], told["largest_parallel"]) == (4, 20, 2)
    assert (told["smallest_gap"], told["median_gap"]) == (-0.5, 3.5)
