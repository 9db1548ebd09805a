"""The index: look-ups, several writers at once, and export as sorted CDXJ."""

import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import ArchiveError, Index, IndexEntry, Location
from archive.cdxj import cdxj_line, parse_cdxj_line
from archive.errors import DamagedError, IndexAccessError
from archive.surt import surt

START = datetime(2026, 1, 1, tzinfo=UTC)


def entry(url: str, hours: float = 0, offset: int = 0, status: int | None = 200, file: str = "a.warc.gz") -> IndexEntry:
    return IndexEntry(
        urlkey=surt(url),
        date=START + timedelta(hours=hours),
        url=url,
        mime="text/html",
        status=status,
        digest="sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N",
        length=100,
        offset=offset,
        file=file,
        record_id=f"urn:uuid:{offset}",
    )


@pytest.fixture
def index(tmp_path):
    with Index(tmp_path / "index") as index:
        yield index


def test_closest_capture_is_nearest_in_time(index):
    entries = [entry("http://a.test/", hours, offset) for offset, hours in enumerate((0, 10, 20.25))]
    index.add_entries(entries)
    for hours, expected in ((-5, 0), (0, 0), (4, 0), (5, 0), (6, 1), (15, 1), (15.2, 2), (99, 2)):
        assert index.closest("https://www.a.test", START + timedelta(hours=hours)) == entries[expected], hours
    assert index.closest("http://a.test/other", START) is None


def test_closest_capture_of_one_status(index):
    found, moved, unchanged = (
        entry("http://a.test/", 0, 0),
        entry("http://a.test/", 1, 1, status=302),
        entry("http://a.test/", 2, 2, status=304),
    )
    index.add_entries([found, moved, unchanged])
    assert index.closest("http://a.test/", START + timedelta(hours=9)) == unchanged
    assert index.closest("http://a.test/", START + timedelta(hours=9), status=200) == found
    assert index.closest("http://a.test/", START, status=404) is None
    assert index.captures("http://a.test/") == [found, moved, unchanged]


def test_search_by_prefix_host_and_time(index):
    urls = [
        "http://a.test/",
        "http://a.test/news",
        "http://a.test/news/1",
        "http://a.test/news/2",
        "http://a.test/newsroom",
        "http://a.test:8080/x",
        "http://sub.a.test/1",
        "http://ab.test/1",
        "http://b.test/",
    ]
    entries = {url: entry(url, hours, hours) for hours, url in enumerate(urls)}
    index.add_entries(entries.values())

    def found(**query):
        return [one.url for one in index.search(**query)]

    assert sorted(found()) == sorted(urls)
    assert found() == [one.url for one in sorted(entries.values(), key=lambda one: one.urlkey)]
    assert found(prefix="http://a.test/news/") == urls[1:4]
    assert found(prefix="http://a.test/news") == urls[1:5]
    assert found(host="a.test") == [*urls[:5], urls[6], urls[5]]
    assert found(host="b.test", start=START + timedelta(hours=9)) == []
    assert found(start=START + timedelta(hours=2), end=START + timedelta(hours=4)) == urls[2:4]


def test_search_over_several_batches_yields_each_entry_once(index):
    entries = [entry(f"http://a.test/{number % 7}", number // 50, number) for number in range(2500)]
    index.add_entries(entries)
    found = list(index.search())
    assert len(found) == len(index) == 2500
    assert found == sorted(entries, key=lambda one: (one.urlkey, one.date, one.offset))


def test_adding_an_entry_twice_stores_it_once(index):
    index.add_entries([entry("http://a.test/")])
    index.add_entries([replace(entry("http://a.test/"), status=404)])
    assert [one.status for one in index.captures("http://a.test/")] == [404]


def test_replacing_a_file_removes_its_old_entries(index):
    index.add_entries(
        [entry("http://a.test/", 0, 0), entry("http://a.test/", 1, 1), entry("http://a.test/", 2, 0, file="b")]
    )
    assert index.complete_files() == set()
    index.replace_file("a.warc.gz", [entry("http://a.test/", 1, 1)])
    assert [(one.file, one.offset) for one in index.captures("http://a.test/")] == [("a.warc.gz", 1), ("b", 0)]
    assert index.complete_files() == {"a.warc.gz"}
    assert index.files() == ["a.warc.gz", "b"]


def test_a_failed_batch_adds_no_entry(index):
    with pytest.raises(IndexAccessError):
        index.add_entries([entry("http://a.test/"), replace(entry("http://a.test/", 1, 1), url=None)])
    assert len(index) == 0
    index.add_entries([entry("http://a.test/")])
    assert len(index) == 1


def test_added_entry_is_visible_here_at_once_and_in_other_processes_within_a_second(tmp_path, make_capture):
    capture = make_capture()
    with Index(tmp_path) as index, Index(tmp_path) as other:
        for offset in range(5):
            location = Location("a.warc.gz", offset, 1, f"urn:uuid:{offset}", capture.started_at, "sha1:X")
            index.add(capture, location)
        deadline = time.monotonic() + 20
        while len(other) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(other) == 5
        for offset in range(5, 10):
            index.add(capture, replace(location, offset=offset))
            assert len(index.captures(capture.url)) == offset + 1
        index.add(capture, replace(location, offset=10))
    with Index(tmp_path) as index:
        assert len(index) == 11


def test_payloads_are_found_by_digest(index):
    digest = "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"
    kept = [entry("http://a.test/", hours, hours) for hours in range(5)]
    other_url = entry("http://b.test/", 9, 9)
    revisit = replace(entry("http://a.test/", 7, 7), mime="warc/revisit")
    index.add_entries([*kept, other_url, revisit, replace(entry("http://a.test/", 6, 6), digest="sha1:OTHER")])
    assert index.with_payload(digest, "http://www.a.test") == [kept[4], kept[3], kept[2]]
    assert index.with_payload(digest, None) == [other_url, kept[4], kept[3]]
    assert index.with_payload("sha1:NONE", None) == index.with_payload(digest, "http://c.test/") == []


def test_only_the_latest_captures_are_searched_for_a_payload(index):
    changes = [replace(entry("http://a.test/", hours, hours), digest=f"sha1:{hours}") for hours in range(150)]
    index.add_entries(changes)
    assert index.with_payload("sha1:149", "http://a.test/") == [changes[149]]
    assert index.with_payload("sha1:50", "http://a.test/") == [changes[50]]
    assert index.with_payload("sha1:49", "http://a.test/") == []


def test_newest_returns_captures_with_a_payload(index):
    found = [entry("http://a.test/", hours, hours) for hours in range(4)]
    index.add_entries([*found, entry("http://a.test/", 8, 8, status=304), entry("http://a.test/", 9, 9, status=404)])
    assert index.newest("http://a.test/") == found[:0:-1]


ADD_MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Index, IndexEntry
with Index(Path(sys.argv[1])) as index:
    for number in range(200):
        index.add_entries([IndexEntry(
            urlkey="test,a)/", date=datetime.fromtimestamp(number, UTC), url="http://a.test/", mime=None, status=200,
            digest="", length=1, offset=number, file=sys.argv[2],
        )])
"""


def test_several_processes_write_at_the_same_time(tmp_path):
    run = [sys.executable, "-c", ADD_MANY, str(tmp_path)]
    with subprocess.Popen([*run, "a.warc.gz"]) as one, subprocess.Popen([*run, "b.warc.gz"]) as two:
        assert (one.wait(), two.wait()) == (0, 0)
    with Index(tmp_path) as index:
        assert len(index) == 400


def test_exported_lines_are_sorted_and_complete(index):
    index.add_entries(
        [
            entry("http://b.test/", 0, 9),
            entry("http://a.test/x", 0.0001, 2),
            entry("http://a.test/x", 0, 10),
            replace(entry("http://a.test/", 0, 3, status=None), mime=None),
        ]
    )
    out = io.StringIO()
    assert index.export_cdxj(out) == 4
    lines = out.getvalue().splitlines()
    assert lines == sorted(lines)
    assert lines[0] == (
        'test,a)/ 20260101000000 {"url": "http://a.test/", "digest": "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N", '
        '"length": "100", "offset": "3", "filename": "a.warc.gz"}'
    )
    parsed = [parse_cdxj_line(line) for line in lines]
    assert [cdxj_line(one) for one in parsed] == [line + "\n" for line in lines]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "key",
        "key 20260101000000",
        "key 20260101000000 {}",
        "key 20260101000000 [1]",
        "key 20260101000000 {bad",
        'key 2026 {"url": "u", "length": "1", "offset": "1", "filename": "f"}',
        'key 20261301000000 {"url": "u", "length": "1", "offset": "1", "filename": "f"}',
        'key 20260101000000 {"url": "u", "length": "x", "offset": "1", "filename": "f"}',
        "key 20260101000000 " + "[" * 100_000,
    ],
)
def test_invalid_line_raises_a_clear_error(line):
    with pytest.raises(DamagedError, match=r"x\.cdxj at byte 7: not a CDXJ line"):
        parse_cdxj_line(line, file="x.cdxj", offset=7)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80)
    | st.builds("key 20260101000000 {}".format, st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
)
def test_any_line_gives_an_entry_or_a_clear_error(line):
    try:
        assert isinstance(parse_cdxj_line(line), IndexEntry)
    except ArchiveError as error:
        assert error.what  # noqa: PT017


def test_file_that_is_not_an_index_raises_a_clear_error(tmp_path):
    (tmp_path / "captures.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(IndexAccessError, match="file is not a database"):
        Index(tmp_path)


def test_index_of_another_version_is_rejected(tmp_path):
    with Index(tmp_path) as index:
        index._db.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexAccessError, match="index has version 99"):
        Index(tmp_path)


def test_walk_is_in_order_from_either_end_and_from_a_time(index):
    entries = [entry("http://a.test/", hours, offset) for offset, hours in enumerate((0, 1, 1, 2, 3, 4, 5, 6, 7, 8))]
    index.add_entries([*entries, entry("http://a.test/other", 1, 99)])
    assert list(index.walk("http://a.test/")) == entries
    assert list(index.walk("http://a.test/", newest_first=True)) == entries[::-1]
    at = START + timedelta(hours=1)
    assert list(index.walk("http://a.test/", at)) == entries[1:]
    assert list(index.walk("http://a.test/", at, newest_first=True)) == entries[2::-1]
    assert list(index.by_distance("http://a.test/", START + timedelta(hours=4.4)))[:4] == [
        entries[place] for place in (5, 6, 4, 7)
    ]


def test_captures_are_counted_up_to_a_limit(index):
    index.add_entries([entry("http://a.test/", hours, hours) for hours in range(9)])
    assert index.count("http://a.test/", limit=5) == 5
    assert index.count("http://a.test/", limit=50) == 9
    assert index.count("http://a.test/", end=START + timedelta(hours=3), limit=50) == 3
    assert index.count("http://a.test/none", limit=50) == 0


def test_captures_with_a_payload_are_ordered_by_url_and_distance(index):
    entries = [entry("http://a.test/", hours, hours) for hours in range(9)]
    other = entry("http://b.test/", 4, 20)
    index.add_entries([*entries, other, replace(entry("http://a.test/", 4.1, 30), mime="warc/revisit")])
    found = index.nearest_with_payload(other.digest, "http://a.test/", START + timedelta(hours=4))
    assert found[:3] == [entries[4], entries[3], entries[5]]
    assert found[-1] == other or other not in found
