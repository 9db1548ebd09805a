"""Conversion of index entries to table rows and back, and the key ranges of a search."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from archive.cdxj import IndexEntry
from archive.surt import surt

Row = tuple[object, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class UrlSummary:
    """The number of captures of a URL, and the times of the first and last."""

    urlkey: str
    url: str
    captures: int
    first: datetime
    last: datetime


def summary_of_row(row: tuple[Any, ...]) -> UrlSummary:
    """Return the summary in a row of key, URL, number, first and last date."""
    urlkey, url, captures, first, last = row
    return UrlSummary(urlkey, url, captures, _EPOCH + first * _MICROSECOND, _EPOCH + last * _MICROSECOND)


def day_of(number: int) -> date:
    """Return the day that is `number` days after 1 January 1970."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def row_of(entry: IndexEntry, file_id: int) -> Row:
    """Return the columns of `entry`, in the order of the table."""
    return (
        entry.urlkey,
        microseconds(entry.date),
        file_id,
        entry.offset,
        entry.length,
        entry.url,
        entry.mime,
        entry.status,
        entry.digest,
        entry.record_id,
        entry.framed_digest,
    )


def microseconds(when: datetime) -> int:
    """Return the exact number of microseconds since 1970, as stored in a row."""
    return (when - _EPOCH) // _MICROSECOND


def time_bounds(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """Return the times as stored in rows; ``None`` is without bound."""
    return microseconds(start) if start else -(1 << 62), microseconds(end) if end else 1 << 62


def entry_of_row(row: tuple[Any, ...]) -> IndexEntry:
    """Return the entry of a row whose third column is the file's name."""
    urlkey, date, file, offset, length, url, mime, status, digest, record_id, framed_digest = row
    return IndexEntry(
        urlkey=urlkey,
        date=_EPOCH + date * _MICROSECOND,
        url=url,
        mime=mime,
        status=status,
        digest=digest,
        length=length,
        offset=offset,
        file=file,
        record_id=record_id,
        framed_digest=framed_digest,
    )


def key_ranges(prefix: str | None, host: str | None, *, subdomains: bool = True) -> list[tuple[str, str]]:
    """Return sorted half-open key ranges for a URL prefix, a host (with its subdomains), or everything."""
    if prefix is not None:
        key = surt(prefix)
        if prefix.endswith("/") and not key.endswith("/"):
            return [(key, key + "\0"), (key + "/", key + "0")]
        return [(key, key + "\U0010ffff")]
    if host is not None:
        name = surt(f"http://[{host}]/" if ":" in host else f"http://{host}/").partition(")")[0]
        below = [(name + ",", name + "-")] if subdomains else []
        return [(name + ")", name + "*"), *below, (name + ":", name + ";")]
    return [("", "\U0010ffff")]
