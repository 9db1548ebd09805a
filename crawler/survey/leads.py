"""Where a front page and a robots.txt say that feeds and sitemaps are."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from crawler.discovery.feeds import FeedEntry
from crawler.extraction import Document
from crawler.extraction.document import resolve
from crawler.survey.seen import Kind, Lead

_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf)\+xml|text/xml|application/xml", re.I)
_FEED_PATH = re.compile(r"(?:\.rss|\.atom|\.rdf|/rss\.xml|/atom\.xml|/feed\.xml|/index\.xml|/feed/?|/rss/?)$", re.I)
_COMMENTS = re.compile(r"comment", re.I)
_NEWS = re.compile(r"news|article|post|story|stories", re.I)
_NO_NEWS = re.compile(r"image|video|tag|categor|author|page-|pages|topic|section", re.I)


def feed_leads(document: Document) -> Iterator[Lead]:
    """The feeds a page names in its head, then those it links to; none of comments."""
    for node in document.tree.css('link[rel~="alternate" i][type][href]'):
        kind, href = node.attributes.get("type") or "", node.attributes.get("href") or ""
        titled = f"{node.attributes.get('title') or ''} {href}"
        url = resolve(document.base_url, href)
        if url and _FEED_TYPE.match(kind) and not _COMMENTS.search(titled):
            yield Lead(url, Kind.FEED, "<link rel=alternate> of the front page")
    for link in document.followable_links():
        if _FEED_PATH.search(urlsplit(link.url).path) and not _COMMENTS.search(link.url):
            yield Lead(link.url, Kind.FEED, f"a link of the front page, {link.text.strip()[:30]!r}")


def sitemap_leads(home: str, named: tuple[str, ...]) -> Iterator[Lead]:
    """The sitemaps that robots.txt names, those of news first; else where one usually is."""
    for url in sorted(named, key=lambda one: not _NEWS.search(urlsplit(one).path)):
        yield Lead(urljoin(home, url), Kind.SITEMAP, "named in robots.txt")
    if not named:
        yield Lead(urljoin(home, "/sitemap.xml"), Kind.SITEMAP, "where a sitemap usually is")


def child_leads(index: str, entries: tuple[FeedEntry, ...]) -> list[Lead]:
    """The sitemaps of a sitemap index, the likeliest to hold the newest articles first."""
    children = [one for one in entries if one.is_list and not _NO_NEWS.search(urlsplit(one.url).path)]

    def rank(one: FeedEntry) -> tuple[bool, float]:
        return not _NEWS.search(urlsplit(one.url).path), -(one.changed.timestamp() if one.changed else 0.0)

    return [Lead(urljoin(index, one.url), Kind.SITEMAP, f"in the index {index}") for one in sorted(children, key=rank)]
