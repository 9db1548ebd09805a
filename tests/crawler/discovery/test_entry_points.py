"""Tests of front pages that only lead to another page."""

import pytest

from crawler.discovery.entry_points import find_entry_targets
from crawler.extraction.document import Document

HOME = "http://county.localhost/"


def targets(markup: str) -> list[str]:
    return find_entry_targets(Document(f"<html>{markup}</html>".encode(), HOME))


@pytest.mark.parametrize(
    "markup",
    [
        '<head><meta http-equiv="refresh" content="0; url=/index_main.html"></head><body></body>',
        "<head><META HTTP-EQUIV='Refresh' CONTENT=\"3;URL='/index_main.html'\"></head><body>Please wait</body>",
        '<body><script>window.location.href = "/index_main.html";</script></body>',
        "<head><script>var u = '/index_'; location.replace(u + 'main.html')</script></head>",
        "<body><script>setTimeout(function () { location = 'index_main.html'; }, 500);</script></body>",
        "<body onload=\"location.href='index_main.html'\"><p>Welcome</p></body>",
        '<frameset rows="80,*"><frame src="/index_main.html"></frameset>',
        '<body><iframe src="index_main.html"></iframe></body>',
        '<body><a href="/index_main.html"><img src="enter.jpg"></a></body>',
        '<body><map><area href="index_main.html"></map></body>',
    ],
)
def test_target_of_a_front_page_without_news_is_found(markup):
    assert targets(markup) == [f"{HOME}index_main.html"]


@pytest.mark.parametrize(
    "markup",
    [
        '<head><meta http-equiv="refresh" content="300"></head><body></body>',
        '<head><meta http-equiv="refresh" content="900;url=/"></head><body></body>',
        "<body><script>function leave() { location.href = '/out'; }</script></body>",
        "<body>" + "".join(f'<a href="/s{n}">Section {n}</a>' for n in range(20)) + "</body>",
    ],
)
def test_other_front_pages_lead_nowhere(markup):
    assert targets(markup) == []
