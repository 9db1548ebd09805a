"""The forms items are exported in."""

import csv
from collections.abc import Iterable
from dataclasses import fields
from typing import IO, Any

from crawler.items import Article, Provenance
from crawler.store import article_to_json

_NESTED = ("evidence", "provenance")
_COLUMNS = [field.name for field in fields(Article) if field.name not in _NESTED]
_PROVENANCE = [field.name for field in fields(Provenance)]


def write_jsonl(items: Iterable[Article], file: IO[str]) -> int:
    """Write one JSON object a line. How many there were."""
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        file.write(article_to_json(item) + "\n")
    return number


def write_csv(items: Iterable[Article], file: IO[str]) -> int:
    """Write a table with a line of names (RFC 4180), lists joined by ``; ``, the record in columns of its own.

    How many items there were. The evidence is left out: it is no table.
    """
    writer = csv.writer(file)
    writer.writerow([*_COLUMNS, *_PROVENANCE])
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        record = [getattr(item.provenance, name, None) for name in _PROVENANCE]
        writer.writerow([*(_cell(getattr(item, name)) for name in _COLUMNS), *record])
    return number


def _cell(value: Any) -> Any:
    text = "; ".join(value) if isinstance(value, tuple) else value
    # Half a surrogate pair has no UTF-8 form; JSON can escape it, a table cannot.
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text
