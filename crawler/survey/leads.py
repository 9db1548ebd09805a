"""Leads to feeds and sitemaps, from a front page and robots.txt."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from crawler.discovery.feeds import FeedEntry
from crawler.extraction import Document
from crawler.extraction.data.css_names import url_words
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.document import resolve
from crawler.survey.model import Lead, LeadKind

_FEED_TYPE = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)|text/xml|application/xml", re.I)
_FEED_PATH = re.compile(r"(?:\.rss|\.atom|\.rdf|/rss\.xml|/atom\.xml|/feed\.xml|/index\.xml|/feed/?|/rss/?)$", re.I)
_COMMENTS = re.compile(r"comment", re.I)
#: Paths of sitemaps with news, and of those without articles.
_NEWS = re.compile(any_of(url_words().news_sitemaps), re.I)
_NOT_NEWS = re.compile(any_of(url_words().other_sitemaps), re.I)

#: Beginning of `Lead.origin` for the sitemaps of a sitemap index.
IN_INDEX = "in the index"


def feed_leads(document: Document) -> Iterator[Lead]:
    """Yield the feeds declared in a page's head, then those it links to; comment feeds are left out."""
    for node in document.tree.css('link[rel~="alternate" i][type][href]'):
        kind, href = node.attributes.get("type") or "", node.attributes.get("href") or ""
        titled = f"{node.attributes.get('title') or ''} {href}"
        url = resolve(document.base_url, href)
        if url and _FEED_TYPE.match(kind) and not _COMMENTS.search(titled):
            yield Lead(url, LeadKind.FEED, "<link rel=alternate> of the front page")
    for link in document.followable_links():
        if _FEED_PATH.search(urlsplit(link.url).path) and not _COMMENTS.search(link.url):
            yield Lead(link.url, LeadKind.FEED, f"a link of the front page, {link.text.strip()[:30]!r}")


def sitemap_leads(home: str, named: tuple[str, ...]) -> Iterator[Lead]:
    """Yield the sitemaps named in robots.txt, news sitemaps first; without any, the usual location."""
    for url in sorted(named, key=lambda url: not _NEWS.search(urlsplit(url).path)):
        yield Lead(urljoin(home, url), LeadKind.SITEMAP, "named in robots.txt")
    if not named:
        yield Lead(urljoin(home, "/sitemap.xml"), LeadKind.SITEMAP, "the usual location of a sitemap")


def child_leads(index: str, entries: tuple[FeedEntry, ...]) -> list[Lead]:
    """Return the sitemaps of a sitemap index, those most likely to hold the newest articles first."""
    children = [one for one in entries if one.is_list and not _NOT_NEWS.search(urlsplit(one.url).path)]

    def rank(one: FeedEntry) -> tuple[bool, float]:
        return not _NEWS.search(urlsplit(one.url).path), -(one.changed.timestamp() if one.changed else 0.0)

    return [
        Lead(urljoin(index, one.url), LeadKind.SITEMAP, f"{IN_INDEX} {index}") for one in sorted(children, key=rank)
    ]
