"""What an address alone tells: whether it looks like an article's, and the day in it."""

import re
from datetime import date
from urllib.parse import urlsplit

_DAY = re.compile(
    r"(?<!\d)(?P<y>20\d\d|19\d\d)(?P<sep>[-/_]?)(?P<m>0[1-9]|1[0-2])(?P=sep)[-/_t]?(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
)
_MONTH = re.compile(r"/(?:20\d\d|19\d\d)[-/_]?(?:0[1-9]|1[0-2])/[^/]+$")
_NUMBER = re.compile(r"\d{5,}")
_SLUG = re.compile(r"/[^/]*[^/-]+(?:-[^/-]+){3,}[^/]*$")
_LIST = re.compile(r"/(?:index|list|default|tag|tags|category|search|page|author)[^/]*(?:/|\.[a-z]+|$)", re.I)


def day_in(url: str) -> date | None:
    """The calendar day written in the path of `url`, ``None`` where there is none."""
    for found in _DAY.finditer(urlsplit(url).path):
        try:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
    return None


def looks_like_article(url: str) -> bool:
    """Whether the path has what article addresses have and lists lack: a day or month, a long number, a long slug."""
    path = urlsplit(url).path
    if not path.strip("/") or _LIST.search(path):
        return False
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return bool(day_in(url) or _MONTH.search(path) or _NUMBER.search(last) or _SLUG.search(path.rstrip("/")))
