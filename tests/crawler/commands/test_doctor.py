"""``broadsheet doctor``: sound and broken set-ups."""

import json
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.commands import checks
from crawler.store import Store
from crawler.store.visits import VisitQueue


def found(outcome) -> dict[str, str]:
    return {finding["check"]: finding["level"] for finding in json.loads(outcome.out)}


def test_a_fresh_machine_is_well_and_nothing_is_made(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "desk@example.org")
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert set(found(outcome).values()) == {"ok"}
    assert list(found(outcome)) == [
        "python",
        "packages",
        "settings",
        "sites",
        "contact",
        "disk",
        "database",
        "archive",
        "clock",
        "schedule",
    ]
    assert list(tmp_path.iterdir()) == []
    assert "desk@example.org" in run("doctor").text


def test_what_is_stored_and_captured_is_counted(run, stored, captured):
    assert "3 articles" in run("doctor", "--data", stored).text
    assert "1 WARC files, 3 captures in the index" in run("doctor", "--data", captured).text


@pytest.mark.parametrize("contact", ["", "nobody", "a@b"])
def test_no_contact_is_a_warning(run, monkeypatch, contact):
    monkeypatch.setenv("BROADSHEET_CONTACT", contact)
    outcome = run("doctor", "--json")
    assert (outcome.code, found(outcome)["contact"]) == (0, "warning")


def test_a_broken_site_file(run, tmp_path):
    (tmp_path / "bad.toml").write_text('name = "bad"\n')
    outcome = run("doctor", "--sites", tmp_path, "--json")
    assert (outcome.code, found(outcome)["sites"]) == (1, "failed")
    assert "bad.toml" in outcome.text


def test_a_folder_that_cannot_be_one(run, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = run("doctor", "--data", tmp_path / "file" / "data", "--json")
    assert (outcome.code, found(outcome)["disk"]) == (1, "failed")


@pytest.mark.parametrize(("free", "level"), [(1_000, "failed"), (1_000_000_000, "warning"), (10**12, "ok")])
def test_little_room(run, monkeypatch, free, level):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage(10**12, 0, free))
    assert found(run("doctor", "--json"))["disk"] == level


def test_a_database_that_is_none(run, stored):
    (stored / "broadsheet.sqlite3").write_bytes(b"nothing of the sort" * 100)
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, found(outcome)["database"], found(outcome)["clock"]) == (1, "failed", "ok")


def test_a_file_left_open_and_a_file_not_indexed(run, captured):
    (file,) = (captured / "warc").glob("*.warc.gz")
    (captured / "warc" / "other.warc.gz").write_bytes(file.read_bytes())
    assert found(run("doctor", "--data", captured, "--json"))["archive"] == "warning"
    (captured / "warc" / "other.warc.gz").rename(captured / "warc" / "other.warc.gz.open")
    assert "broadsheet archive repair" in run("doctor", "--data", captured).text


def test_a_clock_behind_the_captures(run, stored):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with Store.open(stored / "broadsheet.sqlite3") as store:
        (first, *_) = store.articles.items("other")
        store.articles.save(
            replace(first, provenance=replace(first.provenance, record_id="later", captured_at=tomorrow))
        )
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, found(outcome)["clock"]) == (1, "failed")


def test_a_library_of_another_version(run, monkeypatch):
    monkeypatch.setattr(checks, "requires", lambda _: ["typer<0.1", "no-such-thing", 'pytest>=99; extra == "dev"'])
    outcome = run("doctor", "--json")
    assert (outcome.code, found(outcome)["packages"]) == (1, "failed")
    assert "typer is 0." in outcome.text
    assert "no-such-thing is missing" in outcome.text
    assert "pytest is" not in outcome.text


def test_a_setting_that_names_no_class(run, monkeypatch):
    monkeypatch.setattr("settings.live.EXTENSIONS", {"crawler.handlers.recorder.Recoder": 0})
    outcome = run("doctor", "--json")
    assert (outcome.code, found(outcome)["settings"]) == (1, "failed")
    assert "Recoder" in outcome.text


def test_a_clock_that_is_not_the_databases(run, stored, monkeypatch):
    now = VisitQueue.now
    monkeypatch.setattr(VisitQueue, "now", lambda queue: now(queue) - timedelta(minutes=3))
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, found(outcome)["clock"]) == (0, "warning")


def test_planned_visits_without_a_worker_and_a_worker_that_died(run, stored, monkeypatch):
    with Store.open(stored / "broadsheet.sqlite3") as store:
        store.visits.plan("paper", "paper.test")
        assert found(run("doctor", "--data", stored, "--json"))["schedule"] == "ok"
        now = VisitQueue.now
        later = VisitQueue.now(store.visits) + timedelta(minutes=5)
        monkeypatch.setattr(VisitQueue, "now", lambda _: later)
        outcome = run("doctor", "--data", stored, "--json")
        assert found(outcome)["schedule"] == "warning"
        assert "nobody makes them" in outcome.text
        monkeypatch.setattr(VisitQueue, "now", now)
        node = store.visits.join(1)
        store.visits.lease_next(node, ["paper"])
        assert found(run("doctor", "--data", stored, "--json"))["schedule"] == "ok"
        store.visits.leave(node)
        outcome = run("doctor", "--data", stored, "--json")
        assert found(outcome)["schedule"] == "warning"
        assert "paper held by a process that is silent" in outcome.text
