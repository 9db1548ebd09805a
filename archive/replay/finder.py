"""Finds the captures that replay shows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.surt import surt

#: Most neighbouring captures listed for a URL without captures.
MAX_NEIGHBOURS = 20

#: True for a URL that must not be shown.
IsWithheld = Callable[[str], bool]


class CaptureFinder:
    """Finds captures in `collection`. Lists leave out withheld URLs."""

    def __init__(self, collection: Collection, is_withheld: IsWithheld) -> None:
        self._collection = collection
        self._is_withheld = is_withheld

    def closest(self, url: str, moment: datetime) -> IndexEntry | None:
        """Return the capture of `url` closest to `moment`, even if withheld; ``None`` without captures."""
        return self._collection.index.closest(url, moment)

    def is_withheld(self, entry: IndexEntry) -> bool:
        """True if the portal has asked that the page not be shown."""
        return self._is_withheld(entry.url)

    def captures(self, url: str) -> list[IndexEntry]:
        """Return the captures of `url` that may be shown, oldest first."""
        return self._drop_withheld(self._collection.index.captures(url))

    def find_neighbours(self, url: str) -> list[IndexEntry]:
        """Return the latest capture of each page in the same folder: of URLs that are equal up to the last ``/``."""
        folder = url.partition("?")[0].rpartition("/")[0] + "/"
        latest: dict[str, IndexEntry] = {}
        for entry in islice(self._collection.index.search(prefix=folder), 50 * MAX_NEIGHBOURS):
            if entry.status == 200 and entry.method == "GET":
                latest[entry.urlkey] = entry
        return self._drop_withheld(list(latest.values()))[:MAX_NEIGHBOURS]

    def load(self, entry: IndexEntry) -> Capture:
        """Return the capture, a revisit completed from its original. Raises ArchiveError if it cannot be read."""
        return self._collection.load(entry)

    def resolve_self_redirect(self, url: str, entry: IndexEntry, location: str) -> IndexEntry | None:
        """Return the page behind a redirect between URLs that are the same in the index (other scheme, ``www.``).

        That is the closest capture with status 200, since looking up the target would find the redirect again. ``None``
        for any other redirect, and without such a capture.
        """
        if surt(urljoin(entry.url, location)) != entry.urlkey:
            return None
        return self._collection.index.closest(url, entry.date, status=200)

    def _drop_withheld(self, entries: Sequence[IndexEntry]) -> list[IndexEntry]:
        withheld: dict[str, bool] = {}
        for entry in entries:
            if entry.url not in withheld:
                withheld[entry.url] = self._is_withheld(entry.url)
        return [entry for entry in entries if not withheld[entry.url]]
