"""The portal that serves a folder of saved pages."""

import gzip
import http.client
import socket

import pytest

from crawler.demo import DemoError, DemoServer, PagesPortal

ODD = ["a b", "100% news", "x?y#z", "县区 新闻", "..dots", "quote\"'<i>", "semi;colon&amp", "plus+plus"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.txt").write_text("not a page")
    pages = tmp_path / "pages"
    pages.mkdir()
    return pages


@pytest.fixture
def fetch():
    def fetch(server: DemoServer, path: str):
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        client.request("GET", path, headers={"Host": f"pages.localhost:{server.port}"})
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return answer.status, answer.getheader("Content-Type"), body

    return fetch


def test_pages_are_served_unchanged_without_charset(folder, fetch):
    body = "<title>江滨</title>".encode("gb18030") + b"\xff\x00\r\n"
    (folder / "plain.html").write_bytes(body)
    (folder / "packed.html.gz").write_bytes(gzip.compress(body + b"2"))
    (folder / "picture.png").write_bytes(b"no page")
    with DemoServer([PagesPortal(folder)]) as server:
        assert fetch(server, "/plain.html") == (200, "text/html", body)
        assert fetch(server, "/packed.html") == (200, "text/html", body + b"2")
        assert fetch(server, "/picture.png")[0] == 404
        front = fetch(server, "/")[2].decode()
    assert 'href="/plain.html"' in front
    assert 'href="/packed.html"' in front
    assert "picture" not in front


def test_pages_with_special_characters_in_names_are_found(folder, fetch):
    for number, name in enumerate(ODD):
        (folder / f"{name}.html").write_text(f"page {number}")
    portal = PagesPortal(folder)
    with DemoServer([portal]) as server:
        front = fetch(server, "/")[2].decode()
        found = {fetch(server, path)[2].decode() for path in portal.paths}
    assert found == {f"page {number}" for number in range(len(ODD))}
    assert all(f'href="{path}"' in front for path in portal.paths)
    assert "<i>" not in front


def test_page_whose_name_is_not_utf8_is_found(folder, fetch):
    try:
        (folder / "\udcff\udcfe.html").write_text("odd bytes")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    portal = PagesPortal(folder)
    with DemoServer([portal]) as server:
        assert portal.paths == ("/%FF%FE.html",)
        assert fetch(server, "/%FF%FE.html")[2] == b"odd bytes"
        assert fetch(server, "/")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/../pages/one.html",
        "//one.html",
        "/one.html/",
        "/one",
    ],
)
def test_no_path_leads_outside_the_folder(folder, path):
    (folder / "one.html").write_text("one")
    with (
        DemoServer([PagesPortal(folder)]) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as client,
    ):
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: pages.localhost\r\nConnection: close\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 404 ")


def test_empty_folder_is_an_error(folder):
    with pytest.raises(DemoError, match=r"pages: no saved pages; put \.html or \.html\.gz files there"):
        PagesPortal(folder)


def test_missing_folder_is_an_error(folder):
    with pytest.raises(DemoError, match="nowhere: cannot be read as a folder of saved pages: No such file"):
        PagesPortal(folder / "nowhere")


@pytest.mark.parametrize(
    "broken", [b"no gzip", gzip.compress(b"<html>" * 500)[:-20], b""], ids=["no gzip", "cut", "empty"]
)
def test_broken_file_is_named_in_the_error(folder, broken):
    (folder / "bad.html.gz").write_bytes(broken)
    if not broken:
        # The gzip module reads an empty file as an empty stream, so that it is an empty page.
        assert PagesPortal(folder).paths == ("/bad.html",)
        return
    with pytest.raises(DemoError, match=r"bad\.html\.gz: not a complete gzip file"):
        PagesPortal(folder)


def test_two_files_with_the_same_stem_are_an_error(folder):
    (folder / "one.html").write_text("1")
    (folder / "one.html.gz").write_bytes(gzip.compress(b"2"))
    with pytest.raises(DemoError, match=r"one\.html\.gz: another file has the same name one; rename one of them"):
        PagesPortal(folder)
