"""The CDX server, queried as clients of pywb and of the Wayback Machine do."""

import json

import pytest

from archive.cdxj import cdxj_line
from archive.replay import CdxServer

PAGE = "http://news.test/a/1.html"
OTHER = "http://news.test/a/2.html"


@pytest.fixture
def captured(keep, collection):
    for day in (21, 22, 23, 24):
        keep(f"202605{day}120000", PAGE, f"day {day}", status=404 if day == 23 else 200)
    keep("20260522120000", OTHER, "other")
    keep("20260522120000", "http://www.sub.news.test/", "below", "Content-Type: text/plain")
    keep("20260522120000", "http://newspaper.test/", "another host")
    return collection


@pytest.fixture
def query(captured, exchange):
    """Return a function that queries the CDX server with a query string."""

    def ask_server(parameters, *, path="/cdx", **options):
        return exchange(CdxServer(captured, **options), f"{path}?{parameters}")

    return ask_server


def rows(response):
    return [json.loads(line) for line in response.text.splitlines()]


def days(response):
    return [int(row["timestamp"][6:8]) for row in rows(response)]


def test_lines_are_those_of_the_exported_index(query, captured):
    assert query(f"url={PAGE}").text == "".join(map(cdxj_line, captured.index.captures(PAGE)))


def test_json_has_an_object_per_line(query):
    first, *_ = rows(query(f"url={PAGE}&output=json"))
    assert list(first) == ["urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename"]
    assert (first["urlkey"], first["timestamp"], first["status"]) == ("test,news)/a/1.html", "20260521120000", "200")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("from=20260522", [22, 23, 24]),
        ("to=20260522", [21, 22]),
        ("from=2026052212&to=20260523120000", [22, 23]),
        ("from=2027", []),
        ("to=2026", [21, 22, 23, 24]),
        ("limit=2", [21, 22]),
        ("limit=-1", [24]),
        ("sort=reverse&limit=2", [24, 23]),
        ("sort=reverse&to=20260522", [22, 21]),
        ("closest=20260523000000&limit=2", [22, 23]),
        ("sort=closest&closest=", [21, 22, 23, 24]),
        ("sort=closest&closest=20260529", [24, 23, 22, 21]),
        ("filter=%3Dstatus:404", [23]),
        ("filter=!%3Dstatus:404", [21, 22, 24]),
        ("filter=~status:2..", [21, 22, 24]),
        ("filter=!~status:2..", [23]),
        ("filter=status:4", [23]),
        ("filter=mime:html&filter=%3Dstatus:200", [21, 22, 24]),
        ("collapse=timestamp:6", [21]),
        ("page=1&pageSize=3", [24]),
        ("page=0&pageSize=3", [21, 22, 23]),
    ],
)
def test_captures_are_selected_and_sorted(query, parameters, expected):
    assert days(query(f"url={PAGE}&output=json&{parameters}")) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("url=news.test/a/&matchType=prefix", {PAGE, OTHER}),
        ("url=news.test/a/*", {PAGE, OTHER}),
        ("url=news.test&matchType=host", {PAGE, OTHER}),
        ("url=http://news.test/a/1.html&matchType=host", {PAGE, OTHER}),
        ("url=news.test&matchType=domain", {PAGE, OTHER, "http://www.sub.news.test/"}),
        ("url=*.news.test", {PAGE, OTHER, "http://www.sub.news.test/"}),
        ("url=http://other.test/", set()),
    ],
)
def test_urls_are_selected_by_match_type(query, parameters, expected):
    assert {row["url"] for row in rows(query(f"{parameters}&output=json"))} == expected


def test_prefix_in_reverse_and_collapsed_by_url(query):
    found = rows(query("url=news.test/a/*&sort=reverse&output=json"))
    assert [row["url"] for row in found] == [OTHER, *[PAGE] * 4]
    assert [row["url"] for row in rows(query("url=news.test/a/*&collapse=urlkey&output=json"))] == [PAGE, OTHER]


def test_fields_are_chosen_in_their_order(query):
    assert query(f"url={PAGE}&limit=1&fields=timestamp,status").text == "20260521120000 200\n"
    assert rows(query(f"url={PAGE}&limit=1&fl=status,url&output=json")) == [{"status": "200", "url": PAGE}]


def test_wayback_format_is_an_array_with_a_head(query):
    answer = query(f"url={PAGE}&output=json&fl=timestamp,original,statuscode&limit=1", path="/cdx/search/cdx")
    assert json.loads(answer.text) == [["timestamp", "original", "statuscode"], ["20260521120000", PAGE, "200"]]
    assert json.loads(query("url=none.test&output=json", path="/cdx/search/cdx").text) == []
    line = query(f"url={PAGE}&limit=1", path="/cdx/search/cdx").text.split(" ")
    assert line[:5] == ["test,news)/a/1.html", "20260521120000", PAGE, "text/html", "200"]
    assert len(line[5]) == 32
    found = query(f"url={PAGE}&filter=statuscode:4..&fl=timestamp", path="/cdx/search/cdx").text
    assert found == "20260523120000\n"


def test_number_of_pages(query):
    assert query(f"url={PAGE}&showNumPages=true&pageSize=3").text == "2\n"
    assert json.loads(query(f"url={PAGE}&showNumPages=true&pageSize=3&output=json").text)["pages"] == 2


def test_timemap_is_an_output(query):
    answer = query(f"url={PAGE}&output=link")
    assert answer.headers["content-type"].startswith("application/link-format")
    assert answer.text.count('memento"; datetime=') == 4


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("", "url: is missing"),
        (f"url={PAGE}&from=yesterday", "from: expected a time"),
        (f"url={PAGE}&limit=x", "limit: expected a number"),
        (f"url={PAGE}&page=-1", "page: expected a number from 0"),
        (f"url={PAGE}&sort=size", "sort: expected reverse or closest"),
        (f"url={PAGE}*&sort=closest&closest=2026", "sort=closest: needs an exact URL"),
        (f"url={PAGE}&matchType=range", "matchType: expected exact"),
        (f"url={PAGE}&fields=colour", "fields: unknown colour"),
        (f"url={PAGE}&filter=status", "filter: expected"),
        (f"url={PAGE}&filter=~url:(", "is not a regular expression"),
        (f"url={PAGE}&output=xml", "output: expected json"),
    ],
)
def test_invalid_parameter_is_named(query, parameters, reason):
    answer = query(parameters)
    assert answer.status == 400
    assert reason in answer.text


def test_withheld_captures_are_left_out(query):
    found = rows(query("url=news.test/a/*&output=json", is_withheld=lambda url: url == PAGE))
    assert [row["url"] for row in found] == [OTHER]


def test_only_reading_is_allowed(captured, exchange):
    assert exchange(CdxServer(captured), "/cdx?url=a", method="POST").status == 405


def test_wayback_query_that_reached_its_limit_is_resumed(query):
    first = "url=news.test/a/*&fl=timestamp,original&limit=3&showResumeKey=true"
    *lines, blank, key = query(first, path="/cdx/search/cdx").text.splitlines()
    assert (len(lines), blank) == (3, "")
    rest = query(f"{first}&resumeKey={key}", path="/cdx/search/cdx").text.splitlines()
    assert [line[:8] for line in lines + rest] == ["20260521", "20260522", "20260523", "20260524", "20260522"]


def test_wayback_rows_count_earlier_captures_of_the_payload(keep, query):
    keep("20260525120000", PAGE, "day 24")
    found = query(f"url={PAGE}&output=json&fl=timestamp&showDupeCount=true", path="/cdx/search/cdx")
    assert json.loads(found.text)[0] == ["timestamp", "dupecount"]
    assert [row[1] for row in json.loads(found.text)[1:]] == ["0", "0", "0", "0", "1"]
