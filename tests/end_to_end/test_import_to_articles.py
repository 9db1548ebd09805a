"""Articles of imported archives: without a crawl, and without site files."""

import gzip
import json

import pytest

from crawler.demo import DemoServer, Gaoyuan, write_site_files

pytestmark = pytest.mark.slow


def record(kind: str, number: int, url: str, block: bytes, linked: int | None = None) -> bytes:
    named = f"WARC-Concurrent-To: <urn:x:{linked}>\r\n" if linked is not None else ""
    head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{number}>\r\nWARC-Target-URI: {url}\r\n"
    head += f"WARC-Date: 2031-07-09T08:30:{number:02}Z\r\n{named}Content-Type: application/http\r\n"
    head += f"Content-Length: {len(block)}\r\n\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def answer(title: str) -> bytes:
    lines = "".join(f"<p>Sentence {line} under the title {title} tells what was decided.</p>" for line in range(5))
    html = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{lines}</article></body></html>"
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html.encode()


@pytest.fixture
def theirs(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    url = "http://www.example.org/story"
    get, post = (f"{method} /story HTTP/1.1\r\n\r\n".encode() for method in ("GET", "POST"))
    records = [
        record("response", 1, url, answer("The new bridge")),
        record("request", 2, url, get, 1),
        record("response", 3, url, answer("Thanks for your comment")),
        record("request", 4, url, post, 3),
        record("response", 5, "http://other.test/a", answer("The old bridge")),
    ]
    (folder / "crawl.warc.gz").write_bytes(b"".join(records))
    return folder


def titles(run, data) -> dict[str, str]:
    done = run("items", "export", "--data", data)
    assert done.returncode == 0, done.stderr
    return {item["title"]: item["site"] for item in map(json.loads, done.stdout.splitlines())}


def test_reextract_after_import_needs_no_crawl_and_no_site_file(run, theirs, tmp_path):
    data = tmp_path / "data"
    assert run("archive", "import", theirs, "--data", data).returncode == 0

    done = run("reextract", "--data", data)

    assert done.returncode == 0, done.stderr
    assert "2 items rebuilt: 2 first" in done.stdout
    assert "1 other captures (1 response to POST)" in done.stdout
    assert titles(run, data) == {"The new bridge": "example_org", "The old bridge": "other_test"}
    again = run("reextract", "example_org", "--json", "--data", data)
    assert json.loads(again.stdout)["pages"] == 1
    assert run("reextract", "--compare", "--data", data).returncode == 0
    assert "example_org" in run("sites", "--data", data).stdout


def test_import_with_extract_does_both(run, theirs, tmp_path):
    data = tmp_path / "data"
    done = run("archive", "import", theirs, "--extract", "--json", "--data", data)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [one["captures"] for one in result["imported"]] == [3]
    assert (result["rebuilt"]["items"], result["rebuilt"]["lost"]) == (2, [])
    assert len(titles(run, data)) == 2


def test_hosts_with_a_site_file_are_read_by_it(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        write_site_files(server, tmp_path / "sites")
        sites = ("--sites", tmp_path / "sites")
        assert run("crawl", "gaoyuan", "--limit", 4, *sites, "--data", tmp_path / "live").returncode == 0
    done = run("archive", "import", tmp_path / "live" / "warc", "--extract", *sites, "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "4 items rebuilt: 4 first" in done.stdout
    assert set(titles(run, tmp_path / "data").values()) == {"gaoyuan"}


def test_empty_data_folder_says_what_to_do(run, tmp_path):
    (tmp_path / "data").mkdir()
    done = run("reextract", "--data", tmp_path / "data")
    assert done.returncode == 1
    assert "crawl first" in done.stderr


def test_records_without_id_url_or_http_head_and_repeated_ids_are_read_or_named(run, tmp_path):
    def without(name: str, data: bytes) -> bytes:
        return gzip.compress(gzip.decompress(data).replace(name.encode(), b"X-Unknown", 1), mtime=0)

    url = "http://www.example.org/"
    records = [
        without("WARC-Record-ID", record("response", 1, f"{url}1", answer("The first story"))),
        without("WARC-Record-ID", record("response", 2, f"{url}2", answer("The second story"))),
        record("response", 3, f"{url}3", answer("The third story")),
        record("response", 4, f"{url}4", answer("The fourth story")),
        record("response", 5, f"{url}5", answer("The fifth story").partition(b"\r\n\r\n")[2]),
        without("WARC-Target-URI", record("response", 6, f"{url}6", answer("The sixth story"))),
    ]
    records[3] = gzip.compress(gzip.decompress(records[3]).replace(b"<urn:x:4>", b"<urn:x:3>"), mtime=0)
    (tmp_path / "odd.warc.gz").write_bytes(b"".join(records))
    data = tmp_path / "data"

    done = run("archive", "import", tmp_path / "odd.warc.gz", "--extract", "--data", data)

    assert done.returncode == 1
    assert set(titles(run, data)) == {"The first story", "The second story", "The third story"}
    lines = done.stderr.splitlines()
    assert any("no WARC-Target-URI" in line for line in lines)
    assert any(f"lost: {url}4" in line and "urn:x:3 is also that of another capture" in line for line in lines)
    assert any(f"lost: {url}5" in line and "no HTTP status line" in line for line in lines)
    assert run("reextract", "--compare", "--data", data).returncode == 1
    verified = run("archive", "verify", "--data", data)
    assert (verified.returncode, "no WARC-Target-URI" in verified.stdout) == (1, True)
