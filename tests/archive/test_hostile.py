"""Files built to hang or fill the machine: each gives an error or a finding, in bounded time and memory.

Every case runs in its own process with limited address space, so that a failure kills that process and not the tests.
"""

import gzip
import io
import resource
import struct
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

#: Address space per case, in bytes; an interpreter with the package loaded takes a third of it.
MEMORY = 400 << 20

#: CPU seconds per case.
CPU = 20

READ = """
    import sys
    from pathlib import Path
    from archive import ArchiveError, Collection, read_captures
    from archive.importing import import_file
    from archive.verify import verify_file

    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        for capture in read_captures(path):
            try:
                print("body", len(capture.body()))
            except ArchiveError as error:
                print("refused", error)
            print("head", len(capture.head.fields), capture.status)
    except ArchiveError as error:
        print("stopped", error)
    print("findings", *[finding.what for finding in verify_file(path)], sep="\\n  ")
    try:
        for one in import_file(path, folder):
            print("imported", one.records, *one.damage)
    except ArchiveError as error:
        print("not imported", error)
"""


def head(size: int, extra: bytes = b"") -> bytes:
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\n"
        b"WARC-Target-URI: http://a.test/\r\n" + extra + b"Content-Length: %d\r\n\r\n" % size
    )


def zeros(megabytes: int, around: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    """Return a gzip member that inflates to `megabytes` of line feeds between the two parts of `around`."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        packed.write(around[0])
        for _ in range(megabytes):
            packed.write(b"\n" * (1 << 20))
        packed.write(around[1])
    return out.getvalue()


def record(block: bytes) -> bytes:
    return gzip.compress(head(len(block)) + block + b"\r\n\r\n", 1)


def fake_members() -> bytes:
    """Return a stored deflate block full of false starts of members and records."""
    inner = b"".join(gzip.compress(head(1 << 40) + b"x" * n, 1) + head(1 << 30) for n in range(2000))
    return gzip.compress(inner, 0)[:-8]


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package, package.open("archive/a.warc", "w") as entry:
        for _ in range(90):
            entry.write(b"\n" * (1 << 20))
    return out.getvalue()


def endless_directory() -> bytes:
    """Return a ZIP file whose directory lists a million files."""
    name = b"archive/aaaaaaaa.warc.gz"
    line = b"PK\x01\x02" + bytes(24) + struct.pack("<H", len(name)) + bytes(16) + name
    directory = line * 300_000
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(directory), 4, 0)
    return b"PK\x03\x04" + directory + end


MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000
BODY_BOMB = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"

CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb-of-line-feeds": (lambda: zeros(400), "empty lines"),
    "bomb-behind-a-record": (lambda: zeros(400, (head(5) + b"hello\r\n\r\n", b"")), "empty lines"),
    "bomb-in-a-head": (lambda: zeros(400, (b"WARC/1.0\r\nX: y", b"")), "Content-Length"),
    "bomb-of-a-body": (lambda: record(BODY_BOMB + zeros(300)), "larger than"),
    "a-million-headers": (lambda: record(MANY_HEADERS + b"body"), "head 9999 200|head 0 None|head 10000 200"),
    "a-million-fields": (lambda: gzip.compress(b"WARC/1.0\r\n" + b"X: y\r\n" * 1_000_000, 1), "head does not end"),
    "an-endless-field": (lambda: gzip.compress(b"WARC/1.0\r\nX: " + b"y" * (64 << 20), 1), "head does not end"),
    "an-endless-line": (lambda: b"http://a.test/" + b" 20200102030405" * 500_000, "expected a record"),
    "an-endless-arc-line": (
        lambda: b"http://a.test/" + b" 1.2.3.4 20200102030405" * 2700 + b" x\n",
        "invalid length",
    ),
    "an-absurd-length": (lambda: gzip.compress(head(10**17) + b"x" * 1000), "more than the limit"),
    "a-million-digits": (
        lambda: gzip.compress(head(0).replace(b" 0\r", b" " + b"9" * 200_000 + b"\r")),
        "Content-Length",
    ),
    "many-chunks": (lambda: record(CHUNKS), "body 50000"),
    "many-empty-members": (lambda: gzip.compress(b"", 1) * 200_000, "empty lines"),
    "many-false-starts": (lambda: b"x" + head(1 << 30) * 40_000, "expected a record"),
    "many-false-members": (lambda: b"x" + (b"\x1f\x8b\x08" + bytes(7)) * 300_000, "expected a record"),
    "members-within-a-member": (fake_members, "cut short"),
    "a-zip-bomb": (zip_bomb, "expands far beyond"),
    "an-endless-directory": (endless_directory, "its directory is longer"),
}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU + 5))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "read.py"
    path.write_text(textwrap.dedent(READ))
    return path


@pytest.mark.parametrize("case", CASES)
def test_hostile_file_gives_an_error(tmp_path, script, case):
    make, expected = CASES[case]
    path = tmp_path / "hostile.warc.gz"
    path.write_bytes(make())
    done = subprocess.run(
        [sys.executable, str(script), str(path), str(tmp_path / "warc")],
        preexec_fn=_limit,
        capture_output=True,
        timeout=120,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert any(part in done.stdout for part in expected.split("|")), done.stdout[-2000:]
