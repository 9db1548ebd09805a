"""Rules on URLs alone: whether one may be an article, and its date."""

import re
from datetime import date
from urllib.parse import urlsplit

from crawler.extraction.data.css_names import url_words
from crawler.extraction.data.prefilter import any_of

_DAY = re.compile(
    r"(?<!\d)(?P<y>20\d\d|19\d\d)(?P<sep>[-/_]?)(?P<m>0[1-9]|1[0-2])(?P=sep)[-/_t]?(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
)
_MONTH = re.compile(r"/(?:20\d\d|19\d\d)[-/_]?(?:0[1-9]|1[0-2])/[^/]+$")
_NUMBER = re.compile(r"\d{5,}")
_SLUG = re.compile(r"/[^/]*[^/-]+(?:-[^/-]+){3,}[^/]*$")
_NAMED_LIST = re.compile(
    rf"/(?:(?P<front>{any_of(url_words().front_pages)})|{any_of((*url_words().not_news, *url_words().lists))})"
    r"(?:[-_]?\d{1,4})?(?:\.[a-z]+)?(?:/|$)",
    re.IGNORECASE,
)
_LIST_PAGE = re.compile(rf"/{any_of(url_words().lists)}[^/]*(?:/|\.[a-z]+|$)", re.IGNORECASE)


def find_day(url: str) -> date | None:
    """Return the date written in the path of `url`, or ``None``."""
    for found in _DAY.finditer(urlsplit(url).path):
        try:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
    return None


def is_list_path(url: str) -> bool:
    """True if the path of `url` is empty or named like a list, or like a page that every portal has and no article."""
    parts = urlsplit(url)
    if not parts.path.strip("/"):
        return not parts.query
    found = _NAMED_LIST.search(parts.path)
    return bool(found) and not (found and found["front"] and parts.query)


def looks_like_article(url: str) -> bool:
    """True if the path has a date or month, a long number or a long slug, as articles have and lists have not."""
    path = urlsplit(url).path
    if not path.strip("/") or _LIST_PAGE.search(path):
        return False
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return bool(find_day(url) or _MONTH.search(path) or _NUMBER.search(last) or _SLUG.search(path.rstrip("/")))
