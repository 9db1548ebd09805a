"""Fast paths for conventional records: the result must equal that of the full parser."""

import contextlib
import gzip
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import DamagedError
from archive.gzip_writer import deflate_record
from archive.indexing import read_entries
from archive.reading import read_records
from archive.reading.gzip_members import GzipStream, MemberStream
from archive.record import Record

BLOCK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LINES = (
    "WARC-Type: response",
    "WARC-Record-ID: <urn:x:1>",
    "WARC-Date: 2026-03-01T12:00:00Z",
    "WARC-Target-URI: http://a.test/",
    "Content-Type: application/http",
    f"Content-Length: {len(BLOCK)}",
)
# Lines to insert: duplicate fields, other case, blanks; folded lines, line endings, and lines without a field.
ODD_LINES = (
    *(
        name + rest
        for name in ("Content-Length", "content-length")
        for rest in (": 7", ":7", " : 7", "\t: 7", "y: 7", "")
    ),
    *(first + "Content-Length: 7" for first in (" ", "\t", "\r", "\x0b", "\x1c")),
    *(
        name + rest
        for name in ("WARC-Type", "warc-type")
        for rest in (": request", " : request", "\t: request", ": Response", "d: x", "")
    ),
    *(first + "WARC-Type: request" for first in (" ", "\t", "\r", "\x0b", "\x1c")),
    *(f"{name}: {len(BLOCK)}{rest}" for name in ("Content-Length", "content-length") for rest in ("", "\rb", "\r\n 1")),
    *("", "\r", " ", ":", ": x", "X: a\rb", "X: a : b", "X: \xe9", "X: \xc3\xa9", "X\x0b: a"),
)
ODD_ENDS = (b"\n\n\n\n", b"\r\n", b"\r\n\r\n\r\n", b"X\r\n\r", b"")
PLACES = range(len(LINES) + 1)


def member(*changes: tuple[int, str], version: str = "WARC/1.1\r\n", end: bytes = b"\r\n\r\n") -> bytes:
    """Return a record with lines inserted at some positions, each with its own line ending if it has one."""
    lines = list(LINES)
    for place, line in changes:
        lines.insert(place, line)
    head = version + "".join(line if line.endswith("\n") else line + "\r\n" for line in lines) + "\r\n"
    return head.encode("latin-1") + BLOCK + end


ODD_MEMBERS = [
    *(member((place, line)) for place in PLACES for line in ODD_LINES),
    *(member((place, f"X: a{end}")) for place in PLACES for end in ("\n", "\r\r\n", "\n\n", "\n\r\r\n")),
    *(member(version=version) for version in ("WARC/1.0\r\n", "WARC/1.1\n", "WARC/1.1 \r\n", "WARC/2.0\r\n", "x\r\n")),
    *(member(end=end) for end in ODD_ENDS),
]


@st.composite
def mutated_members(draw) -> bytes:
    """Return a gzip member that holds a record, intact or slightly changed."""
    changes = draw(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD_LINES)), max_size=3))
    data = member(*changes, end=draw(st.just(b"\r\n\r\n") | st.sampled_from(ODD_ENDS)))
    for _ in range(draw(st.integers(0, 2))):
        at, removed = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + removed :]
    return draw(st.sampled_from([deflate_record, gzip.compress]))(data)


def outcome(of: Callable[[BinaryIO], Iterator[object]], data: bytes) -> tuple[list[object], str]:
    """Return all items read from `data`, and the error that ended it."""
    found: list[object] = []
    try:
        for one in of(io.BytesIO(data)):
            found.append(one)
    except DamagedError as error:
        return found, str(error)
    return found, ""


def records(file: BinaryIO) -> Iterator[object]:
    for one in read_records(file, name="a.warc.gz"):
        yield one.version, one.fields, bytes(one.block), one.offset, one.length, one.at_member_start


def assert_same_as_full_parser(data: bytes) -> None:
    fast = outcome(records, data), outcome(read_entries, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GzipStream, "whole_members", MemberStream.whole_members)
        full = outcome(records, data), outcome(read_entries, data)
    assert fast == full


def read_until_damage(data: bytes) -> Iterator[Record]:
    with contextlib.suppress(DamagedError):
        yield from read_records(io.BytesIO(data))


def assert_fields_are_found(data: bytes, *others: str) -> None:
    for record in read_until_damage(data):
        for name in {"", "WARC-Type", "Content-Length", "X", *(name for name, _ in record.fields), *others}:
            first = next((value for other, value in record.fields if other.lower() == name.lower()), None)
            assert [record.get(name), record.get(name.lower())] == [first, first], name


@pytest.mark.parametrize("written", ODD_MEMBERS)
def test_unusual_records_are_read_as_by_the_full_parser(written):
    data = deflate_record(written) + deflate_record(member())
    assert_same_as_full_parser(data)
    assert_fields_are_found(data, "WARC-Typed", "Content-Lengthy", "X: a")


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mutated_members(), min_size=1, max_size=3))
def test_mutated_records_are_read_as_by_the_full_parser(parts):
    assert_same_as_full_parser(b"".join(parts))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated_members(), st.lists(st.text(max_size=3)))
def test_get_returns_the_first_field_of_that_name(data, others):
    assert_fields_are_found(data, *others)
