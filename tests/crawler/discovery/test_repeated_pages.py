"""Tests of the agreement between pages."""

import pytest

from crawler.discovery.repeated_pages import RepeatedPages, is_short, may_be_wall
from crawler.items import Article, Evidence


def page(title=None, body=None, number=1, **values) -> Article:
    return Article(url=f"http://paper.localhost/{number}", title=title, body=body, **values)


def test_same_text_at_different_urls_is_repeated():
    seen = RepeatedPages()
    assert not seen.is_repeated(page("Welcome", "Choose a section.", 1))
    assert not seen.is_repeated(page("Welcome", "Choose a section.", 1))
    assert seen.is_repeated(page("Welcome", "Choose a section.", 2))
    assert not seen.is_repeated(page("Another", "Choose a section.", 4))


def test_page_without_a_body_is_repeated_if_its_title_is():
    seen = RepeatedPages()
    assert not seen.is_repeated(page("Courier", None, 1))
    assert seen.is_repeated(page("Courier", None, 2))


@pytest.mark.parametrize(
    ("first", "second", "is_repeated"),
    [
        ("No way. Id 7f0001a9c1, 10.20.30.40", "No way. Id 7f0001b773, 10.20.30.41", True),
        ("No way at 2026-11-28 10:11:12", "No way at 2026-11-28 10:11:14", True),
        ("Report number 17 from the town", "Report number 18 from the town", False),
        ("The road was closed in 2024", "The road was closed in 2025", False),
    ],
)
def test_identifiers_of_requests_do_not_count_but_numbers_do(first, second, is_repeated):
    seen = RepeatedPages()
    assert not seen.is_repeated(page("Stop", first, 1))
    assert seen.is_repeated(page("Stop", second, 2)) is is_repeated


@pytest.mark.parametrize("values", [{"date": "2026-03-01"}, {"source": "Courier"}, {"authors": ("Jane Holt",)}])
def test_page_with_a_date_or_credits_is_no_wall(values):
    assert not may_be_wall(page("Welcome", "Choose a section.", **values))


def test_day_in_the_url_is_no_date_of_the_page():
    assert may_be_wall(page("Welcome", None, date="2026-03-01", evidence={"date": Evidence("url.day")}))


def test_long_page_is_not_short():
    assert is_short(page("Welcome", "Choose a section."))
    assert not is_short(page("Welcome", "Choose a section. " * 100))
