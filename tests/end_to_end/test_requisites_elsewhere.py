"""Page requisites on other hosts: that host's rules apply, and its errors do not end the visit."""

import json
from urllib.parse import urlsplit

import pytest

from archive import Collection
from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.portal import Portal, SectionList
from crawler.demo.server import DemoServer
from crawler.demo.site_files import write_site_files
from crawler.politeness.ledger import read_ledger

STORY = "<p>Something has happened in our town today, and everybody has an opinion on it. </p>" * 6
PICTURES = {"first": ("one", "two", "private/shut", "unkept"), "last": ("busy", "three"), "bare": ()}
CDN = "img.shelf.localhost"
#: Answers with an error, on which the host is left alone: the pictures above are requested in any order.
BUSY_CDN = "img.busy.localhost"
HOSTS = {"busy": BUSY_CDN}


class Paper(Portal):
    """Three stories, two of them with pictures on another host."""

    name, host, title = "paper", "www.paper.localhost", "paper"
    delay = 0.05
    requisites = True
    article_pattern = r"^/a/"
    sections = (SectionList("/", "li a"),)

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        story = request.path.removeprefix("/a/")
        if request.path == "/":
            return page(
                "<ul>" + "".join(f'<li><a href="/a/{name}">Story {name}</a></li>' for name in PICTURES) + "</ul>"
            )
        if story not in PICTURES:
            return None
        pictures = "".join(
            f'<img src="http://{BUSY_CDN if name == "busy" else CDN}:{request.port}/{name}.png">'
            for name in PICTURES[story]
        )
        return page(f"<h1>Story {story}</h1>{STORY}<p>It was the {story} of them.</p>{pictures}")


class Shelf(Portal):
    """The host of the pictures, with its own delay, a forbidden folder and a picture that opts out."""

    name, host, title = "shelf", CDN, "shelf"

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow: /private/\nCrawl-delay: 0.4\n")
        headers = (("X-Robots-Tag", "noarchive"),) if request.path == "/unkept.png" else ()
        return Reply(headers=(("Content-Type", "image/png"), *headers), body=b"picture")


class BusyShelf(Portal):
    """The host of a picture that is not available for an hour."""

    name, host, title = "busy", BUSY_CDN, "busy"

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow:\n")
        return Reply(status=503, headers=(("Retry-After", "3600"),), body=b"later")


@pytest.fixture(scope="module")
def crawled(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    with DemoServer([Paper(), Shelf(), BusyShelf()]) as server:
        write_site_files(server, folder / "sites")
        done = run("crawl", "paper", "--sites", folder / "sites", "--data", folder, "--json")
        assert done.returncode == 0, done.stderr
        yield server, folder, json.loads(done.stdout)


def test_robots_txt_and_delay_of_the_other_host_apply(crawled):
    server, _, _ = crawled
    requested = [one.path for one in server.exchanges(CDN)]
    assert requested[0] == "/robots.txt"
    assert "/private/shut.png" not in requested
    assert {"/one.png", "/two.png", "/three.png"} <= set(requested)
    assert "/busy.png" in [one.path for one in server.exchanges(BUSY_CDN)]
    assert len(requested) == len(set(requested))
    assert server.peak_parallel(CDN) == 1
    assert server.smallest_gap(CDN) >= 0.4


def test_picture_that_opts_out_is_not_kept(crawled):
    server, folder, _ = crawled
    assert "/unkept.png" in [one.path for one in server.exchanges(CDN)]
    with Collection(folder) as collection:
        kept = {urlsplit(entry.url).path for entry in collection.index.search() if CDN in entry.url}
    assert {"/one.png", "/two.png", "/three.png"} <= kept
    assert "/unkept.png" not in kept


def test_errors_of_the_other_host_do_not_end_the_visit(crawled):
    server, folder, result = crawled
    stories = {one.path for one in server.exchanges("www.paper.localhost") if one.path.startswith("/a/")}
    assert stories == {f"/a/{name}" for name in PICTURES}
    assert "host_backoff" not in json.dumps(result)
    ledger = [one for file in folder.rglob("ledger.jsonl") for one in read_ledger(file)]
    held = [one for one in ledger if one.rule == "backoff.pause"]
    assert [(one.host, one.until is not None and one.until - one.at > 3590) for one in held] == [
        ("busy.localhost", True)
    ]
    assert {one.rule for one in ledger if one.host not in {"shelf.localhost", "busy.localhost"}} <= {
        "robots.disallow",
        "optout.noarchive",
    }
