"""Bytes of an article page in, article out: a pure function, whatever the page."""

from collections.abc import Iterable
from datetime import date, datetime

from crawler.extraction.document import Document
from crawler.extraction.registry import page_for
from crawler.items import Article

__all__ = ["Document", "extract", "extract_from"]


def extract(
    html: bytes,
    url: str,
    *,
    content_type: str | None = None,
    captured_at: datetime | None = None,
    timezone: str | None = None,
    language: str | None = None,
) -> Article:
    """The article of one page. `html` is decoded from its content encoding; never raises, whatever the bytes.

    `content_type` is the HTTP header's value, `captured_at` the time of capture (aware), `timezone` (IANA name) and
    `language` (primary subtag) what is known of the site; each may be left out. A field that the page does not have
    is ``None``.
    """
    return extract_from(
        Document(html, url, content_type=content_type, captured_at=captured_at), timezone=timezone, language=language
    )


def extract_from(
    document: Document,
    *,
    timezone: str | None = None,
    language: str | None = None,
    since: date | None = None,
    boilerplate: Iterable[str] = (),
) -> Article:
    """The article of a page that is a document already, by the page class for its URL and day of capture.

    `since` is the first day of the site's life; `boilerplate` the paragraphs it repeats in story after story, as
    `crawler.extraction.clean.repeated` learns them from its articles.
    """
    page = page_for(document.url, document.captured_at)
    return page.read(document, timezone=timezone, language=language, since=since, boilerplate=boilerplate).article
