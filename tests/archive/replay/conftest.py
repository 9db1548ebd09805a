"""Fixtures: a collection that tests fill, and requests to its replay."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import Block, Capture, Collection, Dedup
from archive.replay import Replay

HOST = "desk.localhost:8000"


def decode_body(body: bytes, content_type: str | None) -> tuple[str, str]:
    encoding = "gb18030" if content_type and "gb" in content_type else "utf-8"
    return body.decode(encoding, "replace"), encoding


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection(tmp_path) as collection:
        yield collection


@pytest.fixture
def keep(collection) -> Iterator[Callable[..., None]]:
    """Return a function that stores a response: ``keep("20260522120000", url, body, headers..., status=200)``."""
    with collection.writer("test", {}, dedup=Dedup.URL) as writer:

        def keep_answer(at: str, url: str, body: bytes | str = b"", *headers: str, status: int = 200) -> None:
            body = body.encode() if isinstance(body, str) else body
            fields = headers or ("Content-Type: text/html; charset=utf-8",)
            head = "\r\n".join([f"HTTP/1.1 {status} X", *fields, f"Content-Length: {len(body)}", "", ""])
            when = datetime.strptime(at, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            request = f"GET {url} HTTP/1.1\r\n\r\n".encode()
            writer.write(Capture(url=url, started_at=when, request=request, response=Block(head.encode() + body)))

        yield keep_answer


@pytest.fixture
def ask(collection, exchange) -> Callable[..., Any]:
    """Return a function that requests a path from replay mounted at ``/replay``."""

    def ask_replay(path: str, *, replay: Any = None, **given: str) -> Any:
        app = replay or Replay(collection, decode=decode_body, frame="/view")
        return exchange(app, f"/replay/{path}", root_path="/replay", host=HOST, **given)

    return ask_replay
