"""The time zone of a page's printed times: given by the caller, or inferred from the page's country or language."""

import re
from datetime import tzinfo
from urllib.parse import urlsplit

from crawler.extraction.data.date_words import time_zones
from crawler.extraction.data.tables import language
from crawler.extraction.document import Document
from crawler.extraction.fields.clock_grammar import load_zone
from crawler.extraction.fields.date_grammar import DayOrder


def infer_zone(document: Document, timezone: str | None = None) -> tzinfo | None:
    """Return the zone of the page's printed times, or ``None`` if it cannot be inferred. Never the machine's own zone.

    `timezone` is a tz database name and takes precedence; an unknown name is ignored. Otherwise the zone is that of the
    region of the declared language (de-AT), of the country of the host name, or of the language's only country.
    """
    if timezone and (zone := load_zone(timezone)):
        return zone
    language_country = language(document.language).country
    for country in (declared_region(document), _country_of_host(document.url), language_country):
        name = time_zones().countries.get(country or "")
        if name and (zone := load_zone(name)):
            return zone
    return None


def declared_region(document: Document) -> str | None:
    """Return the country in the page's declared language (``de-AT`` -> ``at``), in lower case."""
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


def infer_day_order(document: Document) -> DayOrder:
    """Return the order of year, month and day in the page's dates of digits only."""
    words = language(document.language).dates
    return "mdy" if words.month_first_in and declared_region(document) in words.month_first_in else words.order


def _country_of_host(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    label = host.rpartition(".")[2]
    return label if len(label) == 2 else None
