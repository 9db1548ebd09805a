"""Captures of requests other than GET have keys of their own, as in cdxj-indexer -p."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Collection
from archive.cdxj import cdxj_line
from archive.request_key import url_with_method

URL = "http://forum.test/story?id=7"


def request(method: str, body: bytes = b"", kind: str = "") -> bytes:
    head = f"{method} /story?id=7 HTTP/1.1\r\nHost: forum.test\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


#: Written with cdxj-indexer 1.5.0: `append_method_query`.
QUERIES = [
    (request("HEAD"), "&__wb_method=HEAD"),
    (request("OPTIONS"), "&__wb_method=OPTIONS"),
    (request("POST"), "&__wb_method=POST&__wb_post_data="),
    (request("POST", b"a=1&b=%E4%B8%AD+x", "application/x-www-form-urlencoded"), "&__wb_method=POST&a=1&b=中 x"),
    (request("PUT", b'{"q": [1, 2], "r": {"q": null}}', "application/json"), "&__wb_method=PUT&q=1&q.2_=2&q.3_=None"),
    (request("POST", b'{"a": 1}\n{"b": true}', "application/json; charset=utf-8"), "&__wb_method=POST&a=1&b=True"),
    (request("POST", b"not json", "application/json"), "&__wb_method=POST"),
    (request("POST", b"not json", "text/plain"), "&__wb_method=POST&__wb_post_data=bm90IGpzb24="),
    (request("POST", b"\xff\xfe", "application/x-www-form-urlencoded"), "&__wb_method=POST&__wb_post_data=//4="),
    (
        request(
            "POST",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\none two\r\n'
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="p.bin"\r\n\r\n\xff\0\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        "&__wb_method=POST&a=one+two&f=%FF%00",
    ),
]


@pytest.mark.parametrize(("message", "added"), QUERIES)
def test_query_says_method_and_body(message, added):
    assert url_with_method(URL, message) == URL + added
    assert url_with_method("http://forum.test/story", message) == "http://forum.test/story?" + added[1:]


@pytest.mark.parametrize("message", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\0garbage"])
def test_get_has_the_key_of_the_url(message):
    assert url_with_method(URL, message) == URL


@given(
    st.binary(max_size=200), st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
)
def test_no_body_raises(body, kind):
    url_with_method(URL, request("POST", body, kind))


def member(kind: str, number: int, block: bytes, *, concurrent_to: int | None = None, more: str = "") -> bytes:
    named = f"WARC-Concurrent-To: <urn:x:{concurrent_to}>\r\n" if concurrent_to is not None else ""
    named += more
    head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{number}>\r\nWARC-Target-URI: {URL}\r\n"
    head += f"WARC-Date: 2031-07-09T08:30:{number:02}Z\r\n{named}Content-Type: application/http\r\n"
    head += f"Content-Length: {len(block)}\r\n\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def answer(text: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + text.encode()


GET, POST, HEAD = (request(method) for method in ("GET", "POST", "HEAD"))
ORDERS = {
    "response first, linked": [
        member("response", 1, answer("page")),
        member("request", 2, GET, concurrent_to=1),
        member("response", 3, answer("thanks")),
        member("request", 4, POST, concurrent_to=3),
    ],
    "request first, linked": [
        member("request", 2, GET, concurrent_to=1),
        member("response", 1, answer("page")),
        member("request", 4, POST, concurrent_to=3),
        member("response", 3, answer("thanks")),
    ],
    "request first, response names it": [
        member("request", 2, GET),
        member("response", 1, answer("page"), concurrent_to=2),
        member("request", 4, POST),
        member("response", 3, answer("thanks"), concurrent_to=4),
    ],
    "request first, not linked": [
        member("request", 2, GET),
        member("response", 1, answer("page")),
        member("request", 4, POST),
        member("response", 3, answer("thanks")),
    ],
    "response first, not linked": [
        member("response", 1, answer("page")),
        member("request", 2, GET),
        member("response", 3, answer("thanks")),
        member("request", 4, POST),
    ],
    "requests after all, linked": [
        member("response", 1, answer("page")),
        member("response", 3, answer("thanks")),
        member("request", 4, POST, concurrent_to=3),
        member("request", 2, GET, concurrent_to=1),
    ],
    "the page has no request": [
        member("response", 1, answer("page")),
        member("request", 4, POST, concurrent_to=3),
        member("response", 3, answer("thanks")),
    ],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("pack", [lambda data: data, gzip.decompress], ids=["gzip", "plain"])
def test_response_to_post_is_not_the_newest_capture(tmp_path, order, pack):
    source = tmp_path / "x.warc.gz"
    source.write_bytes(b"".join(pack(record) for record in ORDERS[order]))
    with Collection(tmp_path / "data") as collection:
        (imported,) = collection.import_file(source)
        assert imported.captures == 2
        (entry,) = collection.index.captures(URL)
        assert b"page" in collection.load(entry).body()
        methods = {one.method: cdxj_line(one) for one in collection.index.search()}
        assert sorted(methods) == ["GET", "POST"]
        assert methods["POST"].startswith("test,forum)/story?__wb_method=post&__wb_post_data=&id=7 ")
        assert json.loads(methods["POST"].split(" ", 2)[2])["method"] == "POST"
        assert list(collection.verify()) == []


def test_revisit_of_a_response_to_post_finds_its_original(tmp_path):
    refers = f"WARC-Refers-To-Target-URI: {URL}\r\nWARC-Refers-To-Date: 2031-07-09T08:30:03Z\r\n"
    revisit = member("revisit", 5, b"", more=f"WARC-Profile: http://netpreserve.org/identical\r\n{refers}")
    records = [*ORDERS["response first, linked"], revisit, member("request", 6, POST, concurrent_to=5)]
    source = tmp_path / "x.warc.gz"
    source.write_bytes(b"".join(records))
    with Collection(tmp_path / "data") as collection:
        list(collection.import_file(source))
        posted = [entry for entry in collection.index.search() if entry.method == "POST"]
        assert [b"thanks" in collection.load(entry).body() for entry in posted] == [True, True]


def test_writer_keys_by_the_method(tmp_path, make_capture):
    with Collection(tmp_path) as collection:
        with collection.writer("test", {}) as writer:
            writer.write(make_capture(url=URL))
            writer.write(make_capture(url=URL, request=HEAD))
        live = [entry.urlkey for entry in collection.index.search()]
        (name,) = collection.index.files()
        collection.reindex(name)
        assert [entry.urlkey for entry in collection.index.search()] == live
        assert len(collection.index.captures(URL)) == 1
