"""A portal with one page, and fixtures that talk to the sample server over plain sockets."""

import socket
from collections.abc import Callable, Iterator

import pytest

from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, is_unchanged, page
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer

HTML = "<html><body><h1>One page</h1><p>" + "It has a body of some length. " * 20 + "</p></body></html>"
ETAG, MODIFIED = '"one"', "Mon, 03 Mar 2025 08:00:00 GMT"


class OnePage(Portal):
    """A page at `/`, the same in chunks at `/chunked` and with gzip at `/gzip`. `/private/` is forbidden."""

    name, host, title = "one", "www.one.localhost", "One page"
    forbidden = ("/private/",)

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/" and is_unchanged(request, ETAG, MODIFIED):
            return Reply(status=304, headers=(("ETag", ETAG),))
        whole = page(HTML, ("ETag", ETAG), ("Last-Modified", MODIFIED))
        forms = {"/": {}, "/chunked": {"chunked": 100}, "/gzip": {"gzip": True}}
        if request.path not in forms:
            return None
        return Reply(headers=whole.headers, body=whole.body, **forms[request.path])


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer([OnePage()]) as running:
        yield running


@pytest.fixture
def ask(server: DemoServer) -> Callable[..., bytes]:
    """Return a function that sends one request with Connection: close and returns the response bytes."""

    def ask(path: str = "/", *fields: str, method: str = "GET", host: str = "www.one.localhost") -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{server.port}", *fields, "Connection: close", "", ""]
            client.sendall("\r\n".join(lines).encode())
            return read_all(client)

    return ask


def read_all(client: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
def html() -> str:
    """The page of `OnePage`."""
    return HTML


@pytest.fixture
def one_page() -> type[OnePage]:
    return OnePage
