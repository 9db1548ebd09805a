from datetime import date

import pytest

from crawler.discovery.url_patterns import find_day, looks_like_article


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/cn/news/202505/t20250522_7012345.html", date(2025, 5, 22)),
        ("/2019/09/07/a.html", date(2019, 9, 7)),
        ("/a/202311/17/WS655.html", date(2023, 11, 17)),
        ("/20200911/14526474_0.shtml", date(2020, 9, 11)),
        ("/news/2024-02-30/x", None),
        ("/c/7rtKNyg6PU9", None),
        ("/id/120190907134", None),
    ],
)
def test_date_is_read_from_the_path(path, day):
    assert find_day(f"http://a.example{path}") == day


@pytest.mark.parametrize(
    "path",
    [
        "/cn/news/202505/t20250522_7012345.html",
        "/dy/article/G33O1QTA05372UZS1234567.html",
        "/a/14526474_0.shtml",
        "/news/council-approves-new-harbour-wall",
        "/2019/11/storm.html",
    ],
)
def test_article_urls_are_recognized(path):
    assert looks_like_article(f"http://a.example{path}")


@pytest.mark.parametrize(
    "path", ["/", "/news/", "/cn/news/index_2.html", "/tag/storm-and-sea-and-wind", "/about.html", "/2019/11/"]
)
def test_other_urls_are_not_articles(path):
    assert not looks_like_article(f"http://a.example{path}")
