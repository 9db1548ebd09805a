"""Detection of soft 404s: error pages with status 200."""

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
