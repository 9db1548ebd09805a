"""The time zone a page's printed times are in: told by the caller, else by the page's country or language."""

import re
from datetime import tzinfo
from urllib.parse import urlsplit

from crawler.extraction.data.date_words import COUNTRY_ZONES, LANGUAGE_COUNTRIES
from crawler.extraction.document import Document
from crawler.extraction.fields.clock_grammar import named_zone
from crawler.extraction.fields.date_grammar import DayOrder

#: Countries that write the month first, and languages that write the year first, where a date is figures alone.
_MONTH_FIRST = frozenset(["us", "ph"])
_YEAR_FIRST = frozenset(["zh", "ja", "ko", "hu", "lt", "mn", "bo", "ug"])


def zone_of(document: Document, timezone: str | None = None) -> tzinfo | None:
    """The zone of the page's printed times; ``None`` where nothing tells it. Never the machine's own.

    `timezone` is a tz database name and beats all else; an unknown one counts as not given. After it come the region
    of the declared language (de-AT), the country of the host name, and the language where it belongs to one country.
    """
    if timezone and (zone := named_zone(timezone)):
        return zone
    language = document.language or ""
    country = LANGUAGE_COUNTRIES.get(language)
    for code in (region_of(document), _country_of_host(document.url), country):
        name = COUNTRY_ZONES.get(code or "")
        if name and (zone := named_zone(name)):
            return zone
    return None


def region_of(document: Document) -> str | None:
    """The country the page's declared language names (``de-AT`` -> ``at``), lower-case."""
    root = document.tree.root
    attributes = root.attributes if root is not None else {}
    for value in (
        attributes.get("lang"),
        *document.meta.get("og:locale", ()),
        *document.meta.get("content-language", ()),
    ):
        found = re.fullmatch(r"[a-z]{2,3}(?:[-_][a-z]{4})?[-_]([a-z]{2})", (value or "").strip().lower())
        if found:
            return found[1]
    return None


def order_of(document: Document) -> DayOrder:
    """The order of day and month in the page's dates of figures alone."""
    language = document.language or ""
    if language in _YEAR_FIRST:
        return "ymd"
    return "mdy" if language == "en" and region_of(document) in _MONTH_FIRST else "dmy"


def _country_of_host(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    label = host.rpartition(".")[2]
    return label if len(label) == 2 else None
