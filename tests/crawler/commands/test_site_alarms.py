"""``broadsheet site alarms`` and ``broadsheet sites`` show alarms; the first accepts them."""

import json
from datetime import UTC, datetime

import pytest

from crawler.drift.alarms import Alarm, AlarmDetail
from crawler.drift.profile import FieldSample
from crawler.store import Store

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def alarmed(tmp_path):
    """A site with two open alarms; return the arguments for its folders."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "a.toml").write_text('name = "a"\nhome = "https://a.example/"', encoding="utf-8")
    before, now = [FieldSample("https://a.example/1", "Bridge")], [FieldSample("https://a.example/2", "Paper")]
    title = Alarm(subject="title", since=NOW, raised=NOW, detail=AlarmDetail(["9 of 9 are the same"], before, now))
    quiet = Alarm(subject="https://a.example/", since=NOW, raised=NOW, detail=AlarmDetail(["no new articles"]))
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        store.drift.add_alarms("a", [title, quiet])
    return ("--data", tmp_path, "--sites", tmp_path / "sites")


def test_alarms_are_shown_with_their_examples(run, alarmed):
    done = run("site", "alarms", "a", *alarmed)
    text = " ".join(done.text.split())
    assert done.code == 0
    assert "a, alarm 1 title 9 of 9 are the same since 2026-03-01 08:00 UTC" in text
    assert "before https://a.example/1: Bridge now https://a.example/2: Paper" in text
    assert [one["subject"] for one in json.loads(run("site", "alarms", "--json", *alarmed).text)] == [
        "title",
        "https://a.example/",
    ]


def test_accepted_alarms_are_no_longer_open(run, alarmed):
    assert "alarm 1" not in run("site", "alarms", "a", "--accept", 1, *alarmed).text
    assert "accepted" in run("site", "alarms", "a", "--past", *alarmed).text
    assert run("site", "alarms", "a", "--accept-all", *alarmed).text == "no open alarms\n"
    unknown = run("site", "alarms", "--accept", 1, *alarmed)
    assert (unknown.code, unknown.err) == (2, "broadsheet: no open alarm 1 — see `broadsheet site alarms`\n")
    assert run("site", "alarms", "--accept-all", *alarmed).code == 2
    assert run("site", "alarms", "b", *alarmed).code == 2


def test_sites_name_the_alarms_and_an_example(run, alarmed):
    text = run("sites", *alarmed).text
    assert "https://a.example/, title" in text
    line = "a: alarm: title: 9 of 9 are the same (https://a.example/2: “Paper”, before “Bridge” at https://a.example/1)"
    assert line in text
    site = next(one for one in json.loads(run("sites", "--json", *alarmed).text) if one["name"] == "a")
    assert [one["subject"] for one in site["alarms"]] == ["title", "https://a.example/"]
