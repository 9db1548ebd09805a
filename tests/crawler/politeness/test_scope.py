"""URLs that may be requested at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness.scope import LONGEST_URL, find_refusal


def rule(url: str, *, is_owned: bool = True, is_loopback_site: bool = False) -> str | None:
    found = find_refusal(url, is_owned=is_owned, is_loopback_site=is_loopback_site)
    return found and found[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://www.paper.example/cn/news/yc/202607/t20260712_7341234.html",
        "https://paper.example:8443/a?b=c&d=%20e",
        "http://paper.example/2026/07/12/12/a",
        "http://新闻.example/新闻",
        "http://under_score.example/",
        "http://paper.example/a/b/a/b/c",
    ],
)
def test_article_urls_are_in_scope(url: str) -> None:
    assert rule(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://paper.example/", "scope.scheme"),
        ("file:///etc/passwd", "scope.scheme"),
        ("javascript:alert(1)", "scope.scheme"),
        ("//paper.example/", "scope.scheme"),
        ("http:///a", "scope.host"),
        ("http://paper.example:0/", "scope.host"),
        ("http://paper.example:99999/", "scope.url"),
        ("http://paper.example:80a/", "scope.url"),
        ("http://[::1/", "scope.url"),
        ("http://paper.example%2f.evil.example/", "scope.host"),
        ("http://paper.example\\@evil.example/", "scope.url"),
        ("http://paper.example/a b", "scope.url"),
        ("http://user@paper.example/", "scope.userinfo"),
        ("http://paper.example@evil.example/", "scope.userinfo"),
        ("http://paper.example/" + "a" * LONGEST_URL, "scope.length"),
        ("http://paper.example" + "".join(f"/{n}" for n in range(21)), "scope.depth"),
        ("http://paper.example/a/a/a/", "scope.repeats"),
        ("http://paper.example/x/news/list/news/list/news/list", "scope.repeats"),
    ],
)
def test_odd_urls_are_out_of_scope(url: str, expected: str) -> None:
    assert rule(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://93.184.216.34/",
        "http://localhost/",
        "http://admin.localhost/",
    ],
)
def test_numeric_hosts_are_out_of_scope(url: str) -> None:
    assert rule(url) == "scope.address"


def test_local_site_may_use_its_usual_address() -> None:
    assert rule("http://127.0.0.1:8000/", is_loopback_site=True) is None
    assert rule("http://[::1]:8000/", is_loopback_site=True) is None
    assert rule("http://www.gaoyuan.localhost:8000/", is_loopback_site=True) is None
    assert rule("http://2130706433:8000/", is_loopback_site=True) == "scope.address"
    assert rule("http://169.254.169.254/", is_loopback_site=True) == "scope.address"


def test_other_hosts_are_out_of_scope() -> None:
    assert find_refusal("http://spam.example/", is_owned=False) == (
        "scope.offsite",
        "spam.example is not one of the site's hosts",
    )


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_checked(text: str) -> None:
    find_refusal(text, is_owned=True)
    find_refusal("http://" + text, is_owned=True)
    find_refusal("http://paper.example/" + text, is_owned=True)
