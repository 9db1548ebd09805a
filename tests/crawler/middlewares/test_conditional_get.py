"""Conditional requests."""

import pytest
from scrapy import Request

from crawler.fetch_context import FetchContext
from crawler.middlewares.conditional_get import ConditionalGetMiddleware

URL = "http://www.paper.example/a"


def sent_validators(request: Request) -> tuple[bytes | None, bytes | None]:
    ConditionalGetMiddleware().process_request(request)
    return request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")


@pytest.mark.parametrize(
    ("validators", "headers"),
    [
        (('"a"', "Fri, 15 Jan 2027 08:00:00 GMT"), (b'"a"', b"Fri, 15 Jan 2027 08:00:00 GMT")),
        (('W/"a"', None), (b'W/"a"', None)),
        ((None, "Fri, 15 Jan 2027 08:00:00 GMT"), (None, b"Fri, 15 Jan 2027 08:00:00 GMT")),
        ((None, None), (None, None)),
        (None, (None, None)),
    ],
)
def test_validators_are_sent_back_unchanged(validators: object, headers: object) -> None:
    assert sent_validators(Request(URL, meta=FetchContext(validators=validators).as_meta())) == headers


def test_304_reaches_the_callback() -> None:
    request = Request(URL, meta=FetchContext(validators=('"a"', None)).as_meta(handle_httpstatus_list=[404]))
    sent_validators(request)
    assert request.meta["handle_httpstatus_list"] == [404, 304]
    plain = Request(URL)
    sent_validators(plain)
    assert "handle_httpstatus_list" not in plain.meta


def test_redirect_target_is_requested_unconditionally() -> None:
    meta = FetchContext(validators=('"a"', "Fri, 15 Jan 2027 08:00:00 GMT")).as_meta()
    first = Request(URL, meta=meta)
    sent_validators(first)
    second = first.replace(url=URL + "b", meta={**first.meta, "redirect_urls": [URL]})
    assert sent_validators(second) == (None, None)


def test_only_get_is_conditional() -> None:
    assert sent_validators(Request(URL, method="HEAD", meta=FetchContext(validators=('"a"', None)).as_meta())) == (
        None,
        None,
    )
