"""`broadsheet site` at a wrong command line, before anything is asked of anybody, and its checks of the archive."""

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
    ("arguments", "says"),
    [
        (["https://www.example.org/"], "set BROADSHEET_CONTACT to your mail address or URL"),
        (["www.example.org"], "example_org: https://www.example.org/ is not on this machine"),
        (["ftp://www.example.org/"], "ftp://www.example.org/: not a portal's address"),
        (["https:///path"], "not a portal's address"),
        (["http://[::1"], "not a portal's address"),
        (["http://a.localhost/", "--name", "My Paper"], "--name My Paper: small letters, digits and _"),
        (["http://a.localhost/", "--name", "tibet_cn"], "the site tibet_cn is there already"),
    ],
)
def test_a_wrong_command_line(run, tmp_path, arguments, says):
    done = run("site", "add", *arguments, "--sites", tmp_path / "sites", "--data", tmp_path / "data")
    assert done.code == 2
    assert says in one_line(done)
    assert not (tmp_path / "data").exists()
    assert not list((tmp_path / "sites").glob("*"))


def test_a_site_file_that_is_there_is_not_written_over(run, tmp_path):
    file = tmp_path / "sites" / "a_localhost.toml"
    file.parent.mkdir()
    file.write_text('name = "a_localhost"\nhome = "http://a.localhost/"')
    done = run("site", "add", "http://a.localhost:1/", "--sites", file.parent, "--data", tmp_path / "data")
    assert done.code == 2
    assert f"is there already, in {file} — choose a --name, or write over it by --force" in one_line(done)


def test_without_a_checkout_a_folder_is_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.commands.site_add.BUNDLED_CASES", tmp_path / "absent")
    done = run("site", "add", "http://a.localhost:1/", "--data", tmp_path / "data")
    assert done.code == 2
    assert "name a folder for your site files with --sites DIR" in one_line(done)
    assert not (BUNDLED / "a_localhost.toml").exists()


def test_a_check_of_what_is_not_there(run, tmp_path):
    assert "there is no site 'nowhere'" in one_line(run("site", "check", "nowhere", "--data", tmp_path))
    done = run("site", "check", "tibet_cn", "--offline", "--data", tmp_path)
    assert (done.code, "nothing is stored yet" in one_line(done)) == (1, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("titel = 'x'", "unknown key 'titel'; did you mean 'title'?"),
        ("timezone = 'Mars/Olympus'", "timezone = 'Mars/Olympus' is invalid: expected an IANA time zone"),
        ("[articles]\npath = '('", "articles.path = '(' is invalid: expected a regular expression"),
        ("[crawl]\ncadence = '61 * * * *'", "crawl.cadence = '61 * * * *' is invalid"),
        ("[[sections]]\nurl = 'http://a.localhost/'\nlinks = 'ul..a'", "sections[1].links = 'ul..a' is invalid"),
    ],
)
def test_a_broken_site_file_stops_every_command_with_one_line(run, tmp_path, line, says):
    file = tmp_path / "sites" / "a.toml"
    file.parent.mkdir()
    file.write_text(f'name = "a"\nhome = "http://a.localhost/"\n{line}')
    for command in (["sites"], ["site", "check", "a"], ["crawl", "a"]):
        done = run(*command, "--sites", file.parent, "--data", tmp_path / "data")
        assert done.code == 2
        assert f"{file}: {says}" in one_line(done)


PAGE = """<html lang="en"><head><title>The river rose | Paper</title></head><body><h1>The river rose</h1>
<p class="date">March 3, 2025</p><div class="story"><p>{}</p></div></body></html>"""
STORY = "The river rose by two metres on Monday, and the road to the mill was closed until the evening. " * 4


@pytest.fixture
def kept(tmp_path):
    """A data folder with one stored article of the site `a`, and the folder of its site file."""

    def keep(page: str, **stored: Any) -> tuple[str, ...]:
        url, at = "http://a.localhost/news/river", datetime(2025, 3, 4, tzinfo=UTC)
        block = Block(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page.encode())
        with Collection(tmp_path / "data") as collection, collection.writer("a", {}) as writer:
            where = writer.write(Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=block))
        provenance = Provenance(where.record_id, where.file, where.offset, where.payload_digest, "2025-03-04T00:00:00Z")
        with Store.open(tmp_path / "data" / "broadsheet.sqlite3") as store:
            store.articles.save(Article(url=url, site="a", provenance=provenance, **stored))
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites" / "a.toml").write_text('name = "a"\nhome = "http://a.localhost/"')
        return ("a", "--offline", "--data", str(tmp_path / "data"), "--sites", str(tmp_path / "sites"))

    return keep


def test_an_offline_check_reads_the_stored_articles_again(run, kept):
    where = kept(PAGE.format(STORY), title="The river fell", date="2025-03-03", body=STORY.strip())
    done = run("site", "check", *where)
    assert done.code == 0
    assert "a reads well: title, date, body are there" in done.text
    assert "The river fell → The river rose" in " ".join(done.text.split())
    report = json.loads(run("site", "check", *where, "--json").text)
    assert report["changed"] == {"http://a.localhost/news/river": {"title": ["The river fell", "The river rose"]}}
    assert report["coverage"] == {"title": 1, "date": 1, "source": 0, "editor": 0, "body": 1}


def test_what_stands_on_a_later_page_of_an_article_is_not_missed(run, kept):
    page = PAGE.format(STORY).replace("</body>", '<a href="/news/river/2">Next</a></body>')
    joined = {"body": STORY + STORY, "editor": "Ann Lee", "flags": ("multi_page",)}
    where = kept(page, title="The river rose", date="2025-03-03", **joined)
    done = run("site", "check", *where)
    assert "reads otherwise" not in done.text
    assert "?: not on the first page of several" in done.text
    assert json.loads(run("site", "check", *where, "--json").text)["articles"][0]["flags"] == ["incomplete"]


def test_a_check_fails_when_most_articles_lack_a_needed_field(run, kept):
    where = kept("<html><body><h1>The river rose</h1></body></html>", title="The river rose")
    done = run("site", "check", *where)
    assert done.code == 1
    assert "most articles lack date, body" in done.text
    assert json.loads(run("site", "check", *where, "--json").text)["missing"] == ["date", "body"]
