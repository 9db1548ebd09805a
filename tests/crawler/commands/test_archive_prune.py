"""``broadsheet archive prune`` on a small archive: plan, removal, opt-outs, and what other commands say afterwards."""

import json
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
PAGES = [
    ("paper", "http://paper.localhost/a", 1),
    ("paper", "http://paper.localhost/b", 20),
    ("other", "http://o.test/", 1),
]


@pytest.fixture
def archived(tmp_path):
    with Collection(tmp_path / "data") as collection:
        for site in ("paper", "other"):
            with collection.writer(site, {}) as writer:
                for url, day in [(url, day) for name, url, day in PAGES if name == site]:
                    response = Block(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
                    when = datetime(2024, 1, day, tzinfo=UTC)
                    writer.write(Capture(url=url, started_at=when, request=REQUEST, response=response))
    return tmp_path / "data"


def urls(data):
    with Collection(data) as collection:
        return [entry.url for entry in collection.index.search()]


def test_plan_is_printed_unless_confirmed(run, archived):
    outcome = run("archive", "prune", "--keep", "2024-01-10", "--data", archived)
    assert outcome.code == 0
    assert "2 captures in 2 files would be removed; --yes removes them" in outcome.text
    assert len(urls(archived)) == 3


def test_captures_of_a_site_before_a_time_are_removed(run, archived):
    outcome = run("archive", "prune", "paper", "--keep", "2024-01-10", "--yes", "--json", "--data", archived)
    report = json.loads(outcome.out)
    assert (outcome.code, report["captures"]) == (0, 1)
    assert urls(archived) == ["http://paper.localhost/b", "http://o.test/"]
    lookup = run("archive", "lookup", "http://paper.localhost/a", "--data", archived)
    assert lookup.code == 1
    assert "It was removed from the archive on" in lookup.err
    assert "captures of paper from before 2024-01-10 are not kept" in lookup.err
    assert run("archive", "verify", "--trust", "--data", archived).code == 0
    assert run("archive", "prune", "--keep", "9999d", "--yes", "--data", archived).text.startswith("0 captures removed")


def test_captures_of_withheld_pages_are_removed(run, archived):
    with Store.open(f"{archived}/broadsheet.sqlite3") as store:
        for page, withheld in (("a", True), ("b", False)):
            url = f"http://paper.localhost/{page}"
            values = {"site": "paper", "seen_at": datetime(2024, 1, 2, tzinfo=UTC), "record_id": None, "found": "[]"}
            store.opt_outs.save(StoredOptOut(url=url, withheld=withheld, **values))
    outcome = run("archive", "prune", "--opt-outs", "--yes", "--data", archived)
    assert outcome.code == 0
    assert urls(archived) == ["http://paper.localhost/b", "http://o.test/"]
    assert "its portal asked that it not be kept" in run("archive", "lookup", PAGES[0][1], "--data", archived).err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((), "use --keep AGE or --opt-outs"), (("--keep", "soon"), "write 90d, 26w, 2y or 2024-01-01")],
)
def test_wrong_use_is_refused(run, archived, arguments, error):
    outcome = run("archive", "prune", *arguments, "--data", archived)
    assert outcome.code == 2
    assert error in outcome.err


def test_damaged_file_is_named_and_the_others_are_pruned(run, archived):
    (damaged,) = (archived / "warc").glob("paper-*")
    damaged.write_bytes(damaged.read_bytes() + b"junk")
    outcome = run("archive", "prune", "--keep", "2024-01-10", "--yes", "--data", archived)
    assert outcome.code == 1
    assert f"not pruned: {damaged}" in outcome.err
    assert urls(archived) == ["http://paper.localhost/a", "http://paper.localhost/b"]
