"""Rules about the captures that are to be removed. Pure: times and URLs come in as values."""

from collections.abc import Collection as Container
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.cdxj import IndexEntry
from archive.notes import described_url
from archive.selection import Selection
from archive.surt import surt


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Captures to remove, and why."""

    selection: Selection
    reason: str


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of one removal. The first rule that includes a capture gives the reason."""

    rules: tuple[RetentionRule, ...]

    def reason(self, entry: IndexEntry) -> str | None:
        """Return the reason for which the capture is to be removed, or ``None`` if it is to be kept."""
        return next((rule.reason for rule in self.rules if rule.selection.includes(entry)), None)

    def reason_of_record(self, url: str, date: datetime | None, file: str) -> str | None:
        """Return the reason for which a record without a capture is to be removed: one about such a page."""
        url = described_url(url)
        if date is None or not url.startswith(("http://", "https://")):
            return None
        about = IndexEntry(
            urlkey=surt(url), date=date, url=url, mime=None, status=None, digest="", length=0, offset=0, file=file
        )
        return self.reason(about)


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Position of a record in a file, and what it says about its relation to others."""

    offset: int
    length: int
    type: str
    id: str
    url: str
    date: datetime | None
    refers_to: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Relatives:
    """Ids, and URLs with dates, of records with the same fate."""

    ids: set[str] = field(default_factory=set)
    pages: set[tuple[str, datetime | None]] = field(default_factory=set)

    def add(self, place: RecordPlace) -> None:
        self.ids |= {place.id, *place.refers_to} - {""}
        self.pages.add((place.url, place.date))

    def include(self, place: RecordPlace) -> bool:
        if place.refers_to & self.ids or place.id in self.ids:
            return True
        return not place.refers_to and (place.url, place.date) in self.pages


def split_records(
    places: Sequence[RecordPlace],
    captures: Container[int],
    removed: Mapping[int, str],
    retention: Retention,
    file: str,
) -> tuple[list[RecordPlace], list[RecordPlace]]:
    """Return the records of a file that are kept, and those that are removed, in their order.

    `captures` are the offsets of all captures in the index, `removed` those of the captures that go. A request,
    metadata or conversion record is removed if the capture it belongs to is, unless it belongs to a kept one too. The
    rules themselves decide about records that belong to none. Warcinfo records are kept.
    """
    kept, gone = _Relatives(), _Relatives()
    for place in places:
        if place.offset in captures:
            (gone if place.offset in removed else kept).add(place)
    fates = {offset: offset not in removed for offset in captures}
    others = [place for place in places if place.offset not in captures and place.type != "warcinfo"]
    for _ in range(3):  # a metadata record may belong to a request, which belongs to a response
        for place in others:
            for group, fate in ((kept, True), (gone, False)):
                if place.offset not in fates and group.include(place):
                    fates[place.offset] = fate
                    group.ids.add(place.id)
    for place in others:
        if place.offset not in fates:
            fates[place.offset] = retention.reason_of_record(place.url, place.date, file) is None
    split: tuple[list[RecordPlace], list[RecordPlace]] = ([], [])
    for place in places:
        split[0 if fates.get(place.offset, True) else 1].append(place)
    return split
