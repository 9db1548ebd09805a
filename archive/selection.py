"""Selection of captures, for an export or a removal, and of the records that belong to them."""

import re
from collections.abc import Collection as Container
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import BinaryIO

from archive.cdxj import IndexEntry
from archive.notes import described_url, is_note
from archive.reading import read_records
from archive.record import Record, bare_uri
from archive.surt import surt

# A file name as `WarcWriter` generates it: prefix, UTC start, serial, host, random part; the remains of a pruned file.
_FILE_NAME = re.compile(r"(.+)-\d{17}-\d{5}-.+-[0-9a-f]{8}(?:\.pruned-\d+)?\.warc\.gz")

# Most records kept in memory to find a request whose response comes later.
_MAX_PENDING = 64


@dataclass(frozen=True)
class Selection:
    """Criteria for captures: crawl, host, time and URL. By default all captures are included.

    Those for a page hold for the notes about it, too.

    A capture must come from a file with the `prefix` or from one of the `hosts` or their subdomains. It must be at or
    after `start` and before `end`, of one of the `urls`, and of none of the URLs `withheld`. URLs are compared by SURT.
    """

    prefix: str | None = None
    hosts: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    urls: Container[str] | None = None
    withheld: Container[str] = ()

    @property
    def is_everything(self) -> bool:
        """True if all captures are included."""
        limits = (self.prefix, self.hosts, self.start, self.end, self.withheld)
        return self.urls is None and not any(limits)

    def includes(self, entry: IndexEntry) -> bool:
        """True if the capture meets all criteria."""
        return self.includes_page(entry.url, entry.date) and self._includes_crawl(entry)

    def includes_page(self, url: str, captured_at: datetime) -> bool:
        """True if a capture of `url` at that time meets the criteria, whichever crawl made it."""
        if (self.start and captured_at < self.start) or (self.end and captured_at >= self.end):
            return False
        if self._keys is None and not self._withheld_keys:
            return True
        key = surt(described_url(url))
        return key not in self._withheld_keys and (self._keys is None or key in self._keys)

    def _includes_crawl(self, entry: IndexEntry) -> bool:
        """True if the capture has the prefix or one of the hosts, or if neither is a criterion."""
        if self.prefix is None and not self.hosts:
            return True
        if self.prefix is not None and prefix_of(entry.file) == self.prefix:
            return True
        key = surt(described_url(entry.url)) if is_note(entry.url) else entry.urlkey
        return any(_is_at_host(key, host) for host in self._host_keys)

    @cached_property
    def _keys(self) -> frozenset[str] | None:
        return None if self.urls is None else frozenset(map(surt, self.urls))

    @cached_property
    def _withheld_keys(self) -> frozenset[str]:
        return frozenset(map(surt, self.withheld))

    @cached_property
    def _host_keys(self) -> list[str]:
        return [surt(f"http://{host}/").partition(")")[0] for host in self.hosts]


def prefix_of(file: str) -> str | None:
    """Return the prefix of a file name that `WarcWriter` made, which is the site of the crawl; ``None`` for others."""
    match = _FILE_NAME.fullmatch(file)
    return match[1] if match else None


def _is_at_host(urlkey: str, host_key: str) -> bool:
    """True if the SURT has this host (as in a SURT: ``com,example``) or a subdomain of it."""
    return urlkey.startswith(host_key) and urlkey[len(host_key) : len(host_key) + 1] in (")", ",", ":")


def read_with_related(file: BinaryIO, offsets: Container[int]) -> Iterator[Record]:
    """Yield the records at the `offsets`, their request and metadata records, and the warcinfo records of the file.

    A request or metadata record belongs to the record that it names in WARC-Concurrent-To or WARC-Refers-To, before or
    after it in the file. One that names no record belongs to the one of the same URL and date. Damage is skipped.
    """
    ids = set[str]()
    urls_and_dates = set[tuple[str, datetime | None]]()
    pending: list[Record] = []
    for record in read_records(file, on_damage=lambda error: None):
        if record.offset in offsets:
            ids.add(record.id)
            ids |= _referenced_ids(record)
            urls_and_dates.add((record.url, record.date))
            earlier = [other for other in pending if _is_related(other, ids, urls_and_dates)]
            yield from earlier
            pending = [other for other in pending if other not in earlier]
            yield record
        elif record.type == "warcinfo" or (
            record.type in ("request", "metadata") and _is_related(record, ids, urls_and_dates)
        ):
            yield record
        elif record.type in ("request", "metadata"):
            pending.append(record)
        if len(pending) > _MAX_PENDING:
            pending.pop(0)


def _referenced_ids(record: Record) -> set[str]:
    fields = ("WARC-Concurrent-To", "WARC-Refers-To") if record.type == "metadata" else ("WARC-Concurrent-To",)
    return {bare_uri(value) for field in fields if (value := record.get(field))}


def _is_related(record: Record, ids: set[str], urls_and_dates: set[tuple[str, datetime | None]]) -> bool:
    references = _referenced_ids(record)
    if references & ids or record.id in ids:
        return True
    return not references and (record.url, record.date) in urls_and_dates
