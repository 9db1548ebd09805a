"""Fixtures: captures and writers with reproducible bytes."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import Block, Capture, WarcWriter

NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, UTC)
REQUEST = b"GET /a?q=1 HTTP/1.1\r\nHost: news.test\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def make_capture() -> Callable[..., Capture]:
    def make(response: bytes = RESPONSE, **changes: Any) -> Capture:
        given: dict[str, Any] = {
            "url": "http://news.test/a?q=1",
            "started_at": NOON,
            "request": REQUEST,
            "response": Block(response),
            "ip_address": "192.0.2.7",
        }
        return Capture(**(given | changes))

    return make


@pytest.fixture
def make_writer(tmp_path: Path) -> Callable[..., WarcWriter]:
    """Return a factory of writers into tmp_path/warc with sequential ids and a fixed clock."""
    numbers = itertools.count()

    def make(**options: Any) -> WarcWriter:
        given: dict[str, Any] = {
            "prefix": "test",
            "info": {"software": "Test/1.0"},
            "clock": lambda: NOON,
            "new_id": lambda: f"urn:uuid:00000000-0000-4000-8000-{next(numbers):012d}",
        }
        return WarcWriter(tmp_path / "warc", **(given | options))

    return make
