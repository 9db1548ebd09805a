"""Links of a list to its archives by year and month."""

import re
from typing import NamedTuple

from crawler.discovery.page_links import PagerLink, is_same_page
from crawler.extraction.data.date_words import month_numbers
from crawler.extraction.document import Document

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH_NUMBER = r"(?P<month>0?[1-9]|1[0-2])"
#: One letter may follow a year or month of numbers, as in Chinese; the number of articles may follow any period.
_COUNT = r"\s*(?:[(（\[]\d+[)）\]])?"
_NUMERIC = re.compile(
    rf"{_YEAR}\s*[^\W\d_]?(?:\s*[-/.]?\s*{_MONTH_NUMBER}\s*[^\W\d_]?)?{_COUNT}"
    rf"|{_MONTH_NUMBER.replace('month', 'month2')}\s*[-/.]\s*{_YEAR.replace('year', 'year2')}{_COUNT}"
)
_NAMED = re.compile(rf"(?P<name>[^\W\d_]+\.?)\s*(?:de\s+|del\s+)?{_YEAR}{_COUNT}")
#: Fewest links to periods that make an archive.
_MIN_PERIODS = 2


class ArchivePeriod(NamedTuple):
    """A year or month, with the URL of its list; the month of a year is 0."""

    year: int
    month: int
    url: str


def find_archives(document: Document, links: list[PagerLink]) -> list[str]:
    """Return the URLs of a list's archives by month, newest first; by year for years without months.

    The page itself is left out. An archive's URL contains its year.
    """
    periods: dict[tuple[int, int], str] = {}
    for link in links:
        period = read_period(link, document.language or "")
        if period is not None and not is_same_page(link.url, document.url):
            periods.setdefault((period.year, period.month), period.url)
    years_with_months = {year for year, month in periods if month}
    chosen = {key: url for key, url in periods.items() if key[1] or key[0] not in years_with_months}
    if len(periods) < _MIN_PERIODS:
        return []
    return [chosen[key] for key in sorted(chosen, reverse=True)]


def read_period(link: PagerLink, language: str) -> ArchivePeriod | None:
    """Return the year or month that a link names as its whole text, if its URL has that year too."""
    text = link.text.strip().lower()
    if len(text) > 40:
        return None
    if found := _NUMERIC.fullmatch(text):
        year = int(found["year"] or found["year2"])
        month = int(found["month"] or found["month2"] or 0)
    elif (found := _NAMED.fullmatch(text)) and (number := month_numbers(language).get(found["name"].rstrip("."))):
        year, month = int(found["year"]), number
    else:
        return None
    return ArchivePeriod(year, month, link.url) if str(year) in link.url else None
