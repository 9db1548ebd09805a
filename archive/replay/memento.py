"""Memento (RFC 7089): links from a capture to its original URL, its neighbours and the list of all captures."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from archive.cdxj import IndexEntry
from archive.dates import parse_date
from archive.replay.address import quote_url
from archive.replay.finder import Neighbours

#: The media type of a TimeMap (RFC 6690).
LINK_FORMAT = "application/link-format"


def http_date(moment: datetime) -> str:
    """Return `moment` as a date in HTTP headers: ``Fri, 22 May 2026 12:00:00 GMT``."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def parse_accept_datetime(value: str) -> datetime | None:
    """Return the time in an Accept-Datetime header, ``None`` if it is malformed."""
    return parse_date(value)


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

    def timemap(self, captures: Sequence[IndexEntry]) -> Iterator[str]:
        """Yield the lines of the TimeMap; `captures` are oldest first."""
        yield f'<{self._url}>; rel="original",\n'
        yield f'<{self._root}/{self._url}>; rel="timegate",\n'
        span = f'; from="{http_date(captures[0].date)}"; until="{http_date(captures[-1].date)}"' if captures else ""
        end = ",\n" if captures else "\n"
        yield f'<{self._root}/timemap/link/{self._url}>; rel="self"; type="{LINK_FORMAT}"{span}{end}'
        for at, capture in enumerate(captures):
            rel = " ".join([*(["first"] if at == 0 else []), *(["last"] if at == len(captures) - 1 else []), "memento"])
            yield self._memento_link(capture, rel) + (",\n" if at < len(captures) - 1 else "\n")

    def _memento_link(self, capture: IndexEntry, rel: str) -> str:
        address = f"{self._root}/{capture.timestamp}/{quote_url(capture.url)}"
        return f'<{address}>; rel="{rel}"; datetime="{http_date(capture.date)}"'
