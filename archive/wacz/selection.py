"""Which captures go into a WACZ, and the records that go with them."""

import re
from collections.abc import Collection as Container
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import BinaryIO

from archive.cdxj import IndexEntry
from archive.reading import read_records
from archive.record import Record, bare_uri
from archive.surt import surt

# A file name as a writer of this package gives it: prefix, UTC start, serial, host, chance.
_WRITTEN = re.compile(r"(.+)-\d{17}-\d{5}-.+-[0-9a-f]{8}\.warc\.gz")

# Records between a request and the response it comes before, at most.
_FAR = 64


@dataclass(frozen=True)
class Selection:
    """Captures by crawl, host, time and URL; all of them when nothing is said.

    `prefix` is that of a writer's files and `hosts` are meant with their subdomains: a capture of either is taken.
    `start` is the first moment, `end` the first after; `urls` are compared by their keys, and so are those `withheld`,
    of which no capture is taken.
    """

    prefix: str | None = None
    hosts: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    urls: Container[str] | None = None
    withheld: Container[str] = ()

    @property
    def is_everything(self) -> bool:
        """Is nothing left out?"""
        return self == Selection()

    def takes(self, entry: IndexEntry) -> bool:
        """Is this capture one of them?"""
        return self.takes_page(entry.url, entry.date) and self._is_of_crawl(entry)

    def takes_page(self, url: str, captured_at: datetime) -> bool:
        """Is a capture of `url` at this time one of them, whichever crawl made it?"""
        if (self.start and captured_at < self.start) or (self.end and captured_at >= self.end):
            return False
        if self._keys is None and not self._withheld_keys:
            return True
        key = surt(url)
        return key not in self._withheld_keys and (self._keys is None or key in self._keys)

    def _is_of_crawl(self, entry: IndexEntry) -> bool:
        if self.prefix is None and not self.hosts:
            return True
        if self.prefix is not None and (named := _WRITTEN.fullmatch(entry.file)) and named[1] == self.prefix:
            return True
        return any(_is_under(entry.urlkey, stem) for stem in self._stems)

    @cached_property
    def _keys(self) -> frozenset[str] | None:
        return None if self.urls is None else frozenset(map(surt, self.urls))

    @cached_property
    def _withheld_keys(self) -> frozenset[str]:
        return frozenset(map(surt, self.withheld))

    @cached_property
    def _stems(self) -> list[str]:
        return [surt(f"http://{host}/").partition(")")[0] for host in self.hosts]


def _is_under(urlkey: str, stem: str) -> bool:
    return urlkey.startswith(stem) and urlkey[len(stem) : len(stem) + 1] in (")", ",", ":")


def records_with(file: BinaryIO, wanted: Container[int]) -> Iterator[Record]:
    """The records of a file at the `wanted` offsets, with those about them and the file's own description.

    A request or metadata record belongs to the record it names in WARC-Concurrent-To or WARC-Refers-To, whichever of
    the two comes first; one that names none, to that of the same URL and time.
    """
    first = set[str]()
    moments = set[tuple[str, datetime | None]]()
    held: list[Record] = []
    for record in read_records(file):
        if record.offset in wanted:
            first.add(record.id)
            first |= _named(record)
            moments.add((record.url, record.date))
            earlier = [one for one in held if _is_about(one, first, moments)]
            yield from earlier
            held = [one for one in held if one not in earlier]
            yield record
        elif record.type == "warcinfo" or (
            record.type in ("request", "metadata") and _is_about(record, first, moments)
        ):
            yield record
        elif record.type in ("request", "metadata"):
            held.append(record)
        if len(held) > _FAR:
            held.pop(0)


def _named(record: Record) -> set[str]:
    fields = ("WARC-Concurrent-To", "WARC-Refers-To") if record.type == "metadata" else ("WARC-Concurrent-To",)
    return {bare_uri(value) for field in fields if (value := record.get(field))}


def _is_about(record: Record, ids: set[str], moments: set[tuple[str, datetime | None]]) -> bool:
    named = _named(record)
    return bool(named & ids) or record.id in ids or (not named and (record.url, record.date) in moments)
