"""The compressed index: members of a fixed number of lines, each found and verified by its index line."""

import gzip
import hashlib
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.zipnum import ZipNumWriter


def members(data: bytes, places: str) -> list[tuple[str, list[str]]]:
    """Return each member's key and lines, read as readers of the format do."""
    head, *rows = places.splitlines()
    assert json.loads(head.removeprefix("!meta 0 ")) == {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    found = []
    for row in rows:
        key, _, text = row.partition(" {")
        place = json.loads("{" + text)
        member = data[place["offset"] : place["offset"] + place["length"]]
        assert place["digest"] == f"sha256:{hashlib.sha256(member).hexdigest()}"
        found.append((key, gzip.decompress(member).decode().splitlines(keepends=True)))
    return found


@given(number=st.integers(0, 50), size=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_every_line_is_in_the_member_its_index_line_points_to(number, size):
    lines = [f'test,news)/{n:04d}/图 20260301120000 {{"url": "http://news.test/{n}"}}\n' for n in range(number)]
    data, places = io.BytesIO(), io.StringIO()
    with ZipNumWriter(data, places, data_name="index.cdx.gz", lines=size) as writer:
        writer.writelines(lines)
    found = members(data.getvalue(), places.getvalue())
    assert [line for _, member in found for line in member] == lines
    assert [key for key, _ in found] == [line.partition(" {")[0] for line in lines[::size]]
    assert gzip.decompress(data.getvalue() or gzip.compress(b"")).decode() == "".join(lines)


def test_empty_index_has_only_a_header():
    data, places = io.BytesIO(), io.StringIO()
    ZipNumWriter(data, places, data_name="index.cdx.gz").close()
    assert (data.getvalue(), len(places.getvalue().splitlines())) == (b"", 1)
    assert not places.closed
