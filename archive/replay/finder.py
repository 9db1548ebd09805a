"""Which capture answers for a URL at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.surt import surt

#: Captures named where there is none of a URL.
NEAR = 20

#: What holds the answer to "is this URL withheld from readers?".
IsWithheld = Callable[[str], bool]


class Finder:
    """Finds captures in `collection`, those of withheld URLs apart."""

    def __init__(self, collection: Collection, is_withheld: IsWithheld) -> None:
        self._collection = collection
        self._is_withheld = is_withheld

    def closest(self, url: str, moment: datetime) -> IndexEntry | None:
        """The capture of `url` nearest to `moment`, be it withheld; ``None`` where there is none."""
        return self._collection.index.closest(url, moment)

    def is_withheld(self, entry: IndexEntry) -> bool:
        """Whether the page asked not to be shown."""
        return self._is_withheld(entry.url)

    def captures(self, url: str) -> list[IndexEntry]:
        """Every capture of `url` that may be shown, oldest first."""
        return self._shown(self._collection.index.captures(url))

    def near(self, url: str) -> list[IndexEntry]:
        """The newest captures of pages that begin like `url` does, up to its last ``/``: one of each URL, a few."""
        folder = url.partition("?")[0].rpartition("/")[0] + "/"
        newest: dict[str, IndexEntry] = {}
        for entry in islice(self._collection.index.search(prefix=folder), 50 * NEAR):
            if entry.status == 200:
                newest[entry.urlkey] = entry
        return self._shown(list(newest.values()))[:NEAR]

    def load(self, entry: IndexEntry) -> Capture:
        """What was captured at `entry`, a revisit put together. Raises ArchiveError when it cannot be read."""
        return self._collection.load(entry)

    def beyond_itself(self, url: str, entry: IndexEntry, location: str) -> IndexEntry | None:
        """Where a redirect leads to what the index takes for the same URL (another scheme, ``www.``): the page that
        was meant, the nearest that is no redirect. ``None`` for any other redirect, and where nothing is held."""
        if surt(urljoin(entry.url, location)) != entry.urlkey:
            return None
        return self._collection.index.closest(url, entry.date, status=200)

    def _shown(self, entries: Sequence[IndexEntry]) -> list[IndexEntry]:
        withheld: dict[str, bool] = {}
        for entry in entries:
            if entry.url not in withheld:
                withheld[entry.url] = self._is_withheld(entry.url)
        return [entry for entry in entries if not withheld[entry.url]]
