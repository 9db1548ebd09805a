"""ETag and Last-Modified of fetched URLs, for conditional requests (RFC 9110, section 13)."""

from dataclasses import dataclass

from sqlalchemy import delete, insert

from crawler.store.database import Database
from crawler.store.schema import validators
from crawler.store.statements import FIND_VALIDATORS


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of a response as the server sent them, and the WARC-Record-ID of that response."""

    etag: str | None = None
    last_modified: str | None = None
    record_id: str | None = None


class ValidatorStore:
    """Validators by fetched URL, of articles, list pages and feeds. Raises StoreError if the database fails.

    Remember the validators of a response only once everything derived from it is stored. Otherwise a crash could lose
    content that the server would then not send again, because it has not changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, url: str) -> Validators | None:
        """Return the validators of `url`, or None."""
        with self._database.read() as connection:
            row = connection.execute(FIND_VALIDATORS, {"at": url}).first()
        return Validators(*row) if row else None

    def remember(self, url: str, found: Validators) -> None:
        """Replace the validators of `url`; delete them if the response had neither header."""
        with self._database.write() as connection:
            connection.execute(delete(validators).where(validators.c.url == url))
            if found.etag or found.last_modified:
                values = {"etag": found.etag, "last_modified": found.last_modified, "record_id": found.record_id}
                connection.execute(insert(validators).values(url=url, **values))
