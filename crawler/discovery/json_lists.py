"""Lists of articles in JSON, as "load more" buttons request them.

A path such as ``data.list`` leads to a value: the names of its keys and the indexes of its lists, joined by dots. A
template such as ``/news/{id}.html`` has paths in braces.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from crawler.discovery.feeds import FeedEntry, FeedError
from crawler.extraction.data.table_file import Table, load_table
from crawler.extraction.document import Document, resolve
from crawler.sites import JsonList

_JSONP = re.compile(rb"^\s*(?:/\*.*?\*/\s*)?[\w$.]+\s*\((.*)\)\s*;?\s*$", re.DOTALL)
_IN_BRACES = re.compile(r"\{([^{}]+)\}")
#: Times in seconds since the epoch, and in milliseconds.
_SECONDS, _MILLISECONDS = re.compile(r"\d{9,10}"), re.compile(r"\d{12,13}")
#: Depth to which the list of entries is looked for if its path is not given.
_MAX_DEPTH = 6


class _EntryNames(Table, frozen=True):
    """The tables of ``json_lists.toml``."""

    link: tuple[str, ...]
    title: tuple[str, ...]
    date: tuple[str, ...]


@cache
def entry_names() -> _EntryNames:
    """Return the usual names of values in entries."""
    return load_table(Path(__file__).with_suffix(".toml"), _EntryNames)


@dataclass(frozen=True, slots=True)
class JsonPage:
    """One page of a JSON list: its entries, and the value that leads to the next page.

    `following` is a URL, a value for ``{next}``, ``True`` for the next number, or ``None`` on the last page.
    """

    entries: tuple[FeedEntry, ...]
    following: str | bool | None


def read_json_list(body: bytes, described: JsonList, base: str, zone: tzinfo = UTC) -> JsonPage:
    """Read one page of a JSON list, also within a JSONP call. Relative links are resolved against `base`.

    `zone` is the time zone of dates without one. Raises FeedError if the body is not JSON, or the path of the entries
    leads to none.
    """
    data = parse_json(body)
    items = find_value(data, described.items) if described.items else _guess_items(data, described.link)
    if isinstance(items, str) and "<a" in items:
        entries = _read_markup(items, base)
    elif isinstance(items, list):
        entries = [entry for item in items if (entry := _read_entry(item, described, base, zone))]
    elif items is None and not described.items:
        entries = []
    elif isinstance(items, dict):
        entries = [entry for item in items.values() if (entry := _read_entry(item, described, base, zone))]
    else:
        raise FeedError(f"no list of entries at {described.items!r}")
    return JsonPage(tuple(entries), _find_following(data, described, base) if entries else None)


def parse_json(body: bytes) -> Any:
    """Return the data in a response in JSON or JSONP. Raises FeedError."""
    found = _JSONP.match(body)
    try:
        return json.loads(found[1] if found else body)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"not JSON: {error}") from error


def find_value(data: object, path: str) -> Any:
    """Return the value that a path leads to, ``None`` if there is no such value."""
    value: Any = data
    for step in filter(None, path.replace("[", ".").replace("]", "").lstrip("$").split(".")):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def fill_template(template: str, data: object) -> str | None:
    """Return a template with the values of its paths, ``None`` if one of them is missing or empty."""
    values = [find_value(data, path) for path in _IN_BRACES.findall(template)]
    if any(value in (None, "", False) for value in values):
        return None
    texts = iter(str(value) for value in values)
    return _IN_BRACES.sub(lambda _: next(texts), template)


def _read_text(item: object, described: str | None, names: Sequence[str]) -> str | None:
    """Return a value of an entry by its path or template, else by the usual names."""
    if described:
        value = fill_template(described, item) if "{" in described else find_value(item, described)
    elif isinstance(item, Mapping):
        lowered = {str(key).lower(): value for key, value in item.items()}
        value = next((lowered[name.lower()] for name in names if lowered.get(name.lower())), None)
    else:
        value = None
    return str(value).strip() or None if isinstance(value, str | int) and not isinstance(value, bool) else None


def _read_entry(item: object, described: JsonList, base: str, zone: tzinfo) -> FeedEntry | None:
    link = _read_text(item, described.link, entry_names().link)
    if not link or (described.title and not _read_text(item, described.title, ())):
        return None
    date = _read_text(item, described.date, entry_names().date)
    return FeedEntry(urljoin(base, link), read_time(date, zone) if date else None)


def read_time(text: str, zone: tzinfo) -> datetime | None:
    """Return a time written as ISO 8601 or as a number of seconds or milliseconds since the epoch, or ``None``."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_markup(markup: str, base: str) -> list[FeedEntry]:
    document = Document(markup.encode(), base, content_type="text/html; charset=utf-8")
    return [FeedEntry(link.url) for link in document.followable_links()]


def _guess_items(data: object, link: str | None) -> list[Any] | str | None:
    """Return the longest list whose entries have a link, else a text with markup that has links."""
    candidates = list(_find_candidates(data, link, 0))
    lists = [one for one in candidates if isinstance(one, list)]
    return max(lists, key=len, default=None) or next((one for one in candidates if isinstance(one, str)), None)


def _find_candidates(data: object, link: str | None, depth: int) -> Iterator[list[Any] | str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, str) and "<a" in data and "href" in data:
        yield data
    elif isinstance(data, list):
        if any(_read_text(item, link, entry_names().link) for item in data):
            yield data
        for item in data[:3]:
            yield from _find_candidates(item, link, depth + 1)
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _find_candidates(value, link, depth + 1)


def _find_following(data: object, described: JsonList, base: str) -> str | bool | None:
    if not described.next:
        return described.is_numbered or None
    if "{" in described.next:
        url = fill_template(described.next, data)
        return urljoin(base, url) if url else None
    value = find_value(data, described.next)
    if value is True:
        return True
    if not value or not isinstance(value, str | int):
        return None
    text = str(value)
    return resolve(base, text) if text.startswith(("/", "?", "http")) else text
