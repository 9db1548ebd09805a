"""Crawler traps."""

from datetime import UTC, datetime

import pytest

from crawler.politeness.traps import MOST_ALIKE, MOST_QUERIES, TrapWatch, shape_of

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
    found = TrapWatch().find_refusal(HOME + path, NOW)
    assert (found and found[0]) == rule


def test_endless_queries() -> None:
    watch = TrapWatch()
    for n in range(MOST_QUERIES):
        assert watch.find_refusal(f"{HOME}/list?filter={n}", NOW) is None
    refused = watch.find_refusal(f"{HOME}/list?filter=new", NOW)
    assert refused is not None
    assert refused[0] == "trap.queries"
    assert watch.find_refusal(f"{HOME}/list?filter=7", NOW) is None  # known
    assert watch.find_refusal(f"{HOME}/other?filter=new", NOW) is None


def test_equal_pages_apart_from_numbers() -> None:
    watch = TrapWatch()
    for n in range(MOST_ALIKE):
        assert watch.find_refusal(f"{HOME}/day/{n}", NOW) is None
        watch.record_page(f"{HOME}/day/{n}", b"<p>Nothing on day %d.  </p>" % n)
    refused = watch.find_refusal(f"{HOME}/day/999", NOW)
    assert refused is not None
    assert refused[0] == "trap.alike"
    assert watch.find_refusal(f"{HOME}/a/999", NOW) is None


def test_different_page_restarts_the_count() -> None:
    watch = TrapWatch()
    for n in range(3 * MOST_ALIKE):
        watch.record_page(f"{HOME}/day/{n}", b"news" if n % (MOST_ALIKE - 1) == 0 else b"nothing")
    assert watch.find_refusal(f"{HOME}/day/999", NOW) is None


def test_shape_replaces_numbers_and_drops_query_values() -> None:
    assert shape_of(f"{HOME}/a/12?b=1&a=2") == shape_of(f"{HOME}/a/7?a=&b=3") == "www.paper.example/a/0?a&b"
