"""``broadsheet site``: wrong use, reported before any request, and checks of stored articles."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archive import Block, Capture, Collection
from crawler.items import Article, Provenance
from crawler.sites import BUNDLED
from crawler.store import Store


def one_line(outcome) -> str:
    (line,) = outcome.err.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["https://www.example.org/"], "set BROADSHEET_CONTACT to your mail address or URL"),
        (["www.example.org"], "example_org: https://www.example.org/ is not on this machine"),
        (["ftp://www.example.org/"], "ftp://www.example.org/: not an http or https URL"),
        (["https:///path"], "not an http or https URL"),
        (["http://[::1"], "not an http or https URL"),
        (["http://a.localhost/", "--name", "My Paper"], "--name My Paper: use lower-case letters, digits and _"),
        (["http://a.localhost/", "--name", "tibet_cn"], "the site tibet_cn already exists"),
    ],
)
def test_wrong_command_line_is_reported(run, tmp_path, arguments, message):
    done = run("site", "add", *arguments, "--sites", tmp_path / "sites", "--data", tmp_path / "data")
    assert done.code == 2
    assert message in one_line(done)
    assert not (tmp_path / "data").exists()
    assert not list((tmp_path / "sites").glob("*"))


def test_existing_site_file_is_not_overwritten(run, tmp_path):
    file = tmp_path / "sites" / "a_localhost.toml"
    file.parent.mkdir()
    file.write_text('name = "a_localhost"\nhome = "http://a.localhost/"')
    done = run("site", "add", "http://a.localhost:1/", "--sites", file.parent, "--data", tmp_path / "data")
    assert done.code == 2
    assert f"already exists in {file} — choose another --name, or overwrite it with --force" in one_line(done)


def test_without_checkout_a_folder_is_required(run, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.commands.site_add.BUNDLED_CASES", tmp_path / "absent")
    done = run("site", "add", "http://a.localhost:1/", "--data", tmp_path / "data")
    assert done.code == 2
    assert "no folder for your site files — choose one with --sites DIR" in one_line(done)
    assert not (BUNDLED / "a_localhost.toml").exists()


def test_check_of_unknown_or_empty_site_is_reported(run, tmp_path):
    assert "unknown site 'nowhere'" in one_line(run("site", "check", "nowhere", "--data", tmp_path))
    done = run("site", "check", "tibet_cn", "--offline", "--data", tmp_path)
    assert (done.code, "no database" in one_line(done)) == (1, True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("titel = 'x'", "unknown key 'titel'; did you mean 'title'?"),
        ("timezone = 'Mars/Olympus'", "timezone = 'Mars/Olympus' is invalid: expected an IANA time zone"),
        ("[articles]\npath = '('", "articles.path = '(' is invalid: expected a regular expression"),
        ("[crawl]\ncadence = '61 * * * *'", "crawl.cadence = '61 * * * *' is invalid"),
        ("[[sections]]\nurl = 'http://a.localhost/'\nlinks = 'ul..a'", "sections[1].links = 'ul..a' is invalid"),
    ],
)
def test_broken_site_file_is_reported_by_every_command(run, tmp_path, line, message):
    file = tmp_path / "sites" / "a.toml"
    file.parent.mkdir()
    file.write_text(f'name = "a"\nhome = "http://a.localhost/"\n{line}')
    for command in (["sites"], ["site", "check", "a"], ["crawl", "a"]):
        done = run(*command, "--sites", file.parent, "--data", tmp_path / "data")
        assert done.code == 2
        assert f"{file}: {message}" in one_line(done)


PAGE = """<html lang="en"><head><title>The river rose | Paper</title></head><body><h1>The river rose</h1>
<p class="date">March 3, 2025</p><div class="story"><p>{}</p></div></body></html>"""
STORY = "The river rose by two metres on Monday, and the road to the mill was closed until the evening. " * 4


@pytest.fixture
def store_page(tmp_path):
    """Return a function that stores one article of the site `a` with its page, and returns command-line arguments."""

    def store(page: str, **stored: Any) -> tuple[str, ...]:
        url, at = "http://a.localhost/news/river", datetime(2025, 3, 4, tzinfo=UTC)
        block = Block(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page.encode())
        with Collection(tmp_path / "data") as collection, collection.writer("a", {}) as writer:
            location = writer.write(Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=block))
        provenance = Provenance(
            location.record_id, location.file, location.offset, location.payload_digest, "2025-03-04T00:00:00Z"
        )
        with Store.open(tmp_path / "data" / "broadsheet.sqlite3") as database:
            database.articles.save(Article(url=url, site="a", provenance=provenance, **stored))
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites" / "a.toml").write_text('name = "a"\nhome = "http://a.localhost/"')
        return ("a", "--offline", "--data", str(tmp_path / "data"), "--sites", str(tmp_path / "sites"))

    return store


def test_offline_check_reads_stored_articles_again(run, store_page):
    arguments = store_page(PAGE.format(STORY), title="The river fell", date="2025-03-03", body=STORY.strip())
    done = run("site", "check", *arguments)
    assert done.code == 0
    assert "a: no problems, most articles have title, date, body" in done.text
    assert "The river fell → The river rose" in " ".join(done.text.split())
    report = json.loads(run("site", "check", *arguments, "--json").text)
    assert report["changed"] == {"http://a.localhost/news/river": {"title": ["The river fell", "The river rose"]}}
    assert report["coverage"] == {"title": 1, "date": 1, "source": 0, "editor": 0, "body": 1}
    title = report["fields"]["title"]
    assert (title["before"], title["now"], title["length_before"], title["changed"]) == (1, 1, 14, 1)
    assert title["examples"] == [["http://a.localhost/news/river", "The river fell", "The river rose"]]
    assert report["fields"]["body"]["changed"] == 0


def test_offline_check_says_which_fields_an_edit_gains_and_loses(run, store_page):
    arguments = store_page(PAGE.format(STORY), title="The river rose", source="County Paper", body="The river")
    text = " ".join(run("site", "check", *arguments).text.split())
    assert "title 1/1 1/1 14 14 0" in text
    assert "source 1/1 0/1 12 0 1" in text
    assert "date 0/1 1/1 0 10 1" in text
    assert "source County Paper → None" in text


def test_fields_on_later_pages_are_not_reported_as_missing(run, store_page):
    page = PAGE.format(STORY).replace("</body>", '<a href="/news/river/2">Next</a></body>')
    joined = {"body": STORY + STORY, "editor": "Ann Lee", "flags": ("multi_page",)}
    arguments = store_page(page, title="The river rose", date="2025-03-03", **joined)
    done = run("site", "check", *arguments)
    assert "differs from" not in done.text
    assert "?: not on the first page of the article" in done.text
    assert json.loads(run("site", "check", *arguments, "--json").text)["articles"][0]["flags"] == ["incomplete"]


def test_check_fails_if_most_articles_lack_a_required_field(run, store_page):
    arguments = store_page("<html><body><h1>The river rose</h1></body></html>", title="The river rose")
    done = run("site", "check", *arguments)
    assert done.code == 1
    assert "most articles lack date, body" in done.text
    assert json.loads(run("site", "check", *arguments, "--json").text)["missing"] == ["date", "body"]
