"""The keys of throttles and robots.txt states."""

import pytest

from crawler.politeness.errors import PolitenessError
from crawler.politeness.keys import origin_of, politeness_key, robots_url


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.tibet.cn/a", "tibet.cn"),
        ("https://IMG.Tibet.CN./a", "tibet.cn"),
        ("http://news.paper.co.uk:8080/", "paper.co.uk"),
        ("http://www.gaoyuan.localhost:8000/", "gaoyuan.localhost"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]:8000/", "::1"),
        ("http://gov.cn/", "gov.cn"),
        ("http://x.gov.cn/", "x.gov.cn"),
    ],
)
def test_politeness_key(url: str, key: str) -> None:
    assert politeness_key(url) == key


@pytest.mark.parametrize(
    ("url", "place", "robots"),
    [
        ("http://Paper.example/a?b", "http://paper.example:80", "http://paper.example/robots.txt"),
        ("https://paper.example/a", "https://paper.example:443", "https://paper.example/robots.txt"),
        ("http://paper.example:8080/", "http://paper.example:8080", "http://paper.example:8080/robots.txt"),
        ("http://[::1]:81/", "http://[::1]:81", "http://[::1]:81/robots.txt"),
        ("http://[::1]/", "http://[::1]:80", "http://[::1]/robots.txt"),
    ],
)
def test_each_scheme_host_and_port_has_its_own_rules(url: str, place: str, robots: str) -> None:
    assert origin_of(url) == place
    assert robots_url(url) == robots


@pytest.mark.parametrize("url", ["", "/a", "ftp://paper.example/", "http://", "http://a:x/", "http://[::1/"])
def test_url_without_host_is_an_error(url: str) -> None:
    for function in (origin_of, politeness_key, robots_url):
        with pytest.raises(PolitenessError, match="give an absolute http or https URL"):
            function(url)
