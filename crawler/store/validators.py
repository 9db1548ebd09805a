"""ETag and Last-Modified of what was fetched, for conditional requests (RFC 9110, section 13)."""

from dataclasses import dataclass

from sqlalchemy import delete, insert

from crawler.store.database import Database
from crawler.store.schema import validators
from crawler.store.statements import FIND_VALIDATORS


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask "has it changed?" with, as written, and the record of that answer."""

    etag: str | None = None
    last_modified: str | None = None
    record_id: str | None = None


class ValidatorStore:
    """The validators by URL as fetched: articles, list pages and feeds alike.

    Remember a response's only once everything made from it is stored: a server asked "changed since?" will not send
    again what a crash lost in between.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, url: str) -> Validators | None:
        """What is known of `url`."""
        with self._database.read() as connection:
            row = connection.execute(FIND_VALIDATORS, {"at": url}).first()
        return Validators(*row) if row else None

    def remember(self, url: str, found: Validators) -> None:
        """Replace what is known of `url`; a response with neither header makes it forgotten."""
        with self._database.write() as connection:
            connection.execute(delete(validators).where(validators.c.url == url))
            if found.etag or found.last_modified:
                values = {"etag": found.etag, "last_modified": found.last_modified, "record_id": found.record_id}
                connection.execute(insert(validators).values(url=url, **values))
