"""The store: opens the database and gives access to its parts."""

import os
from types import TracebackType
from typing import Self

from crawler.store.article_store import ArticleStore
from crawler.store.copies import CopyStore
from crawler.store.database import BUSY_TIMEOUT, Database
from crawler.store.drift import DriftStore
from crawler.store.frontier import Frontier
from crawler.store.hosts import HostStore
from crawler.store.opt_outs import OptOutStore
from crawler.store.runs import RunStore
from crawler.store.schedules import ScheduleStore
from crawler.store.search import Hit, SearchIndex
from crawler.store.url_shapes import ShapeStore
from crawler.store.validators import ValidatorStore
from crawler.store.visits import VisitQueue


class Store:
    """One SQLite or PostgreSQL database, and the parts that read and write its tables.

    Any number of processes may use it at once. Close it after use; it is also a context manager.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.articles = ArticleStore(database)
        self.copies = CopyStore(database)
        self.drift = DriftStore(database)
        self.hosts = HostStore(database)
        self.opt_outs = OptOutStore(database)
        self.runs = RunStore(database)
        self.schedules = ScheduleStore(database)
        self.shapes = ShapeStore(database)
        self.validators = ValidatorStore(database)
        self.visits = VisitQueue(database)
        self._search_index = SearchIndex(database)

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, busy_timeout: float = BUSY_TIMEOUT) -> Self:
        """Open a SQLite file (by path, created if missing) or PostgreSQL (by URL), and migrate its tables.

        `busy_timeout` is the number of seconds to wait for a locked SQLite file. Raises StoreError.
        """
        return cls(Database.open(location, busy_timeout=busy_timeout))

    @property
    def where(self) -> str:
        """The database's name for messages: a path, or a URL without its password."""
        return self._database.where

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def frontier(self, site: str) -> Frontier:
        """Return the frontier of `site`, for use by one crawl."""
        return Frontier(self._database, site)

    def search(self, text: str, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Hit]:
        """Return the articles that contain every part of `text`; see `SearchIndex.find`."""
        return self._search_index.find(text, site, limit, offset)
