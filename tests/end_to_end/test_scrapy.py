"""The Scrapy commands, and crawls that are interrupted or killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, write_site_files
from crawler.store import Store


@pytest.fixture(scope="module")
def project(pytestconfig):
    return pytestconfig.rootpath


@pytest.fixture(scope="module")
def clean():
    return {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}


def test_scrapy_lists_and_crawls_sites(scrapy, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        write_site_files(server, tmp_path / "sites")
        listed = scrapy("list", BROADSHEET_SITES=str(tmp_path / "sites"))
        assert {"gaoyuan", "tibet_cn"} <= set(listed.stdout.split())
        place = {"BROADSHEET_SITES": str(tmp_path / "sites"), "BROADSHEET_DATA": str(tmp_path)}
        done = scrapy("crawl", "gaoyuan", "-a", "limit=3", **place)
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        assert store.articles.counts("gaoyuan").articles == 3
        assert [run.outcome for run in store.runs.list("gaoyuan")] == ["done"]


def test_scrapy_parse_prints_the_article_of_a_page(scrapy, tmp_path):
    portal = Gaoyuan()
    with DemoServer([portal]) as server:
        write_site_files(server, tmp_path / "sites")
        place = {"BROADSHEET_SITES": str(tmp_path / "sites"), "BROADSHEET_DATA": str(tmp_path)}
        done = scrapy("parse", "--spider=gaoyuan", server.url(portal, portal.articles[0].path), **place)
    assert portal.articles[0].title in done.stdout, done.stderr


def test_scrapy_makes_no_requests_without_a_contact(scrapy, tmp_path):
    done = scrapy("crawl", "tibet_cn", BROADSHEET_DATA=str(tmp_path))
    assert "BROADSHEET_CONTACT" in done.stderr
    assert not list(tmp_path.rglob("*.warc.gz*"))


def test_one_interrupt_stops_gracefully_and_loses_nothing(clean, project, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        write_site_files(server, tmp_path / "sites")
        code = "from crawler.commands import main; main()"
        crawl = subprocess.Popen(
            [
                sys.executable,
                "-c",
                code,
                "crawl",
                "gaoyuan",
                "--sites",
                tmp_path / "sites",
                "--data",
                tmp_path,
                "--json",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project,
            env=clean,
        )
        until = time.monotonic() + 60
        while len(server.log) < 12 and time.monotonic() < until:
            time.sleep(0.05)
        crawl.send_signal(signal.SIGINT)
        out, err = crawl.communicate(timeout=60)
        answered = len(server.log)
    assert crawl.returncode == 130, err
    assert "Traceback" not in err
    summary = json.loads(out)[0]
    assert summary["outcome"] == "incomplete"
    assert any(cause["why"] == "end.shutdown" for cause in summary["causes"])
    with Collection(tmp_path) as collection, Store.open(tmp_path / "broadsheet.sqlite3") as store:
        assert sum(1 for _ in collection.index.search()) == answered == summary["records"]
        assert store.articles.counts("gaoyuan").articles == summary["articles"]["new"] > 0
        assert [run.outcome for run in store.runs.list("gaoyuan")] == ["stopped"]
    assert not list((tmp_path / "warc").glob("*.open"))


def test_killed_crawl_loses_nothing_and_the_next_one_continues(clean, project, tmp_path, run):
    with DemoServer([Gaoyuan()]) as server:
        write_site_files(server, tmp_path / "sites")
        place = ["--sites", tmp_path / "sites", "--data", tmp_path]
        code = "from crawler.commands import main; main()"
        crawl = subprocess.Popen([sys.executable, "-c", code, "crawl", "gaoyuan", *place], cwd=project, env=clean)
        until = time.monotonic() + 60
        while len(server.log) < 25 and time.monotonic() < until:
            time.sleep(0.02)
        crawl.kill()
        crawl.wait()
        with Store.open(tmp_path / "broadsheet.sqlite3") as store:
            before = {item.provenance.record_id for item in store.articles.items()}
        assert before
        assert run("crawl", "gaoyuan", *place).returncode == 0
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        items = list(store.articles.items())
        assert len(items) == len(Gaoyuan().articles)
        assert before <= {item.provenance.record_id for item in items}
    assert run("archive", "verify", "--data", tmp_path).returncode == 0
    # Pages captured but not yet extracted when the crawl died are in the archive, and the rebuild extracts them.
    assert run("reextract", *place).returncode == 0
    compared = run("reextract", *place, "--compare")
    assert compared.returncode == 0, compared.stdout
