"""Tests of archives by year and month."""

import pytest

from crawler.discovery.archives import find_archives
from crawler.discovery.page_links import find_page_links
from crawler.extraction.document import Document

LIST = "http://paper.localhost/news/"


def archives(markup: str, url: str = LIST) -> list[str]:
    document = Document(f"<html lang='en'><body>{markup}</body></html>".encode(), url)
    return [
        found.removeprefix("http://paper.localhost") for found in find_archives(document, find_page_links(document))
    ]


@pytest.mark.parametrize(
    ("february", "march"),
    [
        ("February 2025", "March 2025"),
        ("2025年2月", "2025年3月 (12)"),
        ("2025-02", "2025-03"),
        ("02/2025", "03/2025"),
        ("febrero de 2025", "marzo de 2025"),
    ],
)
def test_months_are_found_newest_first(february, march):
    links = f'<a href="/2025/02/">{february}</a> <a href="/2025/03/">{march}</a>'
    assert archives(links) == ["/2025/03/", "/2025/02/"]


def test_years_are_used_where_their_months_are_not_linked():
    years = '<a href="/2025/">2025</a> <a href="/2024/">2024</a> <a href="/2025/03/">2025-03</a>'
    assert archives(years) == ["/2025/03/", "/2024/"]


def test_options_of_a_menu_are_links():
    menu = (
        '<select><option value="/2025/03/">March 2025</option><option value="/2025/02/">February 2025</option></select>'
    )
    assert archives(menu) == ["/2025/03/", "/2025/02/"]


@pytest.mark.parametrize(
    "links",
    [
        '<a href="/2025/03/">March 2025</a>',
        '<a href="/a">2025</a> <a href="/b">2024</a>',
        '<a href="/2025/gala">Gala 2025</a> <a href="/2024/gala">Gala 2024</a>',
    ],
)
def test_other_links_are_no_archives(links):
    assert archives(links) == []
