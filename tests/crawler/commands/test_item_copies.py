"""``broadsheet items copies``."""

import json

import pytest

from crawler.items import Article, Provenance
from crawler.store import Store

BODY = (
    "The old bridge over the river reopened on Monday after nine months of work.\n"
    "Masons replaced four hundred stones and kept the marks of their predecessors.\n"
    "Traders on the west bank said that custom had fallen while it was closed.\n"
    "A second crossing downstream remains a promise without a date."
)


def save(store, name, day, body=BODY, **fields):
    record = Provenance(name, "a.warc.gz", 0, "sha1:A", f"2026-03-{day:02}T08:00:00Z")
    url = f"http://{name}.localhost/1"
    given = {"title": "Bridge reopens", "date": f"2026-03-{day:02}", "source": "County Paper", **fields}
    store.articles.save(Article(url=url, site=name, body=body, provenance=record, **given))


@pytest.fixture
def data(tmp_path):
    with Store.open(tmp_path / "data" / "broadsheet.sqlite3") as store:
        save(store, "paper", 1)
        save(store, "mirror", 2, BODY.replace("nine", "ten") + "\nShare this story.", title="River open", editor="Ash")
        save(store, "other", 3, "Heavy rain closed two schools.", title="Rain")
    return tmp_path / "data"


def test_copies_are_shown_with_their_changes(run, data):
    text = run("items", "copies", "http://mirror.localhost/1", "--data", data).text
    assert text.index("http://paper.localhost/1") < text.index("http://mirror.localhost/1")
    for shown in (
        "County Paper, by 2 of 2",
        "Bridge reopens → River open",
        "— → Ash",
        "Share this story.",
        "contained",
    ):
        assert shown in text


def test_copies_as_json(run, data):
    found = json.loads(run("items", "copies", "http://paper.localhost/1", "--data", data, "--json").out)
    assert found["earliest"]["url"] == "http://paper.localhost/1"
    assert [one["url"] for one in found["copies"]] == ["http://mirror.localhost/1"]
    assert found["copies"][0]["added"] == ["Share this story."]
    assert found["credited"][0]["source"] == "County Paper"


def test_groups_are_listed(run, data):
    text = run("items", "copies", "--data", data).text
    assert "mirror, paper" in text
    assert "other" not in text
    assert run("items", "copies", "--data", data, "--site", "other").text.strip() == "no copies"
    assert json.loads(run("items", "copies", "--data", data, "--since", "2026-04-01", "--json").out) == []


def test_story_without_copies_says_so(run, data):
    assert "no copies of" in run("items", "copies", "http://other.localhost/1", "--data", data).text
    assert run("items", "copies", "http://unknown.localhost/1", "--data", data).code == 1
    assert run("items", "copies", "http://other.localhost/1", "--site", "other", "--data", data).code == 2
