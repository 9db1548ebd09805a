"""The context of a request, through redirects and retries."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import Settings

from archive import Location
from crawler.fetch_context import META_KEY, FetchContext, LeasedUrl, begin_attempt, fetch_context, leased_url
from crawler.politeness.opt_outs import OptOut, Signal
from crawler.scheduler import discovered_url, request_of
from crawler.store.frontier_urls import UrlKind, UrlLease

URL = "http://www.paper.example/a"
LEASE_TIME = UrlLease(7, URL, UrlKind.ARTICLE, 1, 2, None, None)
OPT_OUT = OptOut(Signal.NOINDEX, "X-Robots-Tag", "noindex")


def redirected(request: Request) -> Request:
    """The request that Scrapy makes of a redirect."""
    crawler: Any = SimpleNamespace(
        settings=Settings(), spider=None, signals=SimpleNamespace(connect=lambda *_, **__: None)
    )
    response = Response(request.url, status=302, headers={"Location": "/b"})
    outcome = RedirectMiddleware.from_crawler(crawler).process_response(request, response)
    assert isinstance(outcome, Request)
    return outcome


def retried(request: Request) -> Request:
    """The request that Scrapy makes of a failure."""
    spider: Any = SimpleNamespace(crawler=SimpleNamespace(settings=Settings(), stats=None))
    spider.crawler.stats = SimpleNamespace(inc_value=lambda *_: None)
    outcome = get_retry_request(request, spider=spider)
    assert outcome is not None
    return outcome


def answered() -> tuple[Request, FetchContext]:
    """A request after its first answer, every field of its context set."""
    context = FetchContext(
        kind=UrlKind.ARTICLE,
        leased=LeasedUrl(LEASE_TIME),
        validators=('"a"', None),
        continues_article=True,
        requisite_of=URL,
        robots_of="http://www.paper.example:80",
        tdm_of=URL,
        captured_near=datetime(2027, 1, 15, tzinfo=UTC),
        is_charged=True,
        robots_bytes=100,
        capture=location("first"),
        wire_answer=(302, 10),
        stated_opt_outs=(OPT_OUT,),
        opt_outs=(OPT_OUT,),
        nofollow_links=3,
    )
    return Request(URL, meta=context.as_meta(dont_retry=True)), context


def location(record_id: str) -> Location:
    return Location(
        file="a.warc.gz", offset=0, length=1, record_id=record_id, payload_digest="sha1:A", date=datetime.now(UTC)
    )


def test_request_without_context_gets_an_empty_one() -> None:
    request = Request(URL)
    context = fetch_context(request)
    assert context == FetchContext()
    assert fetch_context(request) is context
    assert fetch_context(Response(URL, request=request)) is context


def test_meta_has_scrapys_keys_beside_the_context() -> None:
    context = FetchContext()
    assert context.as_meta(dont_retry=True) == {META_KEY: context, "dont_retry": True}


@pytest.mark.parametrize("follow", [redirected, retried])
def test_new_attempt_keeps_purpose_and_totals(follow: Any) -> None:
    request, before = answered()
    after = begin_attempt(follow(request))
    purpose = (
        "kind leased validators continues_article requisite_of robots_of tdm_of record captured_near is_charged"
        " robots_bytes"
    )
    assert {name: getattr(after, name) for name in purpose.split()} == {
        name: getattr(before, name) for name in purpose.split()
    }


@pytest.mark.parametrize("follow", [redirected, retried])
def test_new_attempt_forgets_the_outcome_of_the_last_one(follow: Any) -> None:
    after = begin_attempt(follow(answered()[0]))
    assert (after.capture, after.wire_answer, after.stated_opt_outs, after.opt_outs, after.nofollow_links) == (
        None,
        None,
        None,
        None,
        0,
    )


@pytest.mark.parametrize("follow", [redirected, retried])
def test_new_attempt_changes_nothing_of_the_replaced_request(follow: Any) -> None:
    request, before = answered()
    context = begin_attempt(follow(request))
    context.capture = location("second")
    context.robots_bytes += 1
    assert fetch_context(request) is before
    assert before.capture is not None
    assert (before.capture.record_id, before.robots_bytes) == ("first", 100)


@pytest.mark.parametrize("follow", [redirected, retried])
def test_attempts_share_the_leased_url(follow: Any) -> None:
    request, _ = answered()
    later = follow(request)
    begin_attempt(later)
    leased_url(later).aliases.add(URL + "?print")
    assert leased_url(request) is leased_url(later)
    assert leased_url(request).aliases == {URL + "?print"}


def test_leased_url_is_a_dummy_without_a_frontier() -> None:
    request = Request(URL)
    leased_url(request).error = ValueError()
    assert leased_url(request).error is None


def test_missing_capture_is_an_error() -> None:
    with pytest.raises(LookupError, match="no capture"):
        FetchContext().require_capture()


def test_frontier_keeps_validators_and_scrapys_keys_as_json() -> None:
    class Portal(Spider):
        name = "portal"

        def parse_article(self, response: Response) -> None: ...

        def lost(self, failure: Any) -> None: ...

    spider = Portal()
    context = FetchContext(kind=UrlKind.ARTICLE, validators=('"a"', None))
    meta = context.as_meta(handle_httpstatus_list=[304], depth=2)
    row = discovered_url(Request(URL, spider.parse_article, errback=spider.lost, meta=meta))
    assert (row.kind, row.depth) == (UrlKind.ARTICLE, 2)
    assert json.loads(row.request or "")["meta"] == {"handle_httpstatus_list": [304], "validators": ['"a"', None]}
    leased = LeasedUrl(UrlLease(1, URL, UrlKind.ARTICLE, 0, 2, None, row.request))
    assert leased.lease is not None
    request = request_of(leased.lease, spider, leased)
    assert fetch_context(request) == FetchContext(kind=UrlKind.ARTICLE, validators=('"a"', None), leased=leased)
    assert (request.meta["handle_httpstatus_list"], request.meta["depth"]) == ([304], 2)
