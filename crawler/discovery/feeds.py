"""What a feed or a sitemap says: article addresses and when each was last changed."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml import etree

#: Octets of a sitemap, unpacked (sitemaps.org, protocol).
MOST_OCTETS = 50 * 1024 * 1024


class FeedError(Exception):
    """The answer is no feed or sitemap: the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a feed or sitemap. `changed` is when it says the article was last changed or published, aware;
    ``None`` where it does not say. `is_list` marks a sitemap of a sitemap index."""

    url: str
    changed: datetime | None = None
    is_list: bool = False


_TIMES = ("updated", "lastmod", "modified", "publication_date", "pubDate", "published", "date")


def read_entries(body: bytes) -> list[Entry]:
    """The entries of an RSS 0.9x/1.0/2.0 or Atom feed, a sitemap, a news sitemap or a sitemap index, in their order.

    A gzip'd file is unpacked, up to what a sitemap may have. Broken XML is read as far as it goes, since half
    the feeds in the wild are; entities and external references are never resolved. Raises FeedError when no feed is in
    it.
    """
    if body.startswith(b"\x1f\x8b"):
        body = _unpacked(body)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(f"not XML: {error}") from error
    if root is None:
        raise FeedError("not XML: no element in it")
    kind = _name(root)
    if kind not in ("rss", "RDF", "feed", "urlset", "sitemapindex"):
        raise FeedError(f"neither feed nor sitemap: its root is <{kind}>")
    return list(_entries(root))


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MOST_OCTETS)
    except zlib.error as error:
        raise FeedError(f"not a gzip file: {error}") from error


def _entries(root: etree._Element) -> Iterator[Entry]:
    for element in root.iter(etree.Element):
        kind = _name(element)
        if kind in ("item", "entry"):
            address = _feed_address(element)
        elif kind in ("url", "sitemap"):
            address = _child_text(element, "loc")
        else:
            continue
        if address:
            yield Entry(address, _changed(element), is_list=kind == "sitemap")


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _child_text(element: etree._Element, name: str) -> str | None:
    texts = (str(child.text or "").strip() for child in element.iterchildren(etree.Element) if _name(child) == name)
    return next(filter(None, texts), None)


def _feed_address(item: etree._Element) -> str | None:
    """RSS has the address as text, Atom as the href of its alternate link; a permalink guid serves where both fail."""
    for child in item.iterchildren(etree.Element):
        if _name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href")).strip()
    if address := _child_text(item, "link"):
        return address
    for child in item.iterchildren(etree.Element):
        if _name(child) == "guid" and child.get("isPermaLink", "true") == "true" and child.text:
            return str(child.text).strip()
    return None


def _changed(element: etree._Element) -> datetime | None:
    times = {_name(child): child.text for child in element.iter(etree.Element) if _name(child) in _TIMES and child.text}
    for name in _TIMES:
        if name in times and (moment := _moment(times[name] or "")):
            return moment
    return None


def _moment(text: str) -> datetime | None:
    """A W3C date-time or an RFC 5322 date as an aware time; one without zone is taken as UTC."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
