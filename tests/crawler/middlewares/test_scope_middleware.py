"""The middleware that keeps a crawl in scope."""

import contextlib
from typing import Any

import pytest
from scrapy import Request

from crawler.fetch_context import FetchContext
from crawler.middlewares.refusals import RequestRefused
from crawler.middlewares.scope import ScopeMiddleware
from crawler.politeness.traps import MOST_QUERIES
from crawler.store.frontier_urls import UrlKind


@pytest.fixture
def scope(fake_crawl: Any, answers: Any, run_instantly: Any) -> Any:
    built = fake_crawl(answers())

    async def ask(request: Request) -> str | None:
        try:
            ScopeMiddleware(built.politeness).process_request(request)
        except RequestRefused as refused:
            return refused.decision.rule
        return None

    built.ask = lambda url, **context: run_instantly(ask(Request(url, meta=FetchContext(**context).as_meta())))
    return built


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://www.paper.example/a", None),
        ("https://paper.example/a", None),
        ("http://paper.example.evil.example/a", "scope.offsite"),
        ("http://notpaper.example/a", "scope.offsite"),
        ("http://user:word@paper.example/", "scope.userinfo"),
        ("http://169.254.169.254/", "scope.offsite"),
    ],
)
def test_request_passes_or_is_refused_by_rule(scope: Any, url: str, rule: str | None) -> None:
    assert scope.ask(url) == rule
    assert scope.rules == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://elsewhere.example/robots.txt", None),
        ("http://2130706433/robots.txt", "scope.address"),
        ("http://[::1]/robots.txt", "scope.address"),
        ("http://metadata.localhost/robots.txt", "scope.address"),
    ],
)
def test_robots_txt_may_be_on_other_public_hosts(scope: Any, url: str, rule: str | None) -> None:
    assert scope.ask(url, robots_of="http://paper.example:80") == rule


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://images.elsewhere.example/a.png", None),
        ("https://www.paper.example/style.css", None),
        ("ftp://images.elsewhere.example/a.png", "scope.scheme"),
        ("http://127.0.0.1/a.png", "scope.address"),
        ("http://169.254.169.254/a.png", "scope.address"),
        ("http://0x7f.1/a.png", "scope.address"),
    ],
)
def test_requisites_may_be_on_other_public_hosts(scope: Any, url: str, rule: str | None) -> None:
    assert scope.ask(url, requisite_of="http://www.paper.example/") == rule


def test_pages_with_the_same_bytes_are_no_trap(fake_crawl: Any, answers: Any, run_instantly: Any) -> None:
    built = fake_crawl(answers(took=0.0, body=b"<style>" + b"a" * 70_000))
    built.build(ScopeMiddleware(built.politeness))

    async def work() -> None:
        for n in range(60):
            await built.download(Request(f"http://www.paper.example/day/{n}"))

    run_instantly(work())
    assert built.rules == []


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        (UrlKind.PAGE, ["trap.queries"]),
        (UrlKind.ARTICLE, []),
        (UrlKind.LIST, []),
        (UrlKind.FEED, []),
    ],
)
def test_queries_of_articles_lists_and_feeds_are_not_counted(
    fake_crawl: Any, answers: Any, run_instantly: Any, kind: UrlKind, rules: list[str]
) -> None:
    built = fake_crawl(answers())
    middleware = ScopeMiddleware(built.politeness)

    async def work() -> None:
        for n in range(MOST_QUERIES + 1):
            meta = FetchContext(kind=kind).as_meta()
            with contextlib.suppress(RequestRefused):
                middleware.process_request(Request(f"http://www.paper.example/show?id={n}", meta=meta))

    run_instantly(work())
    assert built.rules == rules


@pytest.mark.parametrize("path", ["/calendar/1985-03/sitemap.xml", "/feed?PHPSESSID=d41d8cd98f00b204e980"])
def test_feeds_and_sitemaps_are_no_traps(scope: Any, path: str) -> None:
    assert scope.ask(f"http://www.paper.example{path}", kind=UrlKind.FEED) is None
    assert scope.ask(f"http://www.paper.example{path}", kind=UrlKind.LIST) is not None
