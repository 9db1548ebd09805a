"""Agreement between pages: the same text at different URLs, without a date, is a wall and not an article."""

import re
from hashlib import blake2b

from crawler.discovery.walls import has_printed_date
from crawler.items import Article

#: A body longer than so many characters is stored without waiting for other pages.
_SHORT_BODY = 1_000
#: Numbers of requests, addresses and times in a block page: words of six characters or more with a digit.
_IDENTIFIER = re.compile(r"(?=[\w.:-]*\d)[\w.:-]{6,}", re.ASCII)


def may_be_wall(article: Article) -> bool:
    """True for a page without a date and without credits, which may be a wall if other URLs have the same text."""
    return not (has_printed_date(article) or article.source or article.authors or article.editor)


def is_short(article: Article) -> bool:
    """True if a page has no more text than a wall."""
    return len(article.body or "") <= _SHORT_BODY


def fingerprint(article: Article) -> bytes:
    """Return a digest of title and body, in which identifiers of requests do not count."""
    body = _IDENTIFIER.sub("", article.body or "")
    return blake2b(f"{article.title}\n{body}".encode(), digest_size=8).digest()


class RepeatedPages:
    """The texts of one visit's pages that may be walls, with the URL where each was first seen.

    Memory is bounded: a digest and a URL hash per page, for the latest pages only.
    """

    _MAX_PAGES = 5_000

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def is_repeated(self, article: Article) -> bool:
        """True if another URL had the same text. Remembers this one."""
        first_url = self._seen.setdefault(fingerprint(article), hash(article.url))
        if len(self._seen) > self._MAX_PAGES:
            del self._seen[next(iter(self._seen))]
        return first_url != hash(article.url)
