"""Cookies by RFC 6265: one that a host sets without a Domain attribute is sent to that host alone."""

from collections import defaultdict
from collections.abc import Iterable
from http.cookiejar import Cookie, DefaultCookiePolicy

from scrapy import Request
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.http.cookies import CookieJar

from crawler.sites.hosts import host_of, is_public_suffix


class HostCookiesMiddleware(CookiesMiddleware):
    """Scrapy's cookies, with host-only cookies and the public suffixes that the project ships.

    Scrapy sends the cookies of a host to its subdomains too. For the first cookie of a crawl it downloads the Public
    Suffix List, a request that no rule of politeness and no archive would see.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self.jars = defaultdict(_make_jar)

    def _process_cookies(self, cookies: Iterable[Cookie], *, jar: CookieJar, request: Request) -> None:
        """Keep the cookies that the host may set (RFC 6265, section 5.3, steps 5 and 6)."""
        host = host_of(request.url)
        for cookie in cookies:
            domain = cookie.domain.removeprefix(".")
            if cookie.domain_specified and is_public_suffix(domain):
                if domain != host:
                    continue
                cookie.domain, cookie.domain_specified = host, False
            jar.set_cookie_if_ok(cookie, request)


def _make_jar() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain))
