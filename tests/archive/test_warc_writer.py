"""The writer: byte-exact records, complete files after any failure, accepted by other tools."""

import errno
import gzip
import os
import resource
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from fastwarc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive import ArchiveError, Sync, Truncation, read_captures
from archive.errors import WriteError
from archive.repair import find_left_open
from archive.warc_reader import read_at

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: t\r\n\r\n"


def members(path: Path) -> list[bytes]:
    """Return the content of each gzip member of a file, inflated by the standard library."""
    import zlib

    data, out = path.read_bytes(), []
    while data:
        inflate = zlib.decompressobj(31)
        out.append(inflate.decompress(data))
        assert inflate.eof
        data = inflate.unused_data
    return out


def warcio_problems(path: Path) -> list[str]:
    problems = []
    with path.open("rb") as file:
        for record in WarcioIterator(file, check_digests=True):
            record.content_stream().read()
            problems += record.digest_checker.problems
    return problems


def test_records_are_byte_exact(tmp_path, make_capture, make_writer):
    with make_writer() as writer:
        location = writer.write(make_capture(truncated=Truncation.TIME))
    path = tmp_path / "warc" / location.file
    warcinfo, response, request = members(path)
    assert warcinfo == (
        b"WARC/1.1\r\n"
        b"WARC-Type: warcinfo\r\n"
        b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
        b"WARC-Date: 2026-03-01T12:00:00.250000Z\r\n"
        b"WARC-Filename: " + location.file.encode() + b"\r\n"
        b"WARC-Block-Digest: sha1:VXDMDE6IGX4OYZ4K7SOMJ6KT3UE6HALD\r\n"
        b"Content-Type: application/warc-fields\r\n"
        b"Content-Length: 142\r\n\r\n"
        b"format: WARC File Format 1.1\r\n"
        b"conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
        b"software: Test/1.0\r\n"
        b"\r\n\r\n"
    )
    assert response == (
        b"WARC/1.1\r\n"
        b"WARC-Type: response\r\n"
        b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n"
        b"WARC-Warcinfo-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
        b"WARC-Target-URI: http://news.test/a?q=1\r\n"
        b"WARC-Date: 2026-03-01T12:00:00.250000Z\r\n"
        b"WARC-IP-Address: 192.0.2.7\r\n"
        b"WARC-Truncated: time\r\n"
        b"WARC-Block-Digest: sha1:KH6S54PFBRGUD36FSYQSFHPXL62FPTHU\r\n"
        b"WARC-Payload-Digest: sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n"
        b"Content-Type: application/http;msgtype=response\r\n"
        b"Content-Length: 83\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n"
    )
    assert request == (
        b"WARC/1.1\r\n"
        b"WARC-Type: request\r\n"
        b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000002>\r\n"
        b"WARC-Warcinfo-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
        b"WARC-Target-URI: http://news.test/a?q=1\r\n"
        b"WARC-Date: 2026-03-01T12:00:00.250000Z\r\n"
        b"WARC-IP-Address: 192.0.2.7\r\n"
        b"WARC-Concurrent-To: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n"
        b"WARC-Block-Digest: sha1:IRC6SAOTXT2Z74ZH4YDPXQLAHBEUUKDT\r\n"
        b"Content-Type: application/http;msgtype=request\r\n"
        b"Content-Length: 40\r\n\r\n"
        b"GET /a?q=1 HTTP/1.1\r\nHost: news.test\r\n\r\n\r\n\r\n"
    )
    at = path.read_bytes()[location.offset : location.offset + location.length]
    assert gzip.decompress(at) == response


@pytest.mark.parametrize(
    "response",
    [
        CHUNKED,
        b"HTTP/1.1 200\r\nset-cookie: a=1\r\nSET-COOKIE: b=2\r\nX: caf\xe9 \xc4\xe3\xba\xc3\r\nno colon here\r\n\r\nx",
        b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello" * 1000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"not http at all",
        b"",
    ],
    ids=["chunked", "odd-headers", "304", "gzip", "cut", "cut-chunk", "no-head", "empty"],
)
def test_blocks_are_stored_unchanged_and_other_tools_agree(tmp_path, make_capture, make_writer, response):
    with make_writer() as writer:
        location = writer.write(make_capture(response))
    path = tmp_path / "warc" / location.file
    (capture,) = read_captures(path)
    assert bytes(capture.response) == response
    assert capture.location == location
    assert warcio_problems(path) == []
    with path.open("rb") as file:
        assert all(record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False))
    check = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert check.returncode == 0, check.stdout


def test_payload_digest_covers_the_entity_without_chunk_framing(tmp_path, make_capture, make_writer):
    with make_writer() as writer:
        framed = writer.write(make_capture(CHUNKED))
        plain = writer.write(make_capture())
    assert framed.payload_digest == plain.payload_digest == "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"
    captures = list(read_captures(tmp_path / "warc" / plain.file))
    assert [capture.location.payload_digest for capture in captures] == [plain.payload_digest] * 2


def test_memory_use_does_not_grow_with_the_body(tmp_path):
    """Write and read 100 MB under an address-space limit that the body alone would exceed."""
    code = textwrap.dedent(
        """
        import resource, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from archive import Block, Capture, WarcWriter, read_captures
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        block = Block()
        block.append(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        for number in range(1600):
            block.append(number.to_bytes(2, "big") * (1 << 15))
        capture = Capture(url="http://a.test/", started_at=datetime.now(UTC), request=b"", response=block)
        with WarcWriter(Path(sys.argv[1]), prefix="big", info={}) as writer:
            location = writer.write(capture)
        (again,) = read_captures(Path(sys.argv[1]) / location.file)
        assert again.response == block
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 30_000  # KiB


def test_files_rotate_by_size_and_age_with_unique_names(tmp_path, make_capture, make_writer):
    with make_writer(max_size=1) as writer:
        names = [writer.write(make_capture()).file for _ in range(3)]
    assert len(set(names)) == 3
    assert sorted(names) == names
    moment = [make_capture().started_at]
    with make_writer(clock=lambda: moment[0], max_age=timedelta(hours=1)) as writer:
        first = writer.write(make_capture()).file
        moment[0] += timedelta(minutes=59)
        assert writer.write(make_capture()).file == first
        moment[0] += timedelta(minutes=1)
        assert writer.write(make_capture()).file != first
    assert not list((tmp_path / "warc").glob("*.open"))


def test_file_is_open_and_locked_until_closed(tmp_path, make_capture, make_writer):
    writer = make_writer(sync=Sync.RECORD)
    location = writer.write(make_capture())
    open_path = tmp_path / "warc" / (location.file + ".open")
    assert open_path.exists()
    assert find_left_open(tmp_path / "warc") == []  # the writer is running
    assert bytes(read_at(open_path, location.offset, location.length).response)
    writer.close()
    assert not open_path.exists()
    with pytest.raises(ArchiveError, match="closed"):
        writer.write(make_capture())


def test_two_writers_never_share_a_file(make_capture, make_writer):
    with make_writer() as one, make_writer() as two:
        assert one.write(make_capture()).file != two.write(make_capture()).file


def test_partial_writes_are_completed(tmp_path, make_capture, make_writer, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwritev", lambda fd, pieces, offset: pwrite(fd, b"".join(pieces)[:11], offset))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:13], offset))
    with make_writer() as writer:
        kept = [writer.write(make_capture()) for _ in range(2)]
    monkeypatch.undo()
    captures = list(read_captures(tmp_path / "warc" / kept[0].file))
    assert [capture.location for capture in captures] == kept
    assert [bytes(capture.response) for capture in captures] == [bytes(make_capture().response)] * 2


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EIO])
def test_failed_write_leaves_only_complete_records(tmp_path, make_capture, make_writer, monkeypatch, trouble):
    writer = make_writer()
    kept = writer.write(make_capture())
    path = tmp_path / "warc" / (kept.file + ".open")
    size = path.stat().st_size
    pwrite = os.pwrite

    def failing(fd, data, offset):
        raise OSError(trouble, os.strerror(trouble))

    monkeypatch.setattr(os, "pwritev", lambda fd, pieces, offset: pwrite(fd, pieces[0][:7], offset))
    monkeypatch.setattr(os, "pwrite", failing)
    with pytest.raises(WriteError, match=os.strerror(trouble)) as caught:
        writer.write(make_capture())
    assert caught.value.offset == size
    assert path.stat().st_size == size
    monkeypatch.undo()
    again = writer.write(make_capture())
    writer.close()
    assert [capture.location for capture in read_captures(tmp_path / "warc" / kept.file)] == [kept, again]


def test_full_disk_raises_one_clear_error(tmp_path, make_capture, make_writer):
    """The kernel refuses: the process may not create files longer than 4 KiB."""
    writer = make_writer()
    kept = [writer.write(make_capture())]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        kept += [writer.write(make_capture()) for _ in range(2)]
        with pytest.raises(WriteError, match="cannot write: File too large"):
            writer.write(make_capture(b"HTTP/1.1 200 OK\r\n\r\n" + os.urandom(4096)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.close()
    assert [capture.location for capture in read_captures(tmp_path / "warc" / kept[0].file)] == kept


def test_unwritable_folder_raises_one_clear_error(tmp_path, make_capture, make_writer):
    (tmp_path / "warc").write_text("a file where the folder should be")
    with pytest.raises(WriteError, match=r"cannot write: .*; free space or choose another folder"):
        make_writer().write(make_capture())


@pytest.mark.parametrize("prefix", ["", "../x", "a/b", ".hidden", "x" * 200, "a b"])
def test_prefix_that_is_not_a_file_name_is_rejected(make_capture, make_writer, prefix):
    with pytest.raises(ArchiveError, match="cannot start a file name"):
        make_writer(prefix=prefix).write(make_capture())


@pytest.mark.parametrize("tail", ["\r\nWARC-Type: resource", "\n", "\0", "\ud800"])
def test_a_url_cannot_forge_fields(tmp_path, make_capture, make_writer, tail):
    writer = make_writer()
    kept = writer.write(make_capture())
    with pytest.raises(ArchiveError, match="control character"):
        writer.write(make_capture(url="http://a.test/" + tail))
    writer.close()
    assert [capture.location for capture in read_captures(tmp_path / "warc" / kept.file)] == [kept]


@pytest.mark.slow
def test_kill_9_loses_nothing_reported_as_stored():
    """A few of the rounds that kill_rounds.py runs by the hundred."""
    script = Path(__file__).with_name("kill_rounds.py")
    run = subprocess.run([sys.executable, script, "--rounds", "4"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "0 lost" in run.stdout
