"""``broadsheet schedule``: list, pause, resume, trigger and history."""

import json
from datetime import timedelta

import pytest

from crawler.store import Store
from crawler.store.visits import Outcome


@pytest.fixture
def folders(tmp_path):
    sites = tmp_path / "sites"
    sites.mkdir()
    for name, cadence in (("hourly", "0 * * * *"), ("learnt", "adaptive"), ("rare", "manual")):
        (sites / f"{name}.toml").write_text(
            f'name = "{name}"\nhome = "http://{name}.localhost/"\ntimezone = "Asia/Shanghai"\n'
            f'[crawl]\ncadence = "{cadence}"\n'
        )
    return ["--sites", sites, "--data", tmp_path / "data"]


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "data" / "broadsheet.sqlite3") as opened:
        yield opened


def listed(run, folders) -> dict[str, dict]:
    return {row["site"]: row for row in json.loads(run("schedule", "list", *folders, "--json").out)}


def test_unplanned_sites_are_listed_and_nothing_is_created(run, folders, tmp_path):
    rows = listed(run, folders)
    assert {rows[name]["state"] for name in ("hourly", "learnt", "rare")} == {"not planned yet"}
    assert rows["hourly"]["cadence_in_words"] == "At the start of every hour (Asia/Shanghai)"
    assert not (tmp_path / "data").exists()
    assert "by hand" in run("schedule", "list", *folders).text


def test_visit_is_triggered_once_and_listed_in_history(run, folders, store):
    first = run("schedule", "trigger", "rare", *folders)
    assert first.code == 0
    assert "planned" in first.text
    assert "no worker is running" in first.text
    second = run("schedule", "trigger", "rare", "hourly", *folders, "--json")
    assert second.code == 1
    assert json.loads(second.out) == [{"site": "rare", "planned": False}, {"site": "hourly", "planned": True}]
    assert listed(run, folders)["rare"]["state"] == "queued"
    visit = store.visits.lease_next(store.visits.join(1), ["rare"])
    assert listed(run, folders)["rare"]["state"] == "running"
    number = store.runs.start("rare", started=visit.started, visit_id=visit.id, attempt=1)
    ended = visit.started + timedelta(seconds=9)
    store.runs.finish(number, ended=ended, outcome="failed", stats={"store/first": 7}, error="no route to [b]host")
    store.visits.end(visit, Outcome.FAILED, "no route to [b]host")
    [row] = json.loads(run("schedule", "history", "rare", *folders[2:], "--json").out)
    assert (row["outcome"], row["error"], row["new"], row["attempt"]) == ("failed", "no route to [b]host", 7, 1)
    assert "no route to [b]host" in run("schedule", "history", *folders[2:]).text
    assert "failed" in run("schedule", "list", *folders).text
    assert len(json.loads(run("schedule", "history", *folders[2:], "--json", "--limit", "1").out)) == 1


def test_sites_are_paused_and_resumed(run, folders, store):
    assert run("schedule", "pause", "hourly", "learnt", *folders).code == 0
    assert {name for name, row in listed(run, folders).items() if row["state"] == "paused"} == {"hourly", "learnt"}
    run("schedule", "resume", "learnt", *folders)
    assert listed(run, folders)["learnt"]["state"] == "waiting"
    run("schedule", "trigger", "hourly", *folders)
    outcome = run("schedule", "pause", "hourly", "--stop", *folders)
    assert "1 visits cancelled" in outcome.text
    assert store.visits.latest()["hourly"].outcome == "stopped"


def test_wrong_use_is_reported_in_one_line(run, folders, tmp_path):
    outcome = run("schedule", "pause", "nowhere", *folders)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "unknown site 'nowhere'" in outcome.err
    outcome = run("schedule", "history", *folders[2:])
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert not (tmp_path / "data").exists()
    (folders[1] / "hourly.toml").write_text('name = "a"\nhome = "http://a.localhost/"\n[crawl]\ncadence = "61 * * * *"')
    outcome = run("schedule", "list", *folders)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "hourly.toml: crawl.cadence = '61 * * * *' is invalid" in outcome.err
    assert "Bad minute" in outcome.err


def test_worker_refuses_remote_portal_without_contact(run, tmp_path):
    sites = tmp_path / "sites"
    sites.mkdir()
    (sites / "far.toml").write_text('name = "far"\nhome = "http://far.example/"\n')
    outcome = run("worker", "far", "--sites", sites, "--data", tmp_path / "data")
    assert (outcome.code, "BROADSHEET_CONTACT" in outcome.err) == (2, True)
