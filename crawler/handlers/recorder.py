"""The extension that writes every exchange of a crawl to the archive before any other code reads it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from archive import ArchiveError, Capture, Collection, Dedup, Location, Sync, WarcWriter
from archive.storage import storage_of
from crawler.closing import close_spider
from crawler.handlers.offloading import move_closed_files
from crawler.sites import Site

logger = logging.getLogger(__name__)

#: The lowest HTTP status of errors.
_FIRST_ERROR = 400


class ContactMissing(Exception):
    """A crawl of a public host has no contact configured. No request is made."""


def site_of(crawler: Crawler) -> Site:
    """Return the site of the crawler's spider, or a site without hosts if it has none (``scrapy shell``)."""
    return getattr(crawler.spidercls, "site", Site(name="shell", home="about:blank"))


def require_contact(site: Site, contact: str | None) -> None:
    """Raise ContactMissing if the site's operators could not find out who runs this crawler."""
    if not (site.is_loopback or contact):
        raise ContactMissing(
            f"{site.name}: {site.home} is not on this machine and its operators could not reach you — set "
            "BROADSHEET_CONTACT to your mail address or URL"
        )


def collection_of(crawler: Crawler) -> Collection:
    """Return the archive a crawl writes to or reads from: its spider's own, else the one in the data folder.

    Files already moved to the bucket are read from there.
    """
    given: Collection | None = getattr(crawler.spidercls, "collection", None)
    if given is not None:
        return given
    root = Path(crawler.settings["BROADSHEET_DATA"])
    return Collection(root, storage=storage_of(root / "warc", crawler.settings["BROADSHEET_STORAGE"]))


class Recorder:
    """Extension that writes a crawl's captures to its own WARC. A failed write stops the crawl: no record, no item.

    Raises ContactMissing as `require_contact` does.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._writer: WarcWriter | None = None
        self._site = site_of(crawler)
        require_contact(self._site, crawler.settings.get("BROADSHEET_CONTACT"))
        crawler.signals.connect(self.close, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def record(self, capture: Capture) -> Location:
        """Write `capture` to disk and return its location. On failure stop the crawl and raise ArchiveError."""
        try:
            location = self._open_writer().write(capture)
        except ArchiveError as error:
            self._stop_crawl(error)
            raise
        stats = self._crawler.stats
        stats.inc_value("archive/records")
        stats.inc_value("archive/bytes", location.length)
        if capture.truncated:
            stats.inc_value(f"archive/truncated/{capture.truncated}")
        return location

    def find_captures(self, url: str, since: datetime, until: datetime) -> Iterator[Capture]:
        """Yield the complete captures of `url` in a time whose status is no error, oldest first.

        Raises ArchiveError if one cannot be read.
        """
        self._open_writer()  # which repairs and indexes the files of crawls that were killed
        for entry in self._collection.index.captures(url):
            is_answer = entry.url == url and entry.method == "GET" and (entry.status or _FIRST_ERROR) < _FIRST_ERROR
            if is_answer and since <= entry.date < until:
                capture = self._collection.load(entry)
                if not capture.truncated:
                    yield capture

    async def close(self) -> None:
        """Close the WARC and upload closed files if there is a bucket.

        Closing removes ``.open`` from the file's name: a name without it means that the file is complete.
        """
        if self._writer is not None:
            self._writer.close()
            self._collection.close()
            self._writer = None
        try:
            self._crawler.stats.inc_value("archive/uploaded", await move_closed_files(self._crawler.settings))
        except ArchiveError as error:
            reason = f"{error}; the files stay here until `broadsheet archive offload` or the next crawl moves them"
            logger.error("%s", reason)
            self._crawler.stats.set_value("archive/failed", reason)

    def _open_writer(self) -> WarcWriter:
        if self._writer is None:
            self._writer = self._open_archive()
        return self._writer

    def _open_archive(self) -> WarcWriter:
        settings, site = self._crawler.settings, self._site
        info = {
            "software": settings["USER_AGENT"].split(" ")[0],
            "isPartOf": site.name,
            "description": f"crawl of {site.home}",
            "robots": "classic",
            "http-header-user-agent": settings["USER_AGENT"],
        }
        if contact := settings.get("BROADSHEET_CONTACT"):
            info["operator"] = contact
        self._collection = collection_of(self._crawler)
        problems: list[ArchiveError] = []
        for repair in self._collection.recover(problems.append):
            if repair.cut_bytes:
                logger.warning("repaired: %s; the damaged bytes are in %s", repair.damage, repair.kept_aside)
        for problem in problems:
            logger.warning("%s", problem)
        self._crawler.stats.set_value("archive/problems", [str(problem) for problem in problems])
        dedup, sync = Dedup(settings["BROADSHEET_DEDUP"]), Sync(settings["BROADSHEET_SYNC"])
        return self._collection.writer(site.name, info, dedup=dedup, sync=sync)

    def _stop_crawl(self, error: ArchiveError) -> None:
        if not self._crawler.stats.get_value("archive/failed"):
            logger.error("%s; the crawl stops, because a page that cannot be archived must not be read", error)
            self._crawler.stats.set_value("archive/failed", str(error))
            self._crawler.stats.set_value("archive/failed_at", datetime.now(UTC))
            close_spider(self._crawler, "archive_failed")
