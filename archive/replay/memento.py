"""Memento (RFC 7089): links from a capture to its original URL, its neighbours and the list of all captures."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from archive.cdxj import IndexEntry
from archive.dates import parse_date
from archive.replay.address import quote_url
from archive.replay.finder import Neighbours

#: The media type of a TimeMap (RFC 6690).
LINK_FORMAT = "application/link-format"

#: Captures per page of a TimeMap.
PAGE_SIZE = 1000


def http_date(moment: datetime) -> str:
    """Return `moment` as a date in HTTP headers: ``Fri, 22 May 2026 12:00:00 GMT``."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def parse_accept_datetime(value: str) -> datetime | None:
    """Return the time in an Accept-Datetime header, ``None`` if it is malformed."""
    return parse_date(value)


@dataclass(frozen=True, slots=True)
class TimeMapPage:
    """A page of a TimeMap: captures, oldest first, from the timestamp `start` on (empty for the first page).

    `following` is the first capture of the next page, ``None`` on the last. `neighbours` has the first and last capture
    of all.
    """

    captures: Sequence[IndexEntry]
    neighbours: Neighbours
    start: str = ""
    following: IndexEntry | None = None

    def is_first(self, capture: IndexEntry) -> bool:
        """True for the first capture of all."""
        return capture == self.neighbours.first

    def is_last(self, capture: IndexEntry) -> bool:
        """True for the last capture of all."""
        return capture == self.neighbours.last


def make_timemap_page(entries: Iterable[IndexEntry], neighbours: Neighbours, start: str = "") -> TimeMapPage:
    """Return the page that begins with the first of `entries`.

    Captures in one second are not separated, since the next page begins with a second.
    """
    captures: list[IndexEntry] = []
    for entry in entries:
        if len(captures) >= PAGE_SIZE and entry.timestamp != captures[-1].timestamp:
            return TimeMapPage(captures, neighbours, start, entry)
        captures.append(entry)
    return TimeMapPage(captures, neighbours, start)


class MementoLinks:
    """Writes the links of the captures of `url`. `root` is the absolute URL of replay, without a final slash."""

    def __init__(self, root: str, url: str) -> None:
        self._root = root
        self._url = quote_url(url)

    def header(self, neighbours: Neighbours, shown: IndexEntry | None = None) -> str:
        """Return the Link header of the capture `shown`, or of the TimeGate without it."""
        links = [
            f'<{self._url}>; rel="original"',
            f'<{self._root}/{self._url}>; rel="timegate"',
            f'<{self._root}/timemap/link/{self._url}>; rel="timemap"; type="{LINK_FORMAT}"',
        ]
        return ", ".join([*links, *self._memento_links(neighbours, shown)])

    def _memento_links(self, neighbours: Neighbours, shown: IndexEntry | None) -> Iterator[str]:
        """Yield links to the first and last capture, the one shown and its neighbours, each once with its roles."""
        first, last, earlier, later = neighbours
        roles: dict[str, tuple[IndexEntry, list[str]]] = {}
        for entry, role in ((first, "first"), (last, "last"), (earlier, "prev"), (shown, ""), (later, "next")):
            if entry is not None:
                roles.setdefault(entry.timestamp, (entry, []))[1].append(role)
        for _, (entry, roles_of_one) in sorted(roles.items()):
            yield self._memento_link(entry, " ".join([*filter(None, roles_of_one), "memento"]))

    def timemap(self, page: TimeMapPage) -> Iterator[str]:
        """Yield the lines of a page of the TimeMap (RFC 6690)."""
        captures, span = page.captures, ""
        if captures:
            span = f'; from="{http_date(captures[0].date)}"; until="{http_date(captures[-1].date)}"'
        lines = [
            f'<{self._url}>; rel="original"',
            f'<{self._root}/{self._url}>; rel="timegate"',
            f'<{self._page_address("link", page.start)}>; rel="self"; type="{LINK_FORMAT}"{span}',
        ]
        if page.following is not None:
            address, date = self._page_address("link", page.following.timestamp), http_date(page.following.date)
            lines.append(f'<{address}>; rel="timemap"; type="{LINK_FORMAT}"; from="{date}"')
        for line in lines:
            yield f"{line},\n" if captures or line is not lines[-1] else f"{line}\n"
        for capture in captures:
            roles = ["first"] if page.is_first(capture) else []
            roles += ["last"] if page.is_last(capture) else []
            end = ",\n" if capture is not captures[-1] else "\n"
            yield self._memento_link(capture, " ".join([*roles, "memento"])) + end

    def json_timemap(self, page: TimeMapPage) -> str:
        """Return a page of the TimeMap in JSON, as the Memento aggregators write it."""
        neighbours = {"first": page.neighbours.first, "last": page.neighbours.last}
        mementos = {name: self._json_memento(entry) for name, entry in neighbours.items() if entry is not None}
        document: dict[str, object] = {
            "original_uri": self._url,
            "timegate_uri": f"{self._root}/{self._url}",
            "timemap_uri": {f"{kind}_format": self._page_address(kind, page.start) for kind in ("link", "json")},
            "mementos": {**mementos, "list": [self._json_memento(entry) for entry in page.captures]},
        }
        if page.following is not None:
            document["pages"] = {"next": {"uri": self._page_address("json", page.following.timestamp)}}
        return json.dumps(document, indent=1) + "\n"

    def _json_memento(self, capture: IndexEntry) -> dict[str, str]:
        return {"datetime": f"{capture.date:%Y-%m-%dT%H:%M:%SZ}", "uri": self._memento_address(capture)}

    def _page_address(self, kind: str, start: str) -> str:
        return f"{self._root}/timemap/{kind}/{start}{'/' if start else ''}{self._url}"

    def _memento_address(self, capture: IndexEntry) -> str:
        return f"{self._root}/{capture.timestamp}/{quote_url(capture.url)}"

    def _memento_link(self, capture: IndexEntry, rel: str) -> str:
        return f'<{self._memento_address(capture)}>; rel="{rel}"; datetime="{http_date(capture.date)}"'
