"""Tests of lists in JSON."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crawler.discovery.feeds import FeedError
from crawler.discovery.json_lists import read_json_list
from crawler.sites import JsonList

SECTION = "http://paper.localhost/news/"
API = "http://paper.localhost/api/list?page={n}"


def read(data: object, **described: str):
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return read_json_list(body, JsonList(API, **described), SECTION, ZoneInfo("Asia/Shanghai"))


def test_entries_are_read_by_paths_and_templates():
    data = {"data": {"rows": [{"id": 7, "t": "水渠", "at": "2025-03-04 08:00"}, {"id": 8, "t": ""}], "more": True}}
    page = read(data, items="data.rows", link="/n/{id}.html", title="t", date="at", next="data.more")
    assert [entry.url for entry in page.entries] == ["http://paper.localhost/n/7.html"]
    assert page.entries[0].changed == datetime(2025, 3, 4, 0, 0, tzinfo=UTC)
    assert page.following is True


@pytest.mark.parametrize(
    "data",
    [
        [{"url": "/n/7.html"}],
        {"code": 0, "data": {"list": [{"title": "x", "linkUrl": "/n/7.html", "pubDate": 1741046400000}]}},
        {"html": "<li><a href='/n/7.html'>x</a></li>"},
        b'callback_1([{"docPubUrl": "/n/7.html"}]);',
        {"articles": {"7": {"href": "/n/7.html"}}, "rows": [{"href": "/n/7.html"}]},
    ],
)
def test_entries_are_found_without_a_description(data):
    page = read(data)
    assert [entry.url for entry in page.entries] == ["http://paper.localhost/n/7.html"]
    assert page.following is True


@pytest.mark.parametrize(
    ("extra", "described", "following"),
    [
        ({"next": "/api/list?cursor=ab"}, "next", "http://paper.localhost/api/list?cursor=ab"),
        ({"next": "ab"}, "next", "ab"),
        ({"next": None}, "next", None),
        ({"next": False}, "next", None),
        ({"p": {"c": "ab"}}, "/api/list?cursor={p.c}", "http://paper.localhost/api/list?cursor=ab"),
        ({"p": {}}, "/api/list?cursor={p.c}", None),
    ],
)
def test_next_page_by_path_or_template(extra, described, following):
    assert read({"rows": [{"url": "/n/7.html"}], **extra}, next=described).following == following


@pytest.mark.parametrize(("data", "items"), [(b"<html></html>", None), ({"a": 1}, "a"), ({"a": 1}, "b.c")])
def test_other_responses_are_errors(data, items):
    with pytest.raises(FeedError):
        read(data, **({"items": items} if items else {}))


def test_last_page_is_empty():
    page = read({"rows": []})
    assert (page.entries, page.following) == ((), None)


@pytest.mark.parametrize(
    ("url", "post", "first", "third"),
    [
        ("http://a.example/l?p={n}", None, ("http://a.example/l?p=1", None), ("http://a.example/l?p=3", None)),
        ("http://a.example/l?p={n-1}", None, ("http://a.example/l?p=0", None), ("http://a.example/l?p=2", None)),
        ("http://a.example/l", '{"from": {n*20-20}}', ("http://a.example/l", '{"from": 0}'),
         ("http://a.example/l", '{"from": 40}')),
    ],
)  # fmt: skip
def test_pages_are_counted_from_one(url, post, first, third):
    described = JsonList(url, post=post)
    assert described.request_parts(0) == first
    assert described.request_parts(2) == third
