"""Lists of very many links: articles are requested while they are read, a stop ends their reading, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_discovery import crawl
from visit_reports import check_stored_reports

from crawler.demo import DemoServer, Portal, Reply, Request, SampleArticle
from crawler.demo.messages import page, text

PROJECT = Path(__file__).resolve().parents[2]
#: Seconds to wait for a request or for the end of a crawl.
PATIENCE = 120


class LongPortal(Portal):
    """A portal whose only list, a page (`/all.html`) and a feed (`/all.xml`), has `links` links to articles."""

    name = host = "long.localhost"
    title = "Long news"
    articles: tuple[SampleArticle, ...] = ()

    def __init__(self, links: int) -> None:
        super().__init__()
        self.links = links

    def find(self, request: Request) -> Reply | None:
        paths = [f"/news/{number}.html" for number in range(self.links)]
        if request.path == "/all.html":
            items = "".join(f'<li><a href="{path}">Report of the day from {path}</a></li>' for path in paths)
            return page(f"<html lang=en><title>All</title><body><ul>{items}</ul></body></html>")
        if request.path == "/all.xml":
            origin = f"http://{self.host}:{request.port}"
            items = "".join(f"<item><link>{origin}{path}</link></item>" for path in paths)
            return text(f"<rss><channel>{items}</channel></rss>", "application/rss+xml")
        if request.path in paths:
            body = f"<p>The council of {request.path} met on Tuesday and spoke at length about bridge and road.</p>" * 4
            return page(f"<html lang=en><title>Report of {request.path}</title><h1>Report of {request.path}</h1>{body}")
        return None

    def write_site_file(self, folder: Path, port: int, list_: str) -> None:
        origin = f"http://{self.host}:{port}"
        lists = f'feeds = ["{origin}/all.xml"]' if list_ == "feed" else f'[[sections]]\nurl = "{origin}/all.html"'
        folder.mkdir()
        head = f'name = "long"\nhome = "{origin}/"\nlanguage = "en"\n'
        (folder / "long.toml").write_text(f"{head}{lists}\n[crawl]\ndelay = 0.001\n")


@pytest.mark.parametrize("list_", ["feed", "page"])
def test_every_link_of_a_long_list_is_found(tmp_path, list_):
    portal = LongPortal(17_500)  # a page of more nodes than are read of an article
    with DemoServer([portal]) as server:
        portal.write_site_file(tmp_path / "sites", server.port, list_)
        [report] = crawl(tmp_path, "long", "--limit", "3")
    assert report["outcome"] == "done"
    assert report["articles"] | {"found": 17_500, "new": 3, "left": 17_497} == report["articles"]
    assert [(one["state"], one["articles"]) for one in report["lists"]] == [("read", 17_500)]


@pytest.mark.parametrize("list_", ["feed", "page"])
def test_stop_ends_the_reading_of_a_list_and_the_next_visit_reads_it_again(tmp_path, list_):
    portal = LongPortal(8_000)
    with DemoServer([portal]) as server:
        portal.write_site_file(tmp_path / "sites", server.port, list_)
        stopped = stop_after_first_article(tmp_path, server)
        limit = stopped["articles"]["left"] + 3  # articles found before are requested before the list
        [after] = crawl(tmp_path, "long", "--limit", str(limit))
    [entry] = stopped["lists"]
    assert entry["state"] == "left"
    assert "read in part" in entry["why"]
    assert 0 < stopped["articles"]["found"] < 8_000, "articles are requested while the list is read"
    assert after["articles"]["found"] == 8_000 - stopped["articles"]["new"]
    assert after["lists"][0]["articles"] == 8_000


def stop_after_first_article(folder: Path, server: DemoServer) -> dict:
    """Stop a crawl as soon as it has requested an article, and return its report."""
    command = [sys.executable, "-c", "from crawler.commands import main; main()", "crawl", "long", "--json"]
    place = ["--sites", str(folder / "sites"), "--data", str(folder)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    with subprocess.Popen([*command, *place], cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True) as crawling:
        until = time.monotonic() + PATIENCE
        while not any(one.path.startswith("/news/") for one in server.log) and time.monotonic() < until:
            time.sleep(0.01)
        crawling.send_signal(signal.SIGTERM)
        out, _ = crawling.communicate(timeout=PATIENCE)
    assert crawling.returncode == 130
    check_stored_reports(folder)
    report: dict = json.loads(out)[0]
    return report
