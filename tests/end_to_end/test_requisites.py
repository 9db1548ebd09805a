"""Page requisites in a whole crawl: requested politely, each once, on any host."""

import json
from urllib.parse import urlsplit

import pytest

from archive import Collection
from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.portal import Portal, SectionList
from crawler.demo.server import DemoServer
from crawler.demo.site_files import write_site_files

STORY = "<p>Something has happened in our town today, and everybody has an opinion on it. </p>" * 6


class Pictured(Portal):
    """Three stories with pictures, one of them withheld; their style sheets are on another host."""

    name, host, title = "pictured", "www.pictured.localhost", "pictured"
    delay = 0.05
    requisites = True
    article_pattern = r"^/a/"
    sections = (SectionList("/", "li a"),)

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        path = request.path
        if path == "/":
            names = ("one", "two", "withheld")
            links = "".join(f'<li><a href="/a/{name}">Story about {name}</a></li>' for name in names)
            return page(f'<img src="/front.png"><ul>{links}</ul>')
        if path.startswith("/a/"):
            many = "".join(f'<img src="/many/{n}.png">' for n in range(80)) if path == "/a/two" else ""
            head = (
                f'<link rel="stylesheet" href="http://static.pictured.localhost:{request.port}/main.css">'
                '<link rel="preload" as="script" href="/x.js"><script src="/y.js"></script>'
            )
            if path == "/a/withheld":
                head += '<meta name="robots" content="noarchive">'
            paths = (f"/pictures{path}.png", "/shared.png", "/none.png", "/private/x.png")
            pictures = "".join(f'<img src="{picture}">' for picture in paths) + many
            if path == "/a/one":
                pictures += (
                    '<iframe src="/frame/1"></iframe><video poster="/poster.png"><source src="/film.mp4"></video>'
                )
                pictures += '<img srcset="/sizes/small.png 320w, /sizes/large.png 1280w" src="/sizes/usual.png">'
            return page(f"<html><head>{head}</head><body><h1>Story {path}</h1>{STORY}{pictures}</body></html>")
        if path.startswith("/frame/"):
            return page(f'<img src="/in{path}.png"><iframe src="/frame/{int(path[-1]) + 1}"></iframe>')
        if path == "/film.mp4":
            return text("film", "video/mp4")
        if path == "/robots.txt":
            return text("User-agent: *\nDisallow: /private/\n")
        return text("picture", "image/png") if path.endswith(".png") and path != "/none.png" else None


class Sheets(Portal):
    """The host of the style sheets."""

    name, host, title = "sheets", "static.pictured.localhost", "sheets"

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/main.css":
            return text(
                "@import 'more.css'; @import 'main.css'; @font-face { font-family: f; src: url(f.woff2) } "
                "p { background: url(dots.png) }",
                "text/css",
            )
        if request.path == "/more.css":
            return text("p { color: red }", "text/css")
        if request.path == "/f.woff2":
            return text("font", "font/woff2")
        return text("dots", "image/png") if request.path == "/dots.png" else None


@pytest.fixture(scope="module")
def crawled(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictured")
    with DemoServer([Pictured(), Sheets()]) as server:
        write_site_files(server, folder / "sites")
        done = run("crawl", "pictured", "--sites", folder / "sites", "--data", folder, "--json")
        assert done.returncode == 0, done.stderr
        yield server, folder


def requested(server, host: str) -> list[str]:
    return [exchange.path for exchange in server.exchanges(host)]


def test_requisites_of_articles_are_kept_and_requested_once(crawled):
    server, folder = crawled
    sheets, pictures = requested(server, "static.pictured.localhost"), requested(server, "www.pictured.localhost")
    own = {"/robots.txt", "/.well-known/tdmrep.json"}
    assert [path for path in sorted(sheets) if path not in own] == ["/dots.png", "/f.woff2", "/main.css", "/more.css"]
    assert {"/pictures/a/one.png", "/shared.png", "/none.png"} <= set(pictures)
    assert len(pictures) == len(set(pictures))
    with Collection(folder) as collection:
        kept = {urlsplit(entry.url).path: entry.status for entry in collection.index.search()}
    assert kept["/main.css"] == kept["/more.css"] == kept["/dots.png"] == kept["/shared.png"] == 200
    assert kept["/none.png"] == 404


def test_frames_media_and_the_largest_size_of_an_image_are_requested(crawled):
    server, _ = crawled
    paths = requested(server, "www.pictured.localhost")
    assert {"/poster.png", "/film.mp4", "/sizes/large.png", "/sizes/usual.png"} <= set(paths)
    assert "/sizes/small.png" not in paths
    frames = sorted(path for path in paths if path.startswith("/frame/"))
    assert frames == [f"/frame/{n}" for n in (1, 2, 3, 4)], "frames in frames end"
    assert {f"/in/frame/{n}.png" for n in (1, 2, 3)} <= set(paths)


def test_missing_requisites_are_reported_with_reasons(crawled, run):
    server, folder = crawled
    page_url = f"http://www.pictured.localhost:{server.port}/a/one"
    checked = run("archive", "completeness", page_url, "--data", folder, "--json")
    assert checked.returncode == 1, checked.stderr
    [page] = json.loads(checked.stdout)
    reasons = {urlsplit(one["url"]).path: one["reason"] for one in page["missing"]}
    assert reasons.pop("/none.png") == "answered 404"
    assert reasons.pop("/private/x.png") == "refused: robots.disallow"
    assert reasons == dict.fromkeys(("/frame/5", "/in/frame/4.png"), "not requested"), "frames in frames end"
    of_site = run("archive", "completeness", "pictured", "--data", folder)
    assert of_site.returncode == 1
    assert "not requested" in of_site.stdout, "there were more than are requested per page"
    assert "/a/one" in of_site.stdout
    assert "/a/two" in of_site.stdout


def test_nothing_else_is_requested(crawled):
    server, _ = crawled
    pictures = requested(server, "www.pictured.localhost")
    for path in ("/front.png", "/x.js", "/y.js", "/private/x.png", "/pictures/a/withheld.png"):
        assert path not in pictures
    assert sum(path.startswith("/many/") for path in pictures) <= 60


def test_requisites_are_throttled_and_are_not_pages_or_items(crawled, run):
    server, folder = crawled
    assert server.peak_parallel("www.pictured.localhost") == 1
    assert server.smallest_gap("www.pictured.localhost") >= 0.05
    again = run("reextract", "pictured", "--sites", folder / "sites", "--data", folder, "--compare", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["same"] == 2
