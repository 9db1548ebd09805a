"""``broadsheet doctor`` on sound and broken set-ups."""

import json
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.commands import doctor_checks
from crawler.store import Store
from crawler.store.visits import VisitQueue


def levels(outcome) -> dict[str, str]:
    """Return the level of each check."""
    return {finding["check"]: finding["level"] for finding in json.loads(outcome.out)}


def test_new_installation_passes_and_nothing_is_created(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "desk@example.org")
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert set(levels(outcome).values()) == {"ok"}
    assert list(levels(outcome)) == [
        "python",
        "packages",
        "settings",
        "sites",
        "page classes",
        "contact",
        "disk",
        "privacy",
        "database",
        "archive",
        "clock",
        "schedule",
    ]
    assert list(tmp_path.iterdir()) == []
    assert "desk@example.org" in run("doctor").text


def test_articles_and_captures_are_counted(run, stored, captured):
    assert "3 articles" in run("doctor", "--data", stored).text
    assert "1 WARC files, 3 captures in the index" in run("doctor", "--data", captured).text


@pytest.mark.parametrize("contact", ["", "nobody", "a@b"])
def test_missing_or_invalid_contact_is_a_warning(run, monkeypatch, contact):
    monkeypatch.setenv("BROADSHEET_CONTACT", contact)
    outcome = run("doctor", "--json")
    assert (outcome.code, levels(outcome)["contact"]) == (0, "warning")


def test_broken_site_file_fails(run, tmp_path):
    (tmp_path / "bad.toml").write_text('name = "bad"\n')
    outcome = run("doctor", "--sites", tmp_path, "--json")
    assert (outcome.code, levels(outcome)["sites"]) == (1, "failed")
    assert "bad.toml" in outcome.text


def test_data_folder_below_a_file_fails(run, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = run("doctor", "--data", tmp_path / "file" / "data", "--json")
    assert (outcome.code, levels(outcome)["disk"]) == (1, "failed")


@pytest.mark.parametrize(("free", "level"), [(1_000, "failed"), (1_000_000_000, "warning"), (10**12, "ok")])
def test_free_space_decides_the_level(run, monkeypatch, free, level):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: usage(10**12, 0, free))
    assert levels(run("doctor", "--json"))["disk"] == level


def test_file_that_is_not_a_database_fails(run, stored):
    (stored / "broadsheet.sqlite3").write_bytes(b"not a database file" * 100)
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, levels(outcome)["database"], levels(outcome)["clock"]) == (1, "failed", "ok")


def test_open_and_unindexed_files_are_warnings(run, captured):
    (file,) = (captured / "warc").glob("*.warc.gz")
    (captured / "warc" / "other.warc.gz").write_bytes(file.read_bytes())
    assert levels(run("doctor", "--data", captured, "--json"))["archive"] == "warning"
    (captured / "warc" / "other.warc.gz").rename(captured / "warc" / "other.warc.gz.open")
    assert "broadsheet archive repair" in run("doctor", "--data", captured).text


def test_clock_behind_the_captures_fails(run, stored):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with Store.open(stored / "broadsheet.sqlite3") as store:
        (first, *_) = store.articles.items("other")
        store.articles.save(
            replace(first, provenance=replace(first.provenance, record_id="later", captured_at=tomorrow))
        )
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, levels(outcome)["clock"]) == (1, "failed")


def test_wrong_and_missing_libraries_fail(run, monkeypatch):
    monkeypatch.setattr(
        doctor_checks, "requires", lambda _: ["typer<0.1", "no-such-thing", 'pytest>=99; extra == "dev"']
    )
    outcome = run("doctor", "--json")
    assert (outcome.code, levels(outcome)["packages"]) == (1, "failed")
    assert "typer is 0." in outcome.text
    assert "no-such-thing is missing" in outcome.text
    assert "pytest is" not in outcome.text


def test_setting_with_unknown_class_fails(run, monkeypatch):
    monkeypatch.setattr("settings.live.EXTENSIONS", {"crawler.handlers.recorder.Recoder": 0})
    outcome = run("doctor", "--json")
    assert (outcome.code, levels(outcome)["settings"]) == (1, "failed")
    assert "Recoder" in outcome.text


def test_clock_that_differs_from_the_database_is_a_warning(run, stored, monkeypatch):
    now = VisitQueue.now
    monkeypatch.setattr(VisitQueue, "now", lambda queue: now(queue) - timedelta(minutes=3))
    outcome = run("doctor", "--data", stored, "--json")
    assert (outcome.code, levels(outcome)["clock"]) == (0, "warning")


def test_visits_without_worker_and_with_dead_worker_are_warnings(run, stored, monkeypatch):
    with Store.open(stored / "broadsheet.sqlite3") as store:
        store.visits.plan("paper", "paper.test")
        assert levels(run("doctor", "--data", stored, "--json"))["schedule"] == "ok"
        now = VisitQueue.now
        later = VisitQueue.now(store.visits) + timedelta(minutes=5)
        monkeypatch.setattr(VisitQueue, "now", lambda _: later)
        outcome = run("doctor", "--data", stored, "--json")
        assert levels(outcome)["schedule"] == "warning"
        assert "no worker runs them" in outcome.text
        monkeypatch.setattr(VisitQueue, "now", now)
        node = store.visits.join(1)
        store.visits.lease_next(node, ["paper"])
        assert levels(run("doctor", "--data", stored, "--json"))["schedule"] == "ok"
        store.visits.leave(node)
        outcome = run("doctor", "--data", stored, "--json")
        assert levels(outcome)["schedule"] == "warning"
        assert "the process that runs paper does not respond" in outcome.text


def test_readable_data_is_a_warning(run, tmp_path):
    root = tmp_path / "data"
    root.mkdir(mode=0o755)
    root.chmod(0o755)
    outcome = run("doctor", "--data", root, "--json")
    assert levels(outcome)["privacy"] == "warning"
    assert f"chmod go-rwx {root}" in outcome.text
    root.chmod(0o700)
    assert levels(run("doctor", "--data", root, "--json"))["privacy"] == "ok"


def test_readable_database_outside_the_data_folder_is_a_warning(run, tmp_path):
    root, database = tmp_path / "data", tmp_path / "other.sqlite3"
    root.mkdir(mode=0o700)
    run("sites", "--data", root, "--database", database)
    database.touch()
    database.chmod(0o644)
    outcome = run("doctor", "--data", root, "--database", database, "--json")
    assert levels(outcome)["privacy"] == "warning"
    assert str(database) in outcome.text
