"""Description of a JSON list from one of its pages: where its entries are, and their link, title and date."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from crawler.discovery.json_lists import entry_names, parse_json, read_time
from crawler.sites import JsonList

#: Fewest entries of a list.
_MIN_ENTRIES = 3
#: Depth to which entries, and values of an entry, are looked for.
_MAX_DEPTH, _MAX_VALUE_DEPTH = 6, 2
#: Entries looked at.
_SAMPLE = 20
_URL = re.compile(r"(?:https?:)?//\S+|/\S+|\S+\.(?:s?html?|php|aspx?|jsp)(?:[?#]\S*)?", re.IGNORECASE)
_MEDIA = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|mp[34]|m3u8|pdf)(?:$|[?#!@])", re.IGNORECASE)
#: A link that a script joins from a value of an entry: "/news/" + item.id + ".html", `/news/${item.id}`.
_JOINED = re.compile(
    r"""["'`]([^"'`<>\s]*/[^"'`<>\s]*?)(?:["']\s*\+\s*|\$\{)\s*[\w$]+\.(\w+)\s*(?:\}|\+\s*["'])([^"'`<>\s]*)"""
)


def describe_json_list(body: bytes, request: JsonList, articles: Iterable[str], scripts: str) -> JsonList | None:
    """Return `request` with the paths of its entries and their values, or ``None`` if its page `body` holds no list.

    Entries without a link are joined to one as `scripts` do, or as known URLs of `articles` are made. Raises FeedError
    if `body` is not JSON.
    """
    data = parse_json(body)
    known = [urlsplit(url) for url in articles]
    for path, entries in sorted(_find_lists(data, (), 0), key=lambda found: -len(found[1])):
        values = [_flatten(entry) for entry in entries[:_SAMPLE]]
        if link := _join_known(values, known) or _find_link(values) or _join_by_script(values, scripts):
            return replace(
                request,
                items=".".join(path) or None,
                link=link,
                title=_find_named(values, entry_names().title),
                date=_find_date(values),
            )
    return None


def _find_lists(data: object, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Sequence[Any]]]:
    """Yield the lists of objects in `data`, each with its path."""
    if isinstance(data, list):
        if len(data) >= _MIN_ENTRIES and all(isinstance(entry, Mapping) for entry in data):
            yield path, data
    elif isinstance(data, Mapping) and depth < _MAX_DEPTH:
        for key, value in data.items():
            yield from _find_lists(value, (*path, str(key)), depth + 1)


def _flatten(entry: Mapping[str, Any], path: str = "", depth: int = 0) -> dict[str, str]:
    """Return the texts and numbers of an entry by their path."""
    values: dict[str, str] = {}
    for key, value in entry.items():
        if isinstance(value, Mapping) and depth < _MAX_VALUE_DEPTH:
            values |= _flatten(value, f"{path}{key}.", depth + 1)
        elif isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            values[f"{path}{key}"] = str(value).strip()
    return values


def _find_named(values: Sequence[Mapping[str, str]], names: Sequence[str]) -> str | None:
    """Return the path of the value that all entries have under the first of the usual `names`."""
    for name in names:
        for path in values[0]:
            parts = path.lower().split(".")
            is_named = parts[-1] == name.lower() or (parts[-1] == "rendered" and parts[-2:-1] == [name.lower()])
            if is_named and all(path in entry for entry in values):
                return path
    return None


def _find_link(values: Sequence[Mapping[str, str]]) -> str | None:
    """Return the path of the values that are URLs, each of another page: by its usual name, else the first."""
    paths = [
        path
        for path in values[0]
        if all(_URL.fullmatch(entry.get(path, "")) and not _MEDIA.search(entry[path]) for entry in values)
        and len({entry[path] for entry in values}) > len(values) // 2
    ]
    order = {name.lower(): rank for rank, name in enumerate(entry_names().link)}
    return min(paths, key=lambda path: order.get(path.lower(), len(order)), default=None)


def _find_date(values: Sequence[Mapping[str, str]]) -> str | None:
    named = _find_named(values, entry_names().date)
    if named and read_time(values[0][named], UTC):
        return named
    return next((path for path, value in values[0].items() if len(value) > 7 and read_time(value, UTC)), None)


def _join_known(values: Sequence[Mapping[str, str]], known: Sequence[Any]) -> str | None:
    """Return the template by which values of the entries make the URLs of known articles."""
    votes: Counter[str] = Counter()
    paths = {f"{one.path}{f'?{one.query}' if one.query else ''}" for one in known}
    for entry in values:
        for url in paths:
            votes.update({template for template in _templates(url, entry) if "{" in template})
    likely = [template for template, count in votes.items() if count >= _MIN_ENTRIES and _is_complete(template, values)]
    best = min(likely, key=lambda template: (-votes[template], _count_literal_digits(template)), default=None)
    return best[1:-1] if best and re.fullmatch(r"\{[^{}]+\}", best) else best


def _count_literal_digits(template: str) -> int:
    return sum(map(str.isdecimal, re.sub(r"\{[^{}]+\}", "", template)))


def _templates(url: str, entry: Mapping[str, str]) -> Iterator[str]:
    """Yield `url` with the values of an entry in it replaced by their paths: the longest values, then the last one."""
    inside = [(path, value) for path, value in entry.items() if len(value) > 1 and _find_whole(url, value) >= 0]
    template = url
    for path, value in sorted(inside, key=lambda one: -len(one[1])):
        if (at := _find_whole(template, value)) >= 0:
            template = f"{template[:at]}{{{path}}}{template[at + len(value) :]}"
    yield template
    for path, value in inside:
        at = _find_whole(url, value)
        yield f"{url[:at]}{{{path}}}{url[at + len(value) :]}"


def _find_whole(url: str, value: str) -> int:
    """Return the place of `value` in `url`, if it is not part of a longer word or number; -1 if it is absent."""
    if not value.strip("/"):
        return -1
    before = r"(?<![0-9A-Za-z{])" if value[0].isalnum() else ""
    after = r"(?![0-9A-Za-z}])" if value[-1].isalnum() else ""
    found = re.search(f"{before}{re.escape(value)}{after}", url)
    return found.start() if found else -1


def _join_by_script(values: Sequence[Mapping[str, str]], scripts: str) -> str | None:
    """Return the template by which a script joins the URL of an entry."""
    for before, key, after in _JOINED.findall(scripts):
        template = f"{before}{{{key}}}{after}"
        if _is_complete(template, values) and not _MEDIA.search(after):
            return template
    return None


def _is_complete(template: str, values: Sequence[Mapping[str, str]]) -> bool:
    """True if the template gives another URL for each entry."""
    keys = re.findall(r"\{([^{}]+)\}", template)
    made = {tuple(entry.get(key) for key in keys) for entry in values}
    return all(None not in one for one in made) and len(made) == len(values)
