"""Memento (RFC 7089): what links a capture to its original, to the captures beside it and to the list of all."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from archive.cdxj import IndexEntry
from archive.replay.address import quoted

#: The media type of a TimeMap (RFC 6690).
LINK_FORMAT = "application/link-format"


def http_date(moment: datetime) -> str:
    """`moment` as headers have it: ``Fri, 22 May 2026 12:00:00 GMT``."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def accept_datetime(value: str) -> datetime | None:
    """The time an Accept-Datetime header names; ``None`` where it names none."""
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class MementoLinks:
    """The links of the captures of `url`. `root` is the absolute URL of replay, without a slash at its end."""

    def __init__(self, root: str, url: str) -> None:
        self._root = root
        self._url = quoted(url)

    def header(self, captures: Sequence[IndexEntry], shown: IndexEntry | None = None) -> str:
        """The Link header of a capture that is shown, or of the TimeGate where none is; `captures` oldest first."""
        links = [
            f'<{self._url}>; rel="original"',
            f'<{self._root}/{self._url}>; rel="timegate"',
            f'<{self._root}/timemap/link/{self._url}>; rel="timemap"; type="{LINK_FORMAT}"',
        ]
        return ", ".join([*links, *self._around(captures, shown)])

    def _around(self, captures: Sequence[IndexEntry], shown: IndexEntry | None) -> Iterator[str]:
        """The first capture, the last, the one shown and those beside it; one that is several things says each."""
        if not captures:
            return
        words: dict[int, list[str]] = {0: ["first"]}
        words.setdefault(len(captures) - 1, []).append("last")
        if shown is not None:
            place = next((at for at, one in enumerate(captures) if one.timestamp == shown.timestamp), None)
            if place is not None:
                for at, word in ((place - 1, "prev"), (place, ""), (place + 1, "next")):
                    if 0 <= at < len(captures):
                        words.setdefault(at, []).append(word)
        for at, said in sorted(words.items()):
            yield self._memento(captures[at], " ".join([*filter(None, said), "memento"]))

    def timemap(self, captures: Sequence[IndexEntry]) -> Iterator[str]:
        """The lines of the TimeMap."""
        yield f'<{self._url}>; rel="original",\n'
        yield f'<{self._root}/{self._url}>; rel="timegate",\n'
        span = f'; from="{http_date(captures[0].date)}"; until="{http_date(captures[-1].date)}"' if captures else ""
        end = ",\n" if captures else "\n"
        yield f'<{self._root}/timemap/link/{self._url}>; rel="self"; type="{LINK_FORMAT}"{span}{end}'
        for at, capture in enumerate(captures):
            rel = " ".join([*(["first"] if at == 0 else []), *(["last"] if at == len(captures) - 1 else []), "memento"])
            yield self._memento(capture, rel) + (",\n" if at < len(captures) - 1 else "\n")

    def _memento(self, capture: IndexEntry, rel: str) -> str:
        where = f"{self._root}/{capture.timestamp}/{quoted(capture.url)}"
        return f'<{where}>; rel="{rel}"; datetime="{http_date(capture.date)}"'
