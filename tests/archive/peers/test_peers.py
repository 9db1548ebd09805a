"""Our files read by other tools: wacz, pywb, cdxj-indexer, warcio, FastWARC."""

import contextlib
import gzip
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from archive import Collection
from archive.cdxj import cdxj_line
from archive.indexing import read_entries
from archive.revisit import Dedup
from archive.wacz import Page, Selection, SigningKey, write_wacz

NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, UTC)
TEXT = "入冬以后，新桥村的零碳公园正式开放。" * 200
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gb18030\r\nX-Desk: 编辑\r\n".encode("gb18030")


def page(title: str) -> bytes:
    return f"<!doctype html><title>{title}</title><p>{TEXT}</p>".encode("gb18030")


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])


ANSWERS = {
    "/plain": HEAD + b"\r\n" + page("plain"),
    "/chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(page("chunked")),
    "/gzip": HEAD + b'ETag: "a"\r\nContent-Encoding: gzip\r\n\r\n' + gzip.compress(page("gzip")),
    "/both": HEAD
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(gzip.compress(page("both"))),
    "/moved": b"HTTP/1.1 301 Moved\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
def collection(tmp_path, make_capture):
    """Return every kind of response, and for the next day an identical payload and a 304."""
    with Collection(tmp_path / "data") as collection:
        with collection.writer("paper", {"software": "Test/1.0"}, dedup=Dedup.URL) as writer:
            for path, answer in ANSWERS.items():
                writer.write(make_capture(answer, url=f"http://news.test{path}"))
        with collection.writer("paper", {"software": "Test/1.0"}, dedup=Dedup.URL) as writer:
            later = NOON + timedelta(days=1)
            writer.write(make_capture(ANSWERS["/plain"], url="http://news.test/plain", started_at=later))
            not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
            writer.write(make_capture(not_modified, url="http://news.test/gzip", started_at=later))
        assert [one.mime for one in collection.index.captures("http://news.test/plain")] == [
            "text/html",
            "warc/revisit",
        ]
        yield collection


def files(collection) -> list:
    return sorted(collection.warc_folder.glob("*.warc.gz"))


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(start=NOON + timedelta(days=1))], ids=["everything", "one day"]
)
def test_wacz_validates_our_package(peer, collection, tmp_path, selection):
    path = tmp_path / "out.wacz"
    pages = [Page(f"http://news.test{name}", NOON, name, TEXT) for name in ANSWERS]
    write_wacz(path, collection, pages, selection=selection, software="Test/1.0", key=SigningKey.generate())
    outcome = peer("wacz", "validate", "-f", path)
    assert "Validation succeeded, the passed WACZ is valid" in outcome.stdout
    assert outcome.returncode == 0


def test_cdxj_indexer_writes_the_same_index(peer, collection):
    ours = io.StringIO()
    collection.index.export_cdxj(ours)
    outcome = peer("cdxj-indexer", "-s", *files(collection))
    assert outcome.stdout == ours.getvalue()
    assert outcome.stdout.count("\n") == len(ANSWERS) + 2


#: Samples that cdxj-indexer does not read to the end. The lengths in bad.arc are not numbers; it reads them as 0.
NOT_COMPARABLE = {
    "bad.arc",
    "example-url-agnostic-orig.warc",
    "example-url-agnostic-revisit.warc",
    "example-bad-non-chunked.warc.gz",
    "example-bad.warc.gz.bad",
    "example-wrong-chunks.warc.gz",
}


def test_cdxj_indexer_writes_the_same_index_of_other_crawlers_files(peer, shared, tmp_path):
    """Compressed or not, WARC and ARC; the lengths of uncompressed records agree too."""
    paths = [path for path in sorted((shared / "data" / "warcs").iterdir()) if path.name not in NOT_COMPARABLE]
    for packed in [path for path in paths if path.name.endswith(".warc.gz")]:
        plain = tmp_path / packed.stem
        plain.write_bytes(gzip.decompress(packed.read_bytes()))
        if plain.name not in NOT_COMPARABLE:
            paths.append(plain)
    ours = sorted(cdxj_line(entry) for path in paths for entry in read_entries(path, on_damage=lambda error: None))
    assert peer("cdxj-indexer", "-s", *paths).stdout.splitlines(keepends=True) == ours
    assert len(ours) > 400


@pytest.mark.parametrize("tool", [("warcio.cli", "check"), ("fastwarc.cli", "check")], ids=["warcio", "fastwarc"])
def test_other_tools_verify_our_digests_and_records(collection, tool):
    module, verb = tool
    code = f"import sys; from {module} import main; sys.exit(main())"
    for file in files(collection):
        command = [sys.executable, "-c", code, verb, str(file)]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.fixture
def pywb(peer, collection, tmp_path):
    """Return the address of a pywb that serves the collection's files as a WACZ."""
    package, home = tmp_path / "all.wacz", tmp_path / "pywb"
    write_wacz(package, collection, software="Test/1.0")
    home.mkdir()
    peer("wb-manager", "init", "demo", cwd=home)
    added = peer("wb-manager", "add", "demo", "--unpack-wacz", package, cwd=home)
    assert added.returncode == 0, added.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tool = shutil.which("wayback", path=f"{os.environ.get('BROADSHEET_PEERS', '')}:{os.environ['PATH']}")
    assert tool, "wb-manager comes with wayback"
    with (tmp_path / "pywb.log").open("wb") as log:
        server = subprocess.Popen([tool, "-b", "127.0.0.1", "-p", str(port)], cwd=home, stdout=log, stderr=log)
    try:
        for _ in range(150):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/demo"
    finally:
        server.terminate()
        server.wait(10)


def test_pywb_serves_every_kind_of_response_on_both_days(pywb):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/plain", "/chunked", "/gzip", "/both"):
        with opener.open(f"{pywb}/20260301120000mp_/http://news.test{path}", timeout=20) as answer:
            assert TEXT in answer.read().decode("gb18030")
    with opener.open(f"{pywb}/20260302120000mp_/http://news.test/plain", timeout=20) as answer:  # a revisit
        assert TEXT in answer.read().decode("gb18030")
        assert answer.headers["Memento-Datetime"] == "Mon, 02 Mar 2026 12:00:00 GMT"
    # pywb sends the browser the stored 304, although the revisit names its original.
    with pytest.raises(urllib.error.HTTPError, match="304"):
        opener.open(f"{pywb}/20260302120000mp_/http://news.test/gzip", timeout=20)
