"""Parsing of feeds and sitemaps: article URLs and the time each was last changed."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml import etree

#: Maximum size in bytes of an uncompressed sitemap (sitemaps.org, protocol).
MAX_SITEMAP_BYTES = 50 * 1024 * 1024


class FeedError(Exception):
    """The response is neither feed nor sitemap. The message says what it is instead."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One URL of a feed or sitemap.

    `changed` is the time when the article was last changed or published, timezone-aware, or ``None`` if not stated.
    `is_list` marks the sitemaps in a sitemap index.
    """

    url: str
    changed: datetime | None = None
    is_list: bool = False


#: Elements that hold a time, in order of preference.
_TIME_ELEMENTS = ("updated", "lastmod", "modified", "publication_date", "pubDate", "published", "date")


def read_entries(body: bytes) -> list[FeedEntry]:
    """Return the entries of an RSS 0.9x/1.0/2.0 or Atom feed, a sitemap, a news sitemap or a sitemap index, in order.

    Gzip files are decompressed up to the maximum size of a sitemap. Broken XML is parsed as far as possible, because
    half the feeds in the wild are broken. Entities and external references are never resolved. Raises FeedError if
    `body` is not a feed or sitemap.
    """
    if body.startswith(b"\x1f\x8b"):
        body = _decompress(body)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(f"not XML: {error}") from error
    if root is None:
        raise FeedError("not XML: it contains no element")
    name = _local_name(root)
    if name not in ("rss", "RDF", "feed", "urlset", "sitemapindex"):
        raise FeedError(f"neither feed nor sitemap: its root element is <{name}>")
    return list(_find_entries(root))


def _decompress(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_SITEMAP_BYTES)
    except zlib.error as error:
        raise FeedError(f"not a gzip file: {error}") from error


def _find_entries(root: etree._Element) -> Iterator[FeedEntry]:
    for element in root.iter(etree.Element):
        name = _local_name(element)
        if name in ("item", "entry"):
            url = _item_url(element)
        elif name in ("url", "sitemap"):
            url = _child_text(element, "loc")
        else:
            continue
        if url:
            yield FeedEntry(url, _changed_at(element), is_list=name == "sitemap")


def _local_name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child_text(element: etree._Element, name: str) -> str | None:
    texts = (
        str(child.text or "").strip() for child in element.iterchildren(etree.Element) if _local_name(child) == name
    )
    return next(filter(None, texts), None)


def _item_url(item: etree._Element) -> str | None:
    """Return the URL of an RSS item (text of its link) or Atom entry (href of its alternate link), else a permalink."""
    for child in item.iterchildren(etree.Element):
        if _local_name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href")).strip()
    if url := _child_text(item, "link"):
        return url
    for child in item.iterchildren(etree.Element):
        if _local_name(child) == "guid" and child.get("isPermaLink", "true") == "true" and child.text:
            return str(child.text).strip()
    return None


def _changed_at(element: etree._Element) -> datetime | None:
    times = {
        _local_name(child): child.text
        for child in element.iter(etree.Element)
        if _local_name(child) in _TIME_ELEMENTS and child.text
    }
    for name in _TIME_ELEMENTS:
        if name in times and (moment := _parse_time(times[name] or "")):
            return moment
    return None


def _parse_time(text: str) -> datetime | None:
    """Parse a W3C date-time or an RFC 5322 date; a time without zone is taken as UTC."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
