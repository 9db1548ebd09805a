"""Crawls that upload their files to a bucket when they end."""

from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection
from crawler.demo import DemoServer, sample_portals, write_site_files

URL = "http://paper.localhost/left"


@pytest.fixture
def data(tmp_path):
    """A data folder with a closed file of an earlier crawl."""
    folder = tmp_path / "data"
    with Collection(folder) as collection, collection.writer("earlier", {}) as writer:
        answer = Block(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nleft behind")
        writer.write(Capture(url=URL, started_at=datetime.now(UTC), request=b"", response=answer))
    return folder


@pytest.fixture
def crawl(run, tmp_path, data):
    with DemoServer(sample_portals()) as server:
        write_site_files(server, tmp_path / "sites")
        yield lambda **environ: run(
            "crawl", "county", "--limit", 2, "--sites", tmp_path / "sites", "--data", data, **environ
        )


def test_files_of_this_and_earlier_crawls_are_uploaded(run, crawl, data, s3):
    done = crawl(BROADSHEET_STORAGE=s3, BROADSHEET_DROP_LOCAL="1")
    assert done.returncode == 0, done.stderr
    assert list((data / "warc").iterdir()) == []
    assert len((data / "index" / "offloaded.jsonl").read_text().splitlines()) == 2
    assert run("archive", "lookup", URL, "--body", "--data", data, BROADSHEET_STORAGE=s3).stdout == "left behind"
    assert run("archive", "verify", "--data", data, BROADSHEET_STORAGE=s3).stdout == "2 files checked, no errors\n"


def test_files_stay_if_the_bucket_refuses_them(crawl, data, s3):
    done = crawl(BROADSHEET_STORAGE="s3://no-such-bucket-at-all", BROADSHEET_DROP_LOCAL="1")
    assert done.returncode == 1
    assert "the files stay here" in done.stderr
    assert len(list((data / "warc").glob("*.warc.gz"))) == 2
