"""``broadsheet archive import`` and ``verify`` with files of other crawlers."""

import gzip
import json

import pytest

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page</p>"
RECORD = (
    (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\n"
        b"WARC-Target-URI: http://a.test/\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
    )
    + PAGE
    + b"\r\n\r\n"
)


@pytest.fixture
def crawl(tmp_path):
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(gzip.compress(RECORD))
    return path


def test_imported_file_is_found_and_verified(run, tmp_path, crawl):
    (one,) = json.loads(run("archive", "import", crawl, "--data", tmp_path / "new", "--json").out)
    assert (one["source"], one["records"], one["captures"], one["new"]) == ("crawl.warc.gz", 1, 1, True)
    found = run("archive", "lookup", "http://a.test/", "--body", "--data", tmp_path / "new")
    assert found.text == "<p>page</p>"
    assert run("archive", "verify", "--data", tmp_path / "new").code == 0
    again = run("archive", "import", crawl, "--data", tmp_path / "new")
    assert again.code == 0
    assert "imported before" in again.text


def test_link_to_itself_is_one_line_and_exit_code_is_1(run, tmp_path):
    (tmp_path / "loop.warc").symlink_to("loop.warc")
    outcome = run("archive", "import", tmp_path / "loop.warc", "--data", tmp_path / "new")
    assert (outcome.code, "cannot open" in outcome.err) == (1, True)


def test_damage_is_reported_and_exit_code_is_1(run, tmp_path, crawl):
    crawl.write_bytes(gzip.compress(RECORD) + b"junk" + gzip.compress(RECORD.replace(b"x:1", b"x:2")))
    outcome = run("archive", "import", crawl, "--data", tmp_path / "new")
    assert outcome.code == 1
    offset = len(gzip.compress(RECORD))
    assert f"skipped damaged data: crawl.warc.gz at byte {offset}: expected a gzip member" in outcome.err
    assert "crawl.warc.gz" in outcome.text


def test_missing_file_does_not_stop_import_of_others(run, tmp_path, crawl):
    outcome = run("archive", "import", tmp_path / "none.warc", crawl, "--data", tmp_path / "new", "--json")
    assert outcome.code == 1
    assert "none.warc: cannot open: No such file or directory" in outcome.err
    assert [one["records"] for one in json.loads(outcome.out)] == [1]


def test_verify_finds_file_of_dead_writer(run, tmp_path, crawl):
    run("archive", "import", crawl, "--data", tmp_path / "new")
    left = tmp_path / "new" / "warc" / "paper-1.warc.gz.open"
    left.write_bytes(gzip.compress(RECORD.replace(b"x:1", b"x:2")))
    outcome = run("archive", "verify", "--data", tmp_path / "new", "--json")
    assert outcome.code == 1
    (finding,) = json.loads(outcome.out)
    assert (finding["file"], finding["what"]) == (left.name, "left open by a writer that died")
    assert "repair" in finding["mend"]
    run("archive", "repair", "--data", tmp_path / "new")
    assert run("archive", "verify", "--data", tmp_path / "new").code == 0


def page(number: int, host: str) -> bytes:
    text = "".join(f"<p>Sentence {line} of report {number} tells what the town decided.</p>" for line in range(5))
    html = f"<html><head><title>Report {number}</title></head><body><article><h1>Report {number}</h1>{text}</article>"
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html.encode()
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{host}{number}>\r\n"
        f"WARC-Date: 2031-07-09T08:30:{number:02}Z\r\nWARC-Target-URI: http://{host}/{number}.html\r\n"
        f"Content-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with an archive, another file, and a subfolder with an archive."""
    folder = tmp_path / "theirs"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.warc.gz").write_bytes(page(1, "www.one.test") + page(2, "news.one.test"))
    (folder / "notes.txt").write_text("not an archive")
    (folder / "sub" / "two.WARC").write_bytes(gzip.decompress(page(3, "two.test")))
    return folder


def sources(outcome) -> list[str]:
    return [one["source"] for one in json.loads(outcome.out)]


def test_folders_patterns_and_files_are_imported(run, folder, tmp_path):
    data = ("--data", tmp_path / "data", "--json")
    assert sources(run("archive", "import", folder, *data)) == ["one.warc.gz"]
    assert sources(run("archive", "import", folder, "-r", *data)) == ["one.warc.gz", "two.WARC"]
    assert sources(run("archive", "import", f"{folder}/**/*.WARC", *data)) == ["two.WARC"]
    assert sources(run("archive", "import", f"{folder}/*.gz", folder / "one.warc.gz", *data)) == ["one.warc.gz"]


def test_path_without_archives_is_named_and_the_others_are_imported(run, folder, tmp_path):
    (folder / "empty").mkdir()
    outcome = run(
        "archive", "import", folder / "empty", f"{folder}/*.arc", folder, "--data", tmp_path / "data", "--json"
    )
    assert (outcome.code, sources(outcome)) == (1, ["one.warc.gz"])
    assert f"{folder}/empty: no WARC, ARC or WACZ files; use -r for subfolders" in outcome.err
    assert f"{folder}/*.arc: no WARC, ARC or WACZ files" in outcome.err


def test_archive_is_not_imported_into_itself(run, folder, tmp_path):
    run("archive", "import", folder, "--data", tmp_path / "data")
    outcome = run("archive", "import", tmp_path / "data", "-r", "--data", tmp_path / "data", "--json")
    assert (outcome.code, sources(outcome)) == (1, [])
    assert "is in this archive already" in outcome.err
