"""An archive to be filled capture by capture, and replay over it asked without a socket."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import Block, Capture, Collection, Dedup
from archive.replay import Replay

HOST = "desk.localhost:8000"


def read_utf8(body: bytes, content_type: str | None) -> tuple[str, str]:
    encoding = "gb18030" if content_type and "gb" in content_type else "utf-8"
    return body.decode(encoding, "replace"), encoding


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection(tmp_path) as collection:
        yield collection


@pytest.fixture
def keep(collection) -> Iterator[Callable[..., None]]:
    """Stores an answer: ``keep("20260522120000", url, body, headers..., status=200)``."""
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
def ask(collection) -> Callable[..., Answer]:
    """Asks replay, mounted at ``/replay``, for a path as a browser sends it."""

    def ask_replay(path: str, *, method: str = "GET", replay: Any = None, **headers: str) -> Answer:
        given = replay or Replay(collection, decode=read_utf8, frame="/view")
        return asyncio.run(_exchange(given, path, method, headers))

    return ask_replay


async def _exchange(app: Any, path: str, method: str, headers: dict[str, str]) -> Answer:
    raw, _, query = f"/replay/{path}".partition("?")
    sent = [(b"host", HOST.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
    scope = {
        "type": "http", "method": method, "scheme": "http", "path": raw, "raw_path": raw.encode(), "headers": sent,
        "query_string": query.encode(), "root_path": "/replay", "server": ("127.0.0.1", 8000), "http_version": "1.1",
    }  # fmt: skip
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    fields = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    return Answer(messages[0]["status"], fields, b"".join(one.get("body", b"") for one in messages[1:]))
