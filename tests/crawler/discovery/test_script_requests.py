"""Requests for numbered pages of JSON lists are read from scripts; their entries are described."""

import json

import pytest

from crawler.discovery.feeds import FeedError
from crawler.discovery.json_description import describe_json_list
from crawler.discovery.json_lists import read_json_list
from crawler.discovery.script_requests import find_json_requests, find_numbered_url
from crawler.sites import JsonList

PAGE = "http://a.example/news/"
ROOT = "http://a.example"


@pytest.mark.parametrize(
    ("script", "url", "post"),
    [
        ("var page = 1; function f() { $.getJSON('/api?page=' + page, show); page++; }", "/api?page={n}", None),
        ("let pageNo = 0; axios.get('/l', {params: {pageNo, size: 10}}); pageNo++", "/l?pageNo={n-1}&size=10", None),
        ("fetch(`/l?c=12&page=${page}&size=20`).then(show)", "/l?c=12&page={n}&size=20", None),
        ("var u = '/l?page=' + page; $.get(u, show)", "/l?page={n}", None),
        (
            "$.ajax({url: base + '/q', data: 'pageIndex=' + i + '&rows=9'}); var base='/x'; i++",
            "/x/q?pageIndex={n}&rows=9",
            None,
        ),
        ("xhr.open('GET', '/data/list_' + page + '.json'); xhr.send();", "/data/list_{n}.json", None),
        ("$.get('/l', {start: (page - 1) * 10, limit: 10, _: Date.now()})", "/l?start={n*10-10}&limit=10&_=1", None),
        ("axios.post('/l', {page: this.page, type: 'news'})", "/l", '{"page": {n}, "type": "news"}'),
        ("var q = {page: 1, size: 5}; $.post('/l', q, show); q.page++", "/l", "page={n}&size=5"),
        (
            "xhr.open('POST', '/l'); xhr.send('offset=' + (p - 1) * 10 + '&limit=10');",
            "/l",
            "offset={n*10-10}&limit=10",
        ),
    ],
)
def test_plain_request_is_read(script, url, post):
    assert find_json_requests(script, PAGE) == [JsonList(ROOT + url, post)]


@pytest.mark.parametrize(
    "script",
    [
        "fetch(config.base + route).then(render)",
        "$.get('/l?page=' + page + '&sign=' + md5(page + key()), show)",
        "$.get('/menu', {id: 3}, show)",
        "$('#box').load('/list_' + page + '.html')",
    ],
)
def test_request_that_is_computed_or_not_numbered_is_left_out(script):
    assert find_json_requests(script, PAGE) == []


def test_url_of_a_request_that_cannot_be_read_is_named():
    assert find_numbered_url("$.get('/l?page=' + page + '&sign=' + md5(key()), show)") == "/l?page="


def describe(entries, articles=(), scripts=""):
    body = json.dumps({"code": 0, "data": {"hot": entries[:1], "rows": entries}}).encode()
    return describe_json_list(body, JsonList(f"{ROOT}/l?page={{n}}"), articles, scripts)


def test_links_titles_and_dates_are_found_by_name_or_value():
    entries = [
        {"cover": f"/img/{n}.jpg", "jump": f"/n/{n}.html", "docTitle": f"Story {n}", "at": "2026-03-04 10:00"}
        for n in range(3)
    ]
    described = describe(entries)
    assert (described.items, described.link, described.title, described.date) == ("data.rows", "jump", "docTitle", "at")


def test_links_are_joined_as_those_of_known_articles_are():
    entries = [{"dir": f"/2026/0{n}/", "id": 4100 + n, "views": 7} for n in range(1, 5)]
    articles = [f"{ROOT}/2026/0{n}/a_{4100 + n}.html" for n in range(1, 4)]
    described = describe(entries, articles)
    assert described.link == "{dir}a_{id}.html"
    body = json.dumps({"data": {"rows": entries}}).encode()
    assert read_json_list(body, described, PAGE).entries[3].url == f"{ROOT}/2026/04/a_4104.html"


def test_links_are_joined_as_a_script_joins_them():
    entries = [{"id": 4100 + n} for n in range(3)]
    assert describe(entries, scripts="add('<a href=\"/d/' + row.id + '.html\">')").link == "/d/{id}.html"
    assert describe(entries, scripts="add(`/d/${row.id}`)").link == "/d/{id}"
    assert describe(entries) is None


def test_response_that_is_no_json_is_an_error():
    with pytest.raises(FeedError):
        describe_json_list(b"<html>", JsonList(ROOT), (), "")
