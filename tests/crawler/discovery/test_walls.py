"""Tests of the recognition of pages without content."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from saved_pages import read_saved_pages

from crawler.discovery.walls import Wall, WallKind, find_redirect, find_status_wall, find_wall
from crawler.extraction import extract_from
from crawler.extraction.document import Document

HERE = Path(__file__).parent
URL = "http://paper.localhost/2026/11/28/1.html"


def read_pages(name: str) -> Iterator[tuple[list[str], bytes]]:
    """Yield the words of each page's header and the page."""
    _, *parts = (HERE / name).read_text(encoding="utf-8").split("\n== ")
    for part in parts:
        header, _, html = part.partition("\n")
        yield header.split(), html.strip().encode()


WALLS = {header[0]: (WallKind(header[1]), int(header[2]), html) for header, html in read_pages("wall_pages.txt")}
CONTENT = {header[0]: html for header, html in read_pages("pages_with_content.txt")}


def document(html: bytes, url: str = URL) -> Document:
    return Document(html, url, content_type="text/html; charset=utf-8")


def wall_of(html: bytes, status: int = 200) -> Wall | None:
    page = document(html)
    return find_wall(page, extract_from(page)) if status < 300 else find_status_wall(page, status)


def test_there_are_pages_of_every_kind():
    assert len(WALLS) >= 70
    assert {kind for kind, _, _ in WALLS.values()} == set(WallKind) - {WallKind.REDIRECT, WallKind.REPEATED}


@pytest.mark.parametrize("name", WALLS)
def test_page_without_content_is_recognised_with_its_kind(name):
    kind, status, html = WALLS[name]
    wall = wall_of(html, status)
    assert wall is not None
    assert wall.cause == f"wall.{kind}"
    assert wall.evidence


@pytest.mark.parametrize("name", [name for name, (_, status, _) in WALLS.items() if status != 200])
def test_block_page_is_recognised_whatever_its_status(name):
    kind, _, html = WALLS[name]
    for status in (200, 403, 503) if html != b"<html></html>" else (412,):
        wall = wall_of(html, status)
        assert wall is not None
        assert wall.kind is kind


@pytest.mark.parametrize("name", CONTENT)
def test_page_with_content_is_no_wall(name):
    assert wall_of(CONTENT[name]) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zh-portals", "zh-local", "world", "fundus", "scrapinghub"])
def test_saved_articles_are_no_walls(shared, name):
    """Not even without their date and credits, when they have fewer marks of an article."""
    for truth, html in read_saved_pages(shared, name):
        page = document(html, truth["url"] or URL)
        article = extract_from(page)
        assert find_wall(page, article) is None, truth["id"]
        bare = replace(article, date=None, source=None, editor=None, authors=())
        assert find_wall(page, bare) is None, truth["id"]


@pytest.mark.parametrize("status", [404, 410, 429, 500, 502, 503, 504])
def test_error_page_without_signs_is_no_wall(status):
    assert wall_of(b"<html><title>Error</title><body><h1>Error</h1></body></html>", status) is None


def test_refusal_with_status_404_is_a_wall_but_a_log_in_form_is_not():
    assert wall_of(WALLS["safedog"][2], 404) is not None
    assert wall_of(WALLS["login_en"][2], 404) is None
    assert wall_of(b"<html><script>location.href='/'</script></html>", 404) is None


def test_status_521_with_a_text_is_an_origin_that_is_down():
    page = b"<title>paper.localhost | 521: Web server is down</title><h1>Web server is down</h1><script>f()</script>"
    assert wall_of(page, 521) is None
    assert wall_of(b"<script>go()</script>", 521) == Wall(WallKind.CHALLENGE, "only a script, no text")


LONG = "The council has agreed to mend the bridge before the winter. " * 12


@pytest.mark.parametrize(
    ("requested", "final", "body", "is_wall"),
    [
        ("/news/17.html", "/", "<p>News of the day</p>", True),
        ("/news/17.html", "/index.html", "<p>News of the day</p>", True),
        ("/news/17.html", "/user/login?from=17", "<form></form>", True),
        ("/news/17.html", "/404.html", "<p>Oops</p>", True),
        ("/news/17.html", "/app/", "<p>Our app</p>", True),
        ("/news/17.html", "http://passport.paper.localhost/in", "<form></form>", True),
        ("/news/17.html", "/news/2026/bridge-17.html", "<p>The bridge is open.</p>", False),
        ("/news/17.html", "/news/17.html?sid=1", "<p>The bridge is open.</p>", False),
        ("/news/17/", "/news/17/index.html", "<p>The bridge is open.</p>", False),
        ("/login/17.html", "/login", f"<p>By Jane Holt, 28 November 2026</p><p>{LONG}</p>", False),
    ],
)
def test_redirect_of_a_removed_article_is_recognised(requested, final, body, is_wall):
    base = "http://paper.localhost"
    page = document(f"<title>Courier</title>{body}".encode(), final if "://" in final else base + final)
    wall = find_redirect(base + requested, page, extract_from(page), home=f"{base}/")
    assert (wall is not None and wall.kind is WallKind.REDIRECT) is is_wall


def test_huge_page_is_checked_quickly():
    html = b"<title>x</title>" + b"<p>Please log in, he said.</p>" * 40_000
    page = document(html)
    article = extract_from(page)
    start = time.perf_counter()
    assert find_wall(page, article) is None
    assert time.perf_counter() - start < 0.5
