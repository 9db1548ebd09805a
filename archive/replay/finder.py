"""Finds the captures that replay shows."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote_from_bytes, urljoin

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.notes import NOTE_KINDS, described_url, kind_of_note, note_keys
from archive.replay.address import quote_url
from archive.retention import Removal
from archive.surt import surt

#: Most neighbouring captures listed for a URL without captures.
MAX_NEIGHBOURS = 20

#: Longest time between a capture and a note about it. Crawlers make them within minutes.
NOTE_DISTANCE = timedelta(hours=12)

_URL_CHARACTERS = "%/:=&?~+#!$,;'@()*[]"

#: True for a URL that must not be shown.
IsWithheld = Callable[[str], bool]


class Neighbours(NamedTuple):
    """The first and last capture of a URL, and those before and after one of them; ``None`` if absent."""

    first: IndexEntry | None = None
    last: IndexEntry | None = None
    earlier: IndexEntry | None = None
    later: IndexEntry | None = None


class CaptureFinder:
    """Finds captures in `collection`. Lists leave out withheld URLs."""

    def __init__(self, collection: Collection, is_withheld: IsWithheld) -> None:
        self._collection = collection
        self._is_withheld = is_withheld

    def closest(self, url: str, moment: datetime) -> IndexEntry | None:
        """Return the capture of `url` closest to `moment`, even if withheld; ``None`` without captures."""
        return self._collection.index.closest(url, moment)

    def has_capture(self, url: str) -> bool:
        """True if there are captures of `url`."""
        return self._collection.index.count(url, limit=1) > 0

    def is_withheld(self, url: str) -> bool:
        """True if the portal has asked that the page not be shown."""
        return self._is_withheld(described_url(url))

    def neighbours(self, url: str, shown: IndexEntry | None = None) -> Neighbours:
        """Return the first and last capture of `url`, and those in the seconds before and after that of `shown`."""
        first, last = next(self.walk(url), None), next(self.walk(url, newest_first=True), None)
        if shown is None:
            return Neighbours(first, last)
        before, after = self.walk(url, shown.date, newest_first=True), self.walk(url, shown.date)
        earlier = next((entry for entry in before if entry.timestamp < shown.timestamp), None)
        later = next((entry for entry in after if entry.timestamp > shown.timestamp), None)
        return Neighbours(first, last, earlier, later)

    def walk(self, url: str, start: datetime | None = None, *, newest_first: bool = False) -> Iterator[IndexEntry]:
        """Yield the captures of `url` that may be shown, as `Index.walk` does."""
        return self.drop_withheld(self._collection.index.walk(url, start, newest_first=newest_first))

    def find_removal(self, url: str, moment: datetime) -> Removal | None:
        """Return the removed capture of `url` that was the closest to `moment`; ``None`` if none was removed."""
        return self._collection.removals.find(url, moment)

    def closest_shown(self, url: str, moment: datetime) -> IndexEntry | None:
        """Return the capture of `url` closest to `moment` that may be shown; ``None`` without one."""
        return next(self.drop_withheld(self._collection.index.by_distance(url, moment)), None)

    def find_in_folder(self, url: str) -> list[IndexEntry]:
        """Return the latest capture of each page in the same folder: of URLs that are equal up to the last ``/``."""
        folder = url.partition("?")[0].rpartition("/")[0] + "/"
        latest: dict[str, IndexEntry] = {}
        for entry in islice(self._collection.index.search(prefix=folder), 50 * MAX_NEIGHBOURS):
            if entry.status == 200 and entry.method == "GET":
                latest[entry.urlkey] = entry
        return [*islice(self.drop_withheld(latest.values()), MAX_NEIGHBOURS)]

    def find_notes(self, url: str, when: datetime) -> list[IndexEntry]:
        """Return the notes about the page at `url` (see `archive.notes`) that were made at about the time `when`.

        Of each kind, that is the nearest one.
        """
        nearest: dict[str, IndexEntry] = {}
        near = self._collection.index.with_keys(note_keys(url), when - NOTE_DISTANCE, when + NOTE_DISTANCE)
        for entry in sorted(near, key=lambda entry: abs(entry.date - when)):
            nearest.setdefault(kind_of_note(entry.url), entry)
        shown = {*self.drop_withheld(nearest.values())}
        return [nearest[kind] for kind in NOTE_KINDS if nearest.get(kind) in shown]

    def load(self, entry: IndexEntry) -> Capture:
        """Return the capture, a revisit completed from its original. Raises ArchiveError if it cannot be read."""
        return self._collection.load(entry)

    def load_nearest(self, url: str, entry: IndexEntry) -> tuple[IndexEntry, Capture]:
        """Return `entry` and its capture or, if it cannot be read, those of the nearest one that can.

        Damage is logged. Raises ArchiveError if none of them can be read.
        """
        found = self._collection.load_nearest(url, entry.date)
        if found is None or self.is_withheld(found[0].url):
            return entry, self.load(entry)
        return found

    def find_target(self, entry: IndexEntry, location: bytes) -> str:
        """Return the address in a Location header, which servers send in UTF-8, percent-encoded or in a Chinese codec.

        If it is not UTF-8, it is the one that has captures: as the bytes are, or decoded.
        """
        try:
            return location.decode()
        except UnicodeDecodeError:
            as_sent = quote_from_bytes(location, safe=_URL_CHARACTERS)
        decoded = location.decode("gb18030", "replace")
        has_captures = any(True for _ in self.walk(quote_url(urljoin(entry.url, decoded))))
        return decoded if has_captures else as_sent

    @staticmethod
    def leads_to_itself(entry: IndexEntry, location: str) -> bool:
        """True if a redirect from the capture to `location` has the same key in the index, so that it never ends."""
        return surt(urljoin(entry.url, location)) == entry.urlkey

    def resolve_self_redirect(self, url: str, entry: IndexEntry, location: str) -> IndexEntry | None:
        """Return the page behind a redirect between URLs that are the same in the index (other scheme, ``www.``).

        That is the closest capture with status 200, since looking up the target would find the redirect again. ``None``
        for any other redirect, and without such a capture.
        """
        if not self.leads_to_itself(entry, location):
            return None
        return self._collection.index.closest(url, entry.date, status=200)

    def drop_withheld(self, entries: Iterable[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield those of `entries` that may be shown."""
        url, is_withheld = "", False
        for entry in entries:
            if entry.url != url:  # the captures of a URL follow each other
                url, is_withheld = entry.url, self.is_withheld(entry.url)
            if not is_withheld:
                yield entry
