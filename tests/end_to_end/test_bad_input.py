"""A user's mistake ends with one clear line and exit code 1 or 2, never with a traceback."""

import socket
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.store import Store


def one_line(done) -> str:
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_unknown_site(run, tmp_path):
    done = run("crawl", "nowhere", "--data", tmp_path)
    assert done.returncode == 2
    assert "unknown site 'nowhere'" in one_line(done)


def test_site_file_that_is_not_toml(run, tmp_path):
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "bad.toml").write_text("name = ")
    done = run("crawl", "bad", "--sites", tmp_path / "sites", "--data", tmp_path)
    assert done.returncode == 2
    assert "bad.toml: not valid TOML" in one_line(done)


def test_data_folder_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run("demo", "--data", tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "cannot be written" in one_line(done)


def test_port_in_use(run, tmp_path):
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        done = run("demo", "--data", tmp_path, "--port", port)
    assert done.returncode == 1
    assert str(port) in one_line(done)


def test_missing_folder_of_pages(run, tmp_path):
    done = run("demo", "--data", tmp_path / "data", "--pages", tmp_path / "absent")
    assert done.returncode in (1, 2)
    assert "absent" in one_line(done)


def test_crawl_of_remote_portal_without_contact(run, tmp_path):
    done = run("crawl", "tibet_cn", "--data", tmp_path)
    assert done.returncode == 2
    assert "BROADSHEET_CONTACT" in one_line(done)
    assert not list(tmp_path.rglob("*.warc.gz"))


@pytest.mark.parametrize(("option", "value"), [("--limit", "-1"), ("--since", "yesterday")])
def test_invalid_option_values(run, tmp_path, option, value):
    done = run("crawl", "tibet_cn", "--data", tmp_path, option, value, BROADSHEET_CONTACT="mailto:a@example.org")
    assert done.returncode == 2
    assert option in one_line(done)


def test_damaged_warc_is_reported_with_its_offset(run, tmp_path):
    with Collection(tmp_path) as collection:
        with collection.writer("damaged", {}) as writer:
            for number in range(3):
                location = writer.write(capture(f"http://a.localhost/{number}"))
        file = collection.file(location.file)
    whole = bytearray(file.read_bytes())
    whole[location.offset + location.length // 2] ^= 0xFF
    file.write_bytes(whole)
    done = run("archive", "verify", "--json", "--data", tmp_path)
    assert done.returncode == 1
    assert location.file in done.stdout
    assert str(location.offset) in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    lookup = run("archive", "lookup", "http://a.localhost/2", "--body", "--data", tmp_path)
    assert lookup.returncode == 1
    assert location.file in one_line(lookup)


def capture(url: str) -> Capture:
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"<p>" + url.encode() * 40
    return Capture(url=url, started_at=datetime.now(UTC), request=b"GET / HTTP/1.1\r\n\r\n", response=Block(response))


def test_unreachable_portal(run, tmp_path):
    with socket.socket() as closed:  # a port without a listener
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "down.toml").write_text(f'name = "down"\nhome = "http://www.down.localhost:{port}/"')
    place = ("--sites", tmp_path / "sites", "--data", tmp_path)
    done = run("crawl", "down", *place)
    assert done.returncode == 1
    assert "down: failed: 1 list could not be read: robots.txt could not be read" in one_line(done)
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        (failed,) = store.runs.list("down")
    assert failed.outcome == "failed"
    assert "robots.txt could not be read" in failed.error
    assert [one["state"] for one in failed.report["lists"]] == ["unreadable"]
