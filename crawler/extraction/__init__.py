"""Article extraction: a pure function from the bytes of a page to an article.

The steps, each of which imports only those before it: `data` (words and tables), `decode` (bytes to text), `layout`
(text to lines), `clean` (the article's place and what is not part of it), `document` (one page with all that), `fields`
(title, date, body, ...), `page`, which assembles the article, and `trace`, which explains it. `sites` has page classes
for unusual layouts.
"""

from collections.abc import Iterable
from datetime import date, datetime

from crawler.extraction.document import Document
from crawler.extraction.registry import page_for
from crawler.extraction.trace import Trace, trace_page
from crawler.items import Article

__all__ = ["Document", "Trace", "extract", "extract_from", "trace_from"]


def extract(
    html: bytes,
    url: str,
    *,
    content_type: str | None = None,
    captured_at: datetime | None = None,
    timezone: str | None = None,
    language: str | None = None,
) -> Article:
    """Return the article of one page; never raises. `html` is the body after content decoding (gzip, brotli).

    `content_type` is the value of the HTTP header, `captured_at` the aware time of capture. `timezone` (IANA name) and
    `language` (primary subtag) describe the site. A field that the page does not have is ``None``.
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
    """Return the article of a document, read by the page class for its URL and day of capture.

    `since` is the first day of the site. `boilerplate` are the paragraphs it repeats in many stories, as found by
    `crawler.extraction.clean.repeated`.
    """
    page = page_for(document.url, document.captured_at)
    return page.read(document, timezone=timezone, language=language, since=since, boilerplate=boilerplate).article


def trace_from(
    document: Document,
    *,
    timezone: str | None = None,
    language: str | None = None,
    since: date | None = None,
    boilerplate: Iterable[str] = (),
) -> Trace:
    """Return the trace of the article that `extract_from` returns for the same arguments."""
    page = page_for(document.url, document.captured_at)
    return trace_page(page.read(document, timezone=timezone, language=language, since=since, boilerplate=boilerplate))
