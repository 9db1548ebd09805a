"""The list of pages of a WACZ (WACZ 1.1.1, section pages.jsonl)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain

from archive.record import format_date


@dataclass(frozen=True, slots=True)
class Page:
    """An entry in the list of pages: URL, WARC-Date of the capture, title and plain text."""

    url: str
    captured_at: datetime
    title: str | None = None
    text: str | None = None


def page_lines(pages: Iterable[Page]) -> Iterator[str]:
    """Yield the lines of ``pages.jsonl``. ``hasText`` is set if the first page has text."""
    rows = iter(pages)
    first = next(rows, None)
    head: dict[str, object] = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    if first is not None and first.text:
        head["hasText"] = True
    yield json.dumps(head) + "\n"
    for page in chain([first] if first is not None else [], rows):
        yield json.dumps(_row(page)) + "\n"


def _row(page: Page) -> dict[str, str]:
    ts = format_date(page.captured_at)
    row = {
        "id": sha256(f"{ts} {page.url}".encode("utf-8", "surrogatepass")).hexdigest()[:22],
        "url": page.url,
        "ts": ts,
    }
    if page.title:
        row["title"] = page.title
    if page.text:
        row["text"] = page.text
    return row
