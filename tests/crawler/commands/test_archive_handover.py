"""``broadsheet archive export``: bags that another implementation validates, and WACZ files by site and month."""

import json
import zipfile
from datetime import UTC, datetime

import bagit
import pytest

from archive import Block, Capture, Collection, Dedup
from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut

LONG = b"the same text in every month " * 60


def capture(url, month, day, body):
    response = Block(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    when = datetime(2024, month, day, tzinfo=UTC)
    return Capture(url=url, started_at=when, request=b"GET / HTTP/1.1\r\n\r\n", response=response)


@pytest.fixture
def archived(tmp_path):
    """A data folder with two crawled sites, one of them in two months, and an import of a host without a site file."""
    with Collection(tmp_path / "elsewhere") as collection, collection.writer("x", {}) as writer:
        name = writer.write(capture("http://www.village.test/", 5, 1, b"<p>Village")).file
    with Collection(tmp_path / "data") as collection:
        with collection.writer("paper", {}, dedup=Dedup.URL) as writer:
            for month in (1, 2):
                writer.write(capture("http://paper.test/front", month, 3, LONG))
                writer.write(capture(f"http://paper.test/{month}", month, 31 if month == 1 else 1, b"<p>Story"))
        with collection.writer("other", {}) as writer:
            writer.write(capture("http://other.test/", 2, 29, b"<p>Other"))
        (tmp_path / "elsewhere" / "warc" / name).rename(tmp_path / "village.warc.gz")
        assert list(collection.import_file(tmp_path / "village.warc.gz"))
    return tmp_path / "data"


def bag_of(path):
    bag = bagit.Bag(str(path))
    bag.validate()
    return bag


@pytest.mark.slow
def test_whole_archive_is_a_valid_bag(run, archived, tmp_path):
    outcome = run("archive", "export", tmp_path / "bag", "--contact", "A. Librarian", "--data", archived, "--json")
    report = json.loads(outcome.out)
    assert (outcome.code, report["files"], report["captures"]) == (0, 3, 6)
    bag = bag_of(tmp_path / "bag")
    assert bag.version_info == (1, 0)
    assert bag.info["Contact-Name"] == "A. Librarian"
    names = {path.name for path in (archived / "warc").glob("*.warc.gz")}
    payload = {f"data/warc/{name}" for name in names} | {"data/index.cdxj", "data/manifest/files.jsonl"}
    assert set(bag.payload_files()) == payload
    for name in names:
        assert (tmp_path / "bag/data/warc" / name).read_bytes() == (archived / "warc" / name).read_bytes()
    again = run("archive", "export", tmp_path / "bag", "--data", archived)
    assert again.code == 1
    assert "exists already" in again.err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("bag")] == ["bag"]


@pytest.mark.slow
def test_bag_of_a_site_and_a_time_has_the_originals_of_revisits(run, archived, tmp_path):
    outcome = run("archive", "export", tmp_path / "bag", "paper", "--from", "202402", "--data", archived, "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["captures"] == 3
    bag_of(tmp_path / "bag")
    (tmp_path / "again").mkdir()
    (tmp_path / "bag/data/warc").rename(tmp_path / "again/warc")
    with Collection(tmp_path / "again") as collection:
        collection.recover()
        read = collection.closest("http://paper.test/front", datetime(2024, 2, 3, tzinfo=UTC))
        assert read.body() == LONG


@pytest.mark.slow
def test_withheld_pages_are_left_out(run, archived, tmp_path):
    with Store.open(f"{archived}/broadsheet.sqlite3") as store:
        values = {"site": "other", "seen_at": datetime(2024, 3, 1, tzinfo=UTC), "record_id": None, "found": "[]"}
        store.opt_outs.save(StoredOptOut(url="http://other.test/", withheld=True, **values))
    run("archive", "export", tmp_path / "bag", "--data", archived)
    bag_of(tmp_path / "bag")
    assert "http://other.test/" not in (tmp_path / "bag/data/index.cdxj").read_text()


@pytest.mark.slow
def test_there_is_one_wacz_per_site_and_month(run, archived, tmp_path):
    outcome = run("archive", "export", tmp_path / "months", "--as", "wacz", "--data", archived, "--json")
    rows = {row["file"]: row["captures"] for row in json.loads(outcome.out)["files"]}
    assert outcome.code == 0
    # The original of the revisit in February is in both months.
    assert rows == {
        "other-2024-02.wacz": 1,
        "paper-2024-01.wacz": 2,
        "paper-2024-02.wacz": 3,
        "village_test-2024-05.wacz": 1,
    }
    assert {path.name for path in (tmp_path / "months").iterdir()} == rows.keys()
    with zipfile.ZipFile(tmp_path / "months" / "paper-2024-01.wacz") as package:
        assert b"http://paper.test/2" not in package.read("pages/pages.jsonl")
    some = run("archive", "export", tmp_path / "some", "other", "--as", "wacz", "--data", archived, "--json")
    assert [row["file"] for row in json.loads(some.out)["files"]] == ["other-2024-02.wacz"]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["bagit", "wacz"])
def test_damaged_file_is_named(run, archived, tmp_path, form):
    (damaged,) = (archived / "warc").glob("other-*")
    data = damaged.read_bytes()
    with Collection(archived) as collection:
        start = collection.index.captures_in(damaged.name)[0].offset + 100
    damaged.write_bytes(data[:start] + bytes(50) + data[start + 50 :])
    outcome = run("archive", "export", tmp_path / "out", "--as", form, "--data", archived)
    assert outcome.code == 1
    assert "not exported: " in outcome.err
    assert damaged.name in outcome.err
    if form == "bagit":
        bag_of(tmp_path / "out")


def test_unknown_site_is_refused(run, archived, tmp_path):
    outcome = run("archive", "export", tmp_path / "out", "nowhere", "--data", archived)
    assert outcome.code == 2
    assert "unknown site 'nowhere'" in outcome.err
