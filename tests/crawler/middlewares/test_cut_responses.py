"""Responses whose body ends before its announced end."""

from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.middlewares.cut_responses import CutResponseMiddleware, is_cut

URL = "http://county.example/a"


def _response(body: bytes, *, is_truncated: bool = True) -> Response:
    return Response(URL, body=body, flags=["dataloss"] if is_truncated else [])


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b"<html><p>half a sen", True),
        (b"<html><p>all</p></html>\n", False),
        (b"<rss><item>", True),
        (b"<rss></rss>", False),
        (b"<r:RDF></r:RDF>", False),
        (b'{"items": []}\n', False),
        (b'{"items": [', True),
        (b"</html>" + b"<p>" * 1_000, True),
    ],
)
def test_truncated_body_is_cut_unless_the_document_is_whole(body, cut):
    assert is_cut(_response(body)) is cut
    assert not is_cut(_response(body, is_truncated=False))


@pytest.mark.parametrize(("meta", "attempts"), [({}, 3), ({"dont_retry": True}, 1), ({"max_retry_times": 1}, 2)])
def test_cut_page_is_requested_again_a_few_times(fake_crawl, answers, meta, attempts):
    crawler = fake_crawl(answers()).crawler
    middleware, cut = CutResponseMiddleware.from_crawler(crawler), _response(b"<html>")
    outcome, made = Request(URL, meta=meta), 0
    while isinstance(outcome, Request):
        made += 1
        outcome = middleware.process_response(outcome, cut)
    assert (outcome, made) == (cut, attempts)


def test_whole_page_is_passed_on():
    whole = _response(b"<html></html>")
    assert CutResponseMiddleware(SimpleNamespace(spider=None)).process_response(Request(URL), whole) is whole
