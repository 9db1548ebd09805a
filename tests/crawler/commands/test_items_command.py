"""``broadsheet items`` and ``broadsheet sites`` on a small database."""

import csv
import io
import json
import sys
import tomllib
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.items import Article, Provenance
from crawler.store import Store, article_from_json

URL = "http://paper.localhost/1"


def test_show_json_prints_the_item(run, stored):
    outcome = run("items", "show", URL, "--data", stored, "--json")
    item = article_from_json(outcome.out)
    assert (outcome.code, item.url, item.title) == (0, URL, "Changed [bold]\x1b[31m")
    assert item.provenance.record_id == "r2"


@pytest.mark.parametrize(("at", "title"), [("2026-03-01T09:00:00Z", "标题 1"), ("20260305", "Changed [bold]\x1b[31m")])
def test_show_at_prints_version_of_that_time(run, stored, at, title):
    outcome = run("items", "show", URL, "--data", stored, "--json", "--at", at)
    assert json.loads(outcome.out)["title"] == title


def test_show_prints_no_control_characters(run, stored):
    text = run("items", "show", URL, "--data", stored).text
    assert "Changed [bold] [31m" in text
    assert "\x1b[31m" not in text
    assert "paper.warc.gz at offset 512" in text
    assert "B. Fern, C. Ash" in text
    assert "—" in text  # the article has no editor


def test_show_why_prints_rule_place_and_runner_up(run, stored):
    text = run("items", "show", "http://paper.localhost/2", "--data", stored, "--why").text
    assert "by head.title at h1: '标题'" in text
    assert "runner-up meta.og: other" in text


@pytest.fixture
def traced(tmp_path):
    """A data folder with one article and its record."""
    paragraphs = "".join(
        f"<p>The council repaired bridge number {n}, ending a debate of nine years.</p>" for n in range(5)
    )
    html = f"<nav><a href=/>Home</a></nav><h1>Bridges</h1><div class=entry>{paragraphs}</div>".encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(html)
    moment = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with Collection(tmp_path) as collection, collection.writer("paper", {"software": "test"}) as writer:
        writer.write(
            Capture(url=URL, started_at=moment, request=b"GET /1 HTTP/1.1\r\n\r\n", response=Block(head + html))
        )
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        record = Provenance("r1", "paper.warc.gz", 0, "", moment.isoformat())
        store.articles.save(Article(url=URL, site="paper", title="Bridges", body="...", provenance=record))
    return tmp_path


def test_show_trace_gives_a_reason_for_each_line(run, traced):
    text = run("items", "show", URL, "--data", traced, "--trace").text
    assert "right with a probability of" in text
    assert "The council repaired bridge number 3" in text
    assert "outside the story by the tag or name of nav" in text
    found = json.loads(run("items", "show", URL, "--data", traced, "--trace", "--json").out)
    assert [line["is_in"] for line in found["lines"]] == [False, False, *[True] * 5]
    assert found["evidence"]["body"]["rule"] == "body.density"


def test_show_trace_names_a_missing_record(run, stored):
    outcome = run("items", "show", URL, "--data", stored, "--trace")
    assert (outcome.code, "no capture of" in outcome.err) == (1, True)


def test_repeated_paragraphs_are_printed_for_site_file(run, tmp_path):
    notice = 'The "Paper" is owned by its readers.'
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        for number in range(30):
            body = f"Bridge {number} opened on Monday.\nIt cost {number} million.\n{notice}"
            record = Provenance(f"r{number}", "paper.warc.gz", 0, "", "2026-03-01T08:00:00Z")
            store.articles.save(
                Article(url=f"http://paper.localhost/{number}", site="paper", body=body, provenance=record)
            )
    found = tomllib.loads(run("items", "repeated", "paper", "--data", tmp_path).text)
    assert found == {"articles": {"boilerplate": [notice]}}
    assert "no articles of site 'none'" in run("items", "repeated", "none", "--data", tmp_path).err


def test_history_lists_events(run, stored):
    events = json.loads(run("items", "history", URL, "--data", stored, "--json").out)
    assert [event["event"] for event in events] == ["first", "edited", "removed", "restored"]
    assert [event["record"] for event in events] == ["r1", "r2", "r3", "r4"]
    assert events[1]["changes"] == {"title": {"before": "标题 1", "after": "Changed [bold]\x1b[31m"}}
    assert events[1]["at"] == "2026-03-02T08:00:00+00:00"
    text = run("items", "history", URL, "--data", stored).text
    assert "edited" in text
    assert "2026-03-02 08:00:00" in text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["show", "http://paper.localhost/9"], "no article http://paper.localhost/9"),
        (["history", "paper.localhost/1"], "check that the URL is complete"),
        (["show", URL, "--at", "2020-01-01"], "was first seen after 2020-01-01"),
        (["export", "--site", "none"], "no articles of site 'none' (stored: other, paper)"),
        (["export", "--out", "no/folder/x.jsonl"], "cannot be written (No such file or directory)"),
    ],
)
def test_missing_articles_and_files_are_exit_code_1_and_one_line(run, stored, args, message):
    outcome = run("items", *args, "--data", stored)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert message in outcome.err


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "20261301", "123"])
def test_invalid_time_is_exit_code_2(run, stored, at):
    outcome = run("items", "show", URL, "--data", stored, "--at", at)
    assert outcome.code == 2
    assert f"--at {at}: not a time" in outcome.err


def test_export_writes_json_lines(run, stored):
    lines = run("items", "export", "--data", stored).text.splitlines()
    assert [article_from_json(line).url for line in lines] == [f"http://paper.localhost/{n}" for n in (1, 2, 3)]
    assert "标题 2" in lines[1]


def test_export_writes_csv_file(run, stored, tmp_path):
    outcome = run("items", "export", "--data", stored, "--format", "csv", "--site", "other", "--out", "o.csv")
    assert outcome.text == "1 items written to o.csv\n"
    (row,) = csv.DictReader(io.StringIO((tmp_path / "o.csv").read_bytes().decode("utf-8"), newline=""))
    assert (row["body"], row["authors"], row["editor"], row["record_id"]) == (
        'said "so", he\nsaid',
        "B. Fern; C. Ash",
        "",
        "r6",
    )
    assert list(row)[:8] == ["url", "canonical_url", "site", "title", "date", "source", "editor", "body"]
    assert not (tmp_path / "o.csv.part").exists()


def test_data_folder_is_given_by_environment_or_option(run, stored, monkeypatch):
    monkeypatch.setenv("BROADSHEET_DATA", str(stored))
    assert run("items", "show", URL).code == 0
    assert run("items", "show", URL, "--data", "elsewhere").code == 1
    assert run("items", "show", URL, "--data", "elsewhere", "--database", stored / "broadsheet.sqlite3").code == 0


def test_sites_lists_own_sites_with_stored_articles(run, stored, tmp_path):
    (tmp_path / "paper.toml").write_text('name = "paper"\ntitle = "County Paper"\nhome = "http://paper.localhost/"\n')
    listed = json.loads(run("sites", "--sites", tmp_path, "--data", stored, "--json").out)
    (paper,) = [site for site in listed if site["name"] == "paper"]
    assert paper["articles"] == 2
    assert paper["fields"] == {"title": 1.0, "date": 1.0, "source": 1.0, "editor": 0.5, "body": 1.0}
    text = run("sites", "--sites", tmp_path, "--data", stored).text
    assert "County Paper" in text
    assert "50 %" in text


def test_pipe_gets_one_line_per_row(run, stored):
    lines = run("items", "history", URL, "--data", stored).text.splitlines()
    assert len(lines) == 6
    assert max(map(len, lines)) < 200


def test_sites_needs_no_data_folder(run, tmp_path):
    assert run("sites").code == 0
    assert not (tmp_path / "data").exists()


def test_history_diff_shows_changed_words(run, stored):
    url = "http://paper.localhost/1"
    shown = run("items", "history", url, "--diff", 1, 2, "--data", stored)
    assert shown.code == 0
    assert "[-标题 1-]{+Changed [bold]" in shown.text
    assert "\x1b" not in shown.text
    result = json.loads(run("items", "history", url, "--diff", 1, 2, "--data", stored, "--json").out)
    assert list(result) == ["title"]
    assert result["title"]["before"] == "标题 1"
    assert "no differences" in run("items", "history", url, "--diff", 2, 4, "--data", stored).text


@pytest.mark.parametrize("number", [0, 3, 9])
def test_history_diff_names_the_events_with_versions(run, stored, number):
    done = run("items", "history", "http://paper.localhost/1", "--diff", 1, number, "--data", stored)
    assert done.code == 2
    assert "1, 2, 4" in done.err


def test_search_finds_two_chinese_characters(run, stored):
    [found] = json.loads(run("items", "search", "标题", "--site", "paper", "--data", stored, "--json").out)
    assert found["url"] == "http://paper.localhost/2"
    assert "标题 3" in run("items", "search", "标题", "--data", stored).text
    assert "no matches for 不在" in run("items", "search", "不在", "--data", stored).text
    assert run("items", "search", "标题", "--site", "nowhere", "--data", stored).code == 1


def test_parquet_has_the_same_items_as_jsonl(run, stored, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "items.parquet"
    assert run("items", "export", "--format", "parquet", "--out", file, "--data", stored).code == 0
    rows = parquet.read_table(file).to_pylist()
    result = [json.loads(line) for line in run("items", "export", "--data", stored).text.splitlines()]
    assert [row["url"] for row in rows] == [item["url"] for item in result]
    assert rows[0]["authors"] == result[0]["authors"]
    assert json.loads(rows[0]["evidence"]) == result[0]["evidence"]
    assert rows[0]["offset"] == result[0]["provenance"]["offset"]
    assert run("items", "export", "--format", "parquet", "--data", stored).out[:4] == b"PAR1"


def test_parquet_without_pyarrow_names_the_package_to_install(run, stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run("items", "export", "--format", "parquet", "--data", stored)
    assert done.code == 1
    assert "broadsheet[parquet]" in done.err


TRACED_PAGE = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html lang=en><h1>Bridge reopens</h1>"
    "<p>By Jane Doe | May 22, 2025 09:22</p><p>Source: Harbour News</p>"
    + "<p>The old bridge opened again on Wednesday, "
    "and more than two thousand people walked across it on the first day, the council said.</p>" * 3
).encode()


def test_trace_reads_the_capture_again(run, stored):
    with Collection(stored) as collection, collection.writer("paper", {"software": "test"}) as writer:
        writer.write(
            Capture(
                url=URL,
                started_at=datetime(2026, 3, 4, 8, tzinfo=UTC),
                request=b"GET /1 HTTP/1.1\r\nHost: paper.localhost\r\n\r\n",
                response=Block(TRACED_PAGE),
            )
        )
    traced = json.loads(run("items", "show", URL, "--data", stored, "--trace", "--json").text)["fields"]
    assert [traced[name][0]["value"] for name in ("title", "date", "source", "authors")] == [
        "Bridge reopens",
        "2025-05-22T09:22",
        "Harbour News",
        "Jane Doe",
    ]
    assert traced["editor"] == []
    text = run("items", "show", URL, "--data", stored, "--trace").text
    assert "chosen" in text
    assert "no candidates" in text
