"""Dates of records: every form is read by a stated rule or named as damage, and never stops anything else."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Collection, read_captures
from archive.dates import EARLIEST, LATEST, parse_date
from archive.errors import DamagedError

READ = {
    "2031": "2031-01-01T00:00:00",
    "2031-07": "2031-07-01T00:00:00",
    "2031-07-09": "2031-07-09T00:00:00",
    "2031-07-09T08:30Z": "2031-07-09T08:30:00",
    "2031-07-09T08:30:15Z": "2031-07-09T08:30:15",
    "2031-07-09T08:30:15.25+01:30": "2031-07-09T07:00:15.250000",
    "2031-07-09T08:30:15.123456789Z": "2031-07-09T08:30:15.123456",
    "2031-07-09T08:30:15": "2031-07-09T08:30:15",
    "2031-07-09T08:30:15-0500": "2031-07-09T13:30:15",
    "2031-07-09 08:30:15 UTC": "2031-07-09T08:30:15",
    "2031-7-9 8:30": "2031-07-09T08:30:00",
    "2012-06-30T23:59:60Z": "2012-06-30T23:59:59",
    "2031-12-31T24:00:00Z": "2032-01-01T00:00:00",
    "2009-02-43T05:00:00-0800": "2009-02-12T13:00:00",
    "2008-12-366T05:00:00Z": "2008-12-31T05:00:00",
    "20310709083015": "2031-07-09T08:30:15",
    "203107090830": "2031-07-09T08:30:00",
    "20310709": "2031-07-09T00:00:00",
    "20310709083015250": "2031-07-09T08:30:15.250000",
    "Wed, 09 Jul 2031 08:30:15 GMT": "2031-07-09T08:30:15",
    "Sunday, 03-Dec-95 08:30:15 GMT": "1995-12-03T08:30:15",
    "Wed Jul  9 08:30:15 2031": "2031-07-09T08:30:15",
    "0001-01-01T00:00:00+14:00": "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00",
    "9999-12-31T20:00:00-09:00": "9999-12-31T23:59:59.999999",
    "9999-12-31T24:00:00Z": "9999-12-31T23:59:59.999999",
}

NOT_READ = (
    "",
    "-",
    "yesterday",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2031-02-30",
    "2031-13-01",
    "2031-00-00",
    "2009-02-99T05:00:00Z",
    "2031-07-09T25:00:00Z",
    "2031-07-09T08:61:00Z",
    "2031-07-09T08:30:61Z",
    "2031-07-09T08:30:15+99:00",
    "1625819415",
    "²⁰³¹",
    "２０３１-07-09",
    "Wed, 09 Foo 2031 08:30:15 GMT",
)


@pytest.mark.parametrize(("written", "meant"), READ.items())
def test_date_is_read_by_its_rule(written, meant):
    assert parse_date(f" {written} ") == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", NOT_READ)
def test_impossible_date_is_not_read(written):
    assert parse_date(written) is None


near_dates = st.from_regex(
    re.compile(
        r"\A[0-9]{0,5}(-[0-9]{0,3}){0,2}[T ]?([0-9]{0,2}:?){0,3}([.,][0-9]{0,9})? ?(Z|GMT|[+-][0-9]{2}:?[0-9]{2})?\Z",
        re.ASCII,
    )
)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(st.one_of(near_dates, lines, st.text()))
def test_any_text_is_a_moment_in_utc_or_no_date(text):
    when = parse_date(text)

    assert when is None or (when.tzinfo is UTC and EARLIEST <= when <= LATEST)


@given(st.datetimes(), st.timezones())
def test_any_moment_with_any_offset_is_read(moment, zone):
    try:
        written = moment.replace(tzinfo=zone).isoformat()
    except OverflowError:
        return
    assert parse_date(written) is not None


def record(url: str, date: str) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>A page."
    head = f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{url[-1]}>\r\nWARC-Date: {date}\r\n"
    rest = f"WARC-Target-URI: {url}\r\nContent-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    return gzip.compress((head + rest).encode() + block + b"\r\n\r\n", mtime=0)


def write_between_good_records(path: Path, date: str) -> Path:
    good = "2031-07-09T08:30:15Z"
    path.write_bytes(
        record("http://d.test/a", good) + record("http://d.test/b", date) + record("http://d.test/c", good)
    )
    return path


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(near_dates, lines))
def test_record_of_any_date_is_found_or_named_and_its_neighbours_are_found(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("dates")
    source = write_between_good_records(folder / "odd.warc.gz", text)
    with Collection(folder / "data") as collection:
        (one,) = collection.import_file(source)
        findings = list(collection.verify())
        indexed = collection.index.captures_in(one.imported.file)
        for entry in indexed:
            collection.load(entry)

    urls = [entry.url[-1] for entry in indexed]
    assert urls == (["a", "b", "c"] if parse_date(text) else ["a", "c"])
    assert len(findings) == len(one.not_indexed) == 3 - len(urls)


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "none"])
def test_archive_with_an_odd_date_is_recovered_at_the_start_of_a_crawl(tmp_path, date):
    (tmp_path / "warc").mkdir()
    write_between_good_records(tmp_path / "warc" / "odd.warc.gz", date)
    with Collection(tmp_path) as collection:
        collection.recover()

        assert {"a", "c"} <= {collection.load(entry).url[-1] for entry in collection.index.search()}
        assert collection.closest("http://d.test/c", LATEST)


def test_reader_names_the_record_without_date_and_goes_on(tmp_path):
    damage: list[DamagedError] = []
    source = write_between_good_records(tmp_path / "odd.warc.gz", "none")

    assert [one.url[-1] for one in read_captures(source, on_damage=damage.append)] == ["a", "c"]
    assert [error.what for error in damage] == ["invalid WARC-Date 'none'"]
