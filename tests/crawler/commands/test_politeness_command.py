"""``broadsheet politeness`` on small data folders."""

import json
import time
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.items import Article, Provenance
from crawler.politeness.delays import HostThrottle
from crawler.politeness.host_states import SharedRobotsStates, SharedThrottles
from crawler.politeness.robots_policy import RobotsState
from crawler.store import Store

HOST = "http://paper.localhost"


def page(head: str = "", headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{headers}\r\n<html><head>{head}</head>".encode()


@pytest.fixture
def data(tmp_path):
    """A data folder with three articles, captured twice: one opts out later, one opted out earlier, one never."""
    folder = tmp_path / "data"
    opt_out = '<meta name="robots" content="noarchive">'
    captures = [
        ("asks", 1, page()), ("asks", 2, page(opt_out)),
        ("asked", 1, page(headers="X-Robots-Tag: noarchive\r\n")), ("asked", 2, page()),
        ("plain", 1, page()), ("plain", 2, page()),
    ]  # fmt: skip
    with (
        Store.open(folder / "broadsheet.sqlite3") as store,
        Collection(folder) as collection,
        collection.writer("paper", {"software": "test"}) as writer,
    ):
        for name, day, response in captures:
            url = f"{HOST}/{name}"
            at = datetime(2026, 3, day, tzinfo=UTC)
            where = writer.write(
                Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(response))
            )
            store.articles.save(
                Article(url=url, site="paper", title=name, body="b", provenance=Provenance(
                    where.record_id, where.file, where.offset, where.payload_digest, f"2026-03-0{day}T00:00:00Z"))
            )  # fmt: skip
    return folder


def exported(run, data) -> set[str]:
    out = run("items", "export", "--data", data).text
    return {json.loads(line)["title"] for line in out.splitlines()}


def test_article_with_later_opt_out_is_withheld(run, data):
    files = {file: file.read_bytes() for file in data.rglob("*.warc.gz")}
    dry = run("politeness", "apply-optouts", "--dry-run", "--data", data)
    assert dry.code == 0, dry.err
    assert f"{HOST}/asks" in dry.text
    assert "meta robots: noarchive" in dry.text
    assert exported(run, data) == {"asks", "asked", "plain"}
    done = run("politeness", "apply-optouts", "--data", data, "--json")
    result = json.loads(done.text)
    assert result["applied"] is True
    assert [(one["change"], one["url"]) for one in result["changes"]] == [("withhold", f"{HOST}/asks")]
    assert exported(run, data) == {"asked", "plain"}
    assert run("politeness", "apply-optouts", "--data", data).text == "no changes\n"
    assert {file: file.read_bytes() for file in data.rglob("*.warc.gz")} == files


def test_article_without_opt_out_is_released(run, data):
    run("politeness", "apply-optouts", "--data", data)
    with Collection(data) as collection, collection.writer("paper", {"software": "test"}) as writer:
        at = datetime(2026, 3, 9, tzinfo=UTC)
        writer.write(
            Capture(url=f"{HOST}/asks", started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(page()))
        )
    result = json.loads(run("politeness", "apply-optouts", "--data", data, "--json").text)
    assert [(one["change"], one["withheld"]) for one in result["changes"]] == [("release", False)]
    assert exported(run, data) == {"asks", "asked", "plain"}


def test_opt_outs_in_robots_txt_count(run, data, monkeypatch):
    monkeypatch.setattr("settings.base.OPT_OUT_POLICY", {"noai": "withhold"})
    body = b"User-agent: *\nContent-Signal: ai-train=no\n"
    with Store.open(data / "broadsheet.sqlite3") as store:
        state = RobotsState(origin=f"{HOST}:80").after_response(status=200, body=body, now=1.0)
        store.hosts.save_robots(state.origin, json.dumps(state.as_dict()))
    result = json.loads(run("politeness", "apply-optouts", "--data", data, "--json").text)
    assert [one["url"] for one in result["changes"]] == [f"{HOST}/asked", f"{HOST}/asks", f"{HOST}/plain"]
    assert exported(run, data) == set()


def test_data_folder_without_crawls_has_no_requests(run, data, tmp_path):
    assert run("politeness", "--data", data).text == "no requests\n"
    missing = run("politeness", "--data", tmp_path / "nowhere")
    assert (missing.code, "does not exist" in missing.err) == (1, True)
    unknown = run("politeness", "nowhere", "--data", data)
    assert (unknown.code, "unknown site 'nowhere'" in unknown.err) == (2, True)


def test_damaged_fetch_log_is_reported_with_line(run, data):
    folder = data / "crawls" / "paper-1"
    folder.mkdir(parents=True)
    (folder / "fetches.jsonl").write_text("nonsense\n{}")
    done = run("politeness", "--data", data)
    assert done.code == 1
    assert "fetches.jsonl, line 1" in done.err


def test_gaps_are_measured_over_all_crawls_of_a_host(run, data):
    for name, starts in (("paper-1", (10.0, 20.0)), ("other-2", (10.5, 15.0))):
        (data / "crawls" / name).mkdir(parents=True)
        lines = [
            json.dumps(
                {"key": "paper.localhost", "url": f"{HOST}/", "started": at, "ended": at + 1, "status": 200, "size": 5}
            )
            for at in starts
        ]
        (data / "crawls" / name / "fetches.jsonl").write_text("\n".join(lines) + "\n")
    (result,) = json.loads(run("politeness", "--data", data, "--json").text)
    assert (result["requests"], result["bytes"], result["largest_parallel"]) == (4, 20, 2)
    assert (result["smallest_gap"], result["median_gap"]) == (-0.5, 3.5)


YEAR = 365 * 86_400.0


def hold(store: Store, until: float) -> None:
    throttle = HostThrottle(paused_until=until, strikes=3, slowdown=8.0, cause="status 503", last_end=until - 60)
    store.hosts.change("paper.localhost", lambda _: json.dumps(throttle.as_dict()))
    robots = RobotsState(origin=f"{HOST}:80").after_failure(cause="status 503", now=until - 300)
    store.hosts.save_robots(robots.origin, json.dumps(robots.as_dict()))


@pytest.mark.parametrize("ahead", [600.0, YEAR])
@pytest.mark.parametrize("host", ["paper.localhost", HOST])
def test_release_ends_every_hold_of_a_host(run, data, ahead, host):
    now = time.time()
    with Store.open(data / "broadsheet.sqlite3") as store:
        hold(store, now + ahead)
    outcome = run("politeness", "release", host, "--data", data)
    assert outcome.code == 0, outcome.err
    assert "pause until" in outcome.text
    assert "status 503" in outcome.text
    assert "robots.txt of http://paper.localhost:80" in outcome.text
    with Store.open(data / "broadsheet.sqlite3") as store:
        throttle = SharedThrottles(store.hosts).lease("paper.localhost", now=now, until=now + 90)
        assert throttle is not None
        assert throttle.paused_until == 0
        assert throttle.slowdown == 1
        assert SharedRobotsStates(store.hosts).get(f"{HOST}:80").is_due(now)
    again = run("politeness", "release", host, "--data", data, "--json")
    assert json.loads(again.text) == {"host": "paper.localhost", "ended": []}


def test_release_of_an_unknown_host_is_an_error(run, data):
    outcome = run("politeness", "release", "other.example", "--data", data)
    assert outcome.code == 1
    assert "nothing is stored about other.example" in outcome.err
    assert run("politeness", "release", "not a host", "--data", data).code == 1
