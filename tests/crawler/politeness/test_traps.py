"""Crawler traps."""

from datetime import UTC, datetime

import pytest

from crawler.politeness.traps import MOST_BARREN, MOST_QUERIES, ListWatch, QueryWatch, find_endless_url

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC).timestamp()
HOME = "http://www.paper.example"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/news;jsessionid=0A1B2C3D4E5F", "trap.session"),
        ("/a?PHPSESSID=d41d8cd98f00b204e980", "trap.session"),
        ("/a?id=5&sid=a94a8fe5ccb19ba61c4c", "trap.session"),
        ("/a?sessionid=0123456789abcdef0", "trap.session"),
        ("/calendar/2031/05/", "trap.calendar"),
        ("/calendar/2031-5", "trap.calendar"),
        ("/events?month=1887-03", "trap.calendar"),
        ("/list?year=2040&month=1", "trap.calendar"),
        ("/a?sid=2026030512345678", None),  # an article's number
        ("/a?session=spring", None),
        ("/calendar/2026/04/", None),
        ("/calendar/2027/03/", None),
        ("/events/1045.html", None),
        ("/news/2031-05/a.html", None),  # not a calendar: a wrong date alone is not a trap
        ("/t20260305_7312345.html", None),
        ("/", None),
    ],
)
def test_single_url_is_recognized_as_a_trap_or_not(path: str, rule: str | None) -> None:
    found = find_endless_url(HOME + path, NOW)
    assert (found and found[0]) == rule


def test_endless_queries() -> None:
    watch = QueryWatch()
    for n in range(MOST_QUERIES):
        assert watch.find_refusal(f"{HOME}/list?filter={n}") is None
    refused = watch.find_refusal(f"{HOME}/list?filter=new")
    assert refused is not None
    assert refused[0] == "trap.queries"
    assert watch.find_refusal(f"{HOME}/list?filter=7") is None  # known
    assert watch.find_refusal(f"{HOME}/other?filter=new") is None
    assert watch.find_refusal(f"{HOME}/list") is None


def test_list_that_repeats_itself_is_a_trap() -> None:
    watch = ListWatch()
    assert not watch.is_trap(HOME, ["/a", "/b"])
    assert [watch.is_trap(HOME, ["/b", "/a"]) for _ in range(MOST_BARREN)] == [False] * (MOST_BARREN - 1) + [True]
    assert not watch.is_trap(f"{HOME}/other", ["/a", "/b"])


def test_list_without_articles_is_a_trap() -> None:
    watch = ListWatch()
    assert [watch.is_trap(HOME, []) for _ in range(MOST_BARREN)][-1]


def test_new_article_restarts_the_count() -> None:
    watch = ListWatch()
    for n in range(20 * MOST_BARREN):
        assert not watch.is_trap(HOME, [f"/{n // (MOST_BARREN - 1)}"])
