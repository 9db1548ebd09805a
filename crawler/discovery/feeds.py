"""Parsing of feeds and sitemaps: article URLs and the time each was last changed."""

import json
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from lxml import etree

from crawler.extraction.decode.charset import decode

#: Maximum size in bytes of an uncompressed sitemap (sitemaps.org, protocol).
MAX_SITEMAP_BYTES = 50 * 1024 * 1024


class FeedError(Exception):
    """The response is neither feed nor sitemap. The message says what it is instead."""


@dataclass(frozen=True, slots=True)
class PaperPlace:
    """A place in a digital paper: the day of the issue, number and name of the page."""

    day: date
    page: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One URL of a feed or sitemap.

    `changed` is the time when the article was last changed or published, timezone-aware, or ``None`` if not stated.
    `is_day` means that only its day was stated. `is_list` marks the sitemaps in a sitemap index. `place` is where an
    article is in a digital paper.
    """

    url: str
    changed: datetime | None = None
    is_list: bool = False
    is_day: bool = False
    place: PaperPlace | None = None


class Feed:
    """The entries of a feed or sitemap, in order. They can be read once, and are parsed while they are read.

    `size` is the number of entries read so far, `without_url` that of those without an address. `is_cut` is true if the
    document ends in the middle. `is_sitemap` is true if it may list all pages of a site, not only articles.
    """

    def __init__(self, found: Iterable[FeedEntry | None], *, is_cut: bool = False, is_sitemap: bool = False) -> None:
        self._found = found
        self.size = 0
        self.without_url = 0
        self.is_cut = is_cut
        self.is_sitemap = is_sitemap

    def __iter__(self) -> Iterator[FeedEntry]:
        for entry in self._found:
            self.size += 1
            if entry is None:
                self.without_url += 1
            else:
                yield entry


#: Root elements of feeds and sitemaps.
_ROOTS = ("rss", "RDF", "feed", "urlset", "sitemapindex")

#: The start of a feed behind something else, such as a warning of PHP.
_START = re.compile(rb"<(?:\?xml\b|rss\b|feed\b|urlset\b|sitemapindex\b|(?:\w+:)?RDF\b)")
#: Bytes at the start of a document in which a feed must begin.
_SEARCHED = 64 * 1024

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

#: Elements of entries, and how they begin.
_ENTRIES = ("item", "entry", "url", "sitemap")
_ENTRY = re.compile(rf"<(?:\w+:)?(?:{'|'.join(_ENTRIES)})[\s>]".encode())

#: The errors of a document that ends inside an element.
_CUT_ERRORS = ("ERR_TAG_NOT_FINISHED", "ERR_DOCUMENT_END", "ERR_GT_REQUIRED", "ERR_LTSLASH_REQUIRED")
#: The errors of a document that is not in its declared encoding.
_ENCODING_ERRORS = ("ERR_INVALID_ENCODING", "ERR_UNSUPPORTED_ENCODING", "ERR_UNKNOWN_ENCODING")

#: A time without hours, of W3C's formats.
_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
#: Elements that hold a time, in order of preference.
_TIME_ELEMENTS = ("updated", "lastmod", "modified", "publication_date", "pubDate", "published", "date")


def read_entries(body: bytes, zone: str | None = None) -> list[FeedEntry]:
    """Return the entries of a feed or sitemap, as `read_feed` does. Raises FeedError."""
    return list(read_feed(body, zone))


def read_feed(body: bytes, zone: str | None = None) -> Feed:
    """Read an RSS 0.9x/1.0/2.0, Atom or JSON feed, a sitemap (XML or text), a news sitemap or a sitemap index.

    Gzip files are decompressed up to the maximum size of a sitemap. Broken XML is parsed as far as possible, because
    half the feeds in the wild are broken, and text before it is skipped. A document that is not in the encoding it
    declares (GBK characters under "gb2312") is decoded as pages are: XML parsers stop there. Entities and external
    references are never resolved. Times without a zone are in `zone`, an IANA name, or else in UTC. Raises FeedError if
    `body` is not a feed or sitemap.
    """
    local = ZoneInfo(zone) if zone else UTC
    if body.startswith(b"\x1f\x8b"):
        body = _decompress(body)
    body = body.lstrip()
    start = body.removeprefix(BOM_UTF8).lstrip()
    if start.startswith(b"{"):
        return _read_json(start, local)
    if start[:8].lower().startswith((b"http://", b"https://")):
        return _read_text(start)
    parser = _make_parser()
    try:
        root = _parse(body, parser)
        if any(error.type_name in _ENCODING_ERRORS for error in parser.error_log):
            parser = _make_parser(encoding="utf-8")
            root = _parse(decode(body)[0].encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(f"not XML: {error}") from error
    if root is None:
        raise FeedError("not XML: it contains no element")
    if (name := _local_name(root)) not in _ROOTS:
        raise FeedError(f"its root element is <{name}>")
    return Feed(
        _find_entries(root, local), is_cut=_is_cut(body, root, parser), is_sitemap=name in ("urlset", "sitemapindex")
    )


def _make_parser(encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, encoding=encoding)


def _parse(body: bytes, parser: etree.XMLParser) -> etree._Element | None:
    """Return the root element of `body`, or of the feed that begins further on."""
    try:
        root: etree._Element | None = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or _local_name(root) not in _ROOTS:
        start = _START.search(body, 1, _SEARCHED)
        if start is not None:
            return etree.fromstring(body[start.start() :], parser)
    return root


def _is_cut(body: bytes, root: etree._Element, parser: etree.XMLParser) -> bool:
    """True if the parser gave up before the last entry: at the end of a cut document, or at markup it cannot read."""
    last = parser.error_log.last_error
    if last is not None and last.type_name in _CUT_ERRORS:
        return True
    is_broken = any(error.level_name == "FATAL" for error in parser.error_log)
    return is_broken and len(_ENTRY.findall(body)) > sum(1 for _ in root.iter(*(f"{{*}}{name}" for name in _ENTRIES)))


def _read_json(body: bytes, zone: tzinfo) -> Feed:
    """Read a JSON Feed (jsonfeed.org)."""
    try:
        feed: Any = json.loads(body)
        items = feed["items"]
        urls = [(item.get("url") or item.get("external_url"), item) for item in items]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FeedError(f"it begins like JSON, but is no JSON Feed: {type(error).__name__}") from error
    return Feed(
        FeedEntry(url.strip(), _parse_time(str(item.get("date_modified") or item.get("date_published") or ""), zone))
        if isinstance(url, str) and url.strip()
        else None
        for url, item in urls
    )


def _read_text(body: bytes) -> Feed:
    """Read a text sitemap: one URL per line (sitemaps.org, "Text file")."""
    lines = [line.strip() for line in body[:MAX_SITEMAP_BYTES].decode("utf-8", "replace").splitlines()]
    found = (
        FeedEntry(line) if line.lower().startswith(("http://", "https://")) and " " not in line else None
        for line in filter(None, lines)
    )
    return Feed(found, is_sitemap=True)


def _decompress(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_SITEMAP_BYTES)
    except zlib.error as error:
        raise FeedError(f"not a gzip file: {error}") from error


def _find_entries(root: etree._Element, zone: tzinfo) -> Iterator[FeedEntry | None]:
    """Yield the entries below `root`, and ``None`` for one without an address."""
    for element in root.iter(etree.Element):
        name = _local_name(element)
        if name in ("item", "entry"):
            url = _item_url(element)
        elif name in ("url", "sitemap"):
            url = _child_text(element, "loc")
        else:
            continue
        base = element.base if url else None  # of its xml:base attributes, and those of its parents
        try:
            absolute = urljoin(base, url) if base and url else url
            moment, is_day = _changed_at(element, zone)
            yield FeedEntry(absolute, moment, name == "sitemap", is_day) if absolute else None
        except ValueError:  # not a URL: the request for it will fail
            yield FeedEntry(url or "", is_list=name == "sitemap")


def _local_name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child_text(element: etree._Element, name: str) -> str | None:
    texts = (
        str(child.text or "").strip() for child in element.iterchildren(etree.Element) if _local_name(child) == name
    )
    return next(filter(None, texts), None)


def _item_url(item: etree._Element) -> str | None:
    """Return the URL of an RSS item or Atom entry.

    In order: the address that a feed service has replaced in the link (``origLink``), the href of an alternate link,
    the text of a link, a guid that is an address, the URI of an RSS 1.0 item, and the text of a link further down, as
    in feeds with broken markup.
    """
    if url := _child_text(item, "origLink"):
        return url
    for child in item.iterchildren(etree.Element):
        if _local_name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href")).strip()
    if url := _child_text(item, "link"):
        return url
    guids = [child for child in item.iterchildren(etree.Element) if _local_name(child) == "guid" and child.text]
    for guid in sorted(guids, key=lambda child: child.get("isPermaLink", "true") != "true"):
        text = str(guid.text).strip()
        if guid.get("isPermaLink", "true") == "true" or text.startswith(("http://", "https://")):
            return text
    if about := item.get(f"{_RDF}about"):
        return str(about).strip()
    links = (str(link.text or "").strip() for link in item.iter(etree.Element) if _local_name(link) == "link")
    return next(filter(None, links), None)


def _changed_at(element: etree._Element, zone: tzinfo) -> tuple[datetime | None, bool]:
    """Return the time when an entry changed, and True if only its day is stated."""
    times = {
        _local_name(child): child.text
        for child in element.iter(etree.Element)
        if _local_name(child) in _TIME_ELEMENTS and child.text
    }
    for name in _TIME_ELEMENTS:
        if name in times and (moment := _parse_time(times[name] or "", zone)):
            return moment, _DAY.fullmatch((times[name] or "").strip()) is not None
    return None, False


def _parse_time(text: str, zone: tzinfo) -> datetime | None:
    """Parse a W3C date-time or an RFC 5322 date. A time without a zone is in `zone`.

    So is one with the abbreviation that `zone` has at the time: "CST" is in China, in Cuba or in America.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
    local = moment.replace(tzinfo=zone)
    if moment.tzinfo is None or (local.tzname() or "") == text.rpartition(" ")[2]:
        return local
    return moment
