"""The database of articles, their versions, and crawl runs: SQLAlchemy Core on SQLite or PostgreSQL."""

from crawler.store.article_store import GONE, Change, Counts
from crawler.store.content import CORE_FIELDS, FieldChange
from crawler.store.errors import ItemFormatError, SearchQueryError, StoreError
from crawler.store.history import Event
from crawler.store.item_json import article_from_json, article_to_json
from crawler.store.location import database_location
from crawler.store.runs import Run
from crawler.store.search import Hit
from crawler.store.store import Store
from crawler.store.timeline import EventKind
from crawler.store.validators import Validators

__all__ = [
    "CORE_FIELDS",
    "GONE",
    "Change",
    "Counts",
    "Event",
    "EventKind",
    "FieldChange",
    "Hit",
    "ItemFormatError",
    "Run",
    "SearchQueryError",
    "Store",
    "StoreError",
    "Validators",
    "article_from_json",
    "article_to_json",
    "database_location",
]
