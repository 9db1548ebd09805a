"""The hosts that a cookie is sent to (RFC 6265)."""

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.middlewares.cookies import HostCookiesMiddleware

SITE = "http://paper.example/news/1"


def cookies_sent(set_by: str, attributes: str, to: str) -> bytes | None:
    middleware = HostCookiesMiddleware.from_crawler(get_crawler())
    request = Request(set_by)
    middleware.process_response(request, Response(set_by, headers={"Set-Cookie": f"id=1{attributes}"}))
    following = Request(to)
    middleware.process_request(following)
    return following.headers.get("Cookie")


@pytest.mark.parametrize(
    ("set_by", "attributes", "to", "is_sent"),
    [
        (SITE, "", "http://paper.example/news/2", True),
        (SITE, "", "http://paper.example:8080/news/2", True),
        (SITE, "", "http://other.paper.example/news/2", False),
        ("http://www.paper.example/", "", "http://paper.example/", False),
        (SITE, "; Domain=paper.example; Path=/", "http://other.paper.example/", True),
        (SITE, "; Domain=.paper.example; Path=/", "http://a.b.paper.example/", True),
        ("http://www.paper.example/", "; Domain=paper.example", "http://paper.example/", True),
        (SITE, "; Domain=paper.example", "http://badpaper.example/news/2", False),
        (SITE, "; Domain=other.example", "http://other.example/news/2", False),
        ("http://a.gov.cn/", "; Domain=gov.cn", "http://b.gov.cn/", False),
        ("http://a.github.io/", "; Domain=github.io", "http://b.github.io/", False),
        ("http://gov.cn/", "; Domain=gov.cn", "http://gov.cn/news", True),
        ("http://gov.cn/", "; Domain=gov.cn", "http://a.gov.cn/news", False),
        ("http://127.0.0.1/", "", "http://127.0.0.1/a", True),
        ("http://localhost/", "", "http://localhost/a", True),
        ("http://localhost/", "", "http://paper.localhost/a", False),
        (SITE, "; Path=/news", "http://paper.example/newsletter", False),
        ("https://paper.example/", "; Secure", "http://paper.example/", False),
    ],
)
def test_cookies_are_sent_to_the_hosts_they_are_for(set_by, attributes, to, is_sent):
    assert cookies_sent(set_by, attributes, to) == (b"id=1" if is_sent else None)
