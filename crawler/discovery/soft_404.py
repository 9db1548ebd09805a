"""Detection of soft 404s: error pages with status 200."""

from hashlib import blake2b

from crawler.extraction.data.not_found_texts import is_not_found_text
from crawler.items import Article

#: A body longer than so many characters is an article about something not found.
_MAX_BODY = 400


def says_not_found(article: Article) -> bool:
    """True if the page read as `article` has a short body and its title, or the start of the body, says "not found".

    A page with a date or a source is never a soft 404.
    """
    body = article.body or ""
    if len(body) > _MAX_BODY or article.date or article.source:
        return False
    return is_not_found_text(article.title or "") or is_not_found_text(body[:120])


class RepeatedTexts:
    """Finds undated pages of one visit that have the same text at different URLs: those are not articles.

    Memory is bounded: an 8-byte digest and a URL hash per page, for the latest pages only.
    """

    _MAX_PAGES = 5_000

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def has_seen(self, article: Article) -> bool:
        """True if another URL had the same text. Remembers this one."""
        if article.date or not article.body:
            return False
        digest = blake2b(f"{article.title}\n{article.body}".encode(), digest_size=8).digest()
        first_url = self._seen.setdefault(digest, hash(article.url))
        if len(self._seen) > self._MAX_PAGES:
            del self._seen[next(iter(self._seen))]
        return first_url != hash(article.url)
