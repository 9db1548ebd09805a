"""Completeness of captured pages: every requisite is named once, with what the archive has of it."""

from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Collection, Truncation
from archive.replay.completeness import CompletenessChecker

AT = datetime(2026, 5, 22, 12, tzinfo=UTC)
HOME = "http://paper.test"
PAGE = (
    '<link rel=stylesheet href="/main.css"><img src="/a.png" srcset="/small.png 1x, /large.png 2x"><img src="/a.png">'
    '<img src="/gone.png"><img src="/never.png"><img src="/cut.png"><img src="/moved.png">'
    '<iframe src="/frame"></iframe>'
    '<video poster="/poster.jpg"><source src="/film.mp4"></video>'
)
ANSWERS = {
    "/page": (200, "text/html", PAGE),
    "/main.css": (200, "text/css", "@import 'more.css'; @font-face{src:url(f.woff2)}"),
    "/more.css": (200, "text/css", "@import 'main.css'; p{background:url(dots.png)}"),
    "/a.png": (200, "image/png", "a"),
    "/large.png": (200, "image/png", "large"),
    "/gone.png": (404, "text/html", "gone"),
    "/cut.png": (200, "image/png", "c"),
    "/moved.png": (301, "Location: /a.png", ""),
    "/frame": (200, "text/html", '<img src="/in-frame.png"><iframe src="/frame"></iframe><iframe src="/page">'),
    "/poster.jpg": (200, "image/jpeg", "p"),
}


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as opened:
        with opened.writer("paper", {}) as writer:
            for path, (status, kind, body) in ANSWERS.items():
                field = kind if ": " in kind else f"Content-Type: {kind}"
                head = f"HTTP/1.1 {status} X\r\n{field}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(
                    Capture(
                        url=HOME + path,
                        started_at=AT,
                        request=b"GET / HTTP/1.1\r\n\r\n",
                        response=Block((head + body).encode()),
                        truncated=Truncation.LENGTH if path == "/cut.png" else None,
                    )
                )
        yield opened


def test_each_requisite_is_named_with_its_state(collection):
    checker = CompletenessChecker(collection, lambda body, _: (body.decode(), "utf-8"))
    page = checker.check(collection.index.captures(f"{HOME}/page")[0])
    states = {one.requisite.url.removeprefix(HOME): (str(one.state), one.status) for one in page.requisites}
    captured = ("captured", 200)
    assert states == {
        "/main.css": captured, "/more.css": captured, "/f.woff2": ("missing", None), "/dots.png": ("missing", None),
        "/a.png": captured, "/large.png": captured, "/gone.png": ("error", 404), "/never.png": ("missing", None),
        "/cut.png": ("truncated", 200), "/moved.png": captured, "/frame": captured, "/in-frame.png": ("missing", None),
        "/poster.jpg": captured, "/film.mp4": ("missing", None),
    }  # fmt: skip
    assert (page.captured, len(page.requisites), page.share) == (7, 14, 0.5)
    parents = {one.requisite.url.removeprefix(HOME): one.parent.removeprefix(HOME) for one in page.lacking}
    assert parents["/dots.png"] == "/more.css"
    assert parents["/in-frame.png"] == "/frame"


def test_page_without_requisites_is_complete(collection):
    checker = CompletenessChecker(collection, lambda body, _: (body.decode(), "utf-8"))
    assert checker.check(collection.index.captures(f"{HOME}/a.png")[0]).share == 1.0
