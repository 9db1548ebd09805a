"""Reading of lists: feeds, sitemaps and section pages, and the article links in them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from scrapy.http import Response
from scrapy.statscollectors import StatsCollector

from crawler.discovery.feeds import FeedEntry, read_entries
from crawler.discovery.url_patterns import may_be_article
from crawler.extraction.document import Document
from crawler.fetch_context import fetch_context
from crawler.sites import Section, Site
from crawler.urls import clean_url


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link that cannot be requested, because it is no URL; `message` says why."""

    url: str
    message: str


class ListReader:
    """Finds the articles that the lists of `site` link to. Links left out are counted in `stats`."""

    def __init__(self, site: Site, stats: StatsCollector, *, skips_nofollow: bool) -> None:
        self._site = site
        self._stats = stats
        self._skips_nofollow = skips_nofollow

    def read_feed(self, response: Response) -> Iterator[FeedEntry | BrokenLink]:
        """Yield the entries of a feed or sitemap, with absolute URLs. Raises FeedError at once."""
        entries = read_entries(response.body)
        return (_resolve(response.url, entry) for entry in entries)

    def section_at(self, url: str) -> Section:
        """Return the section that the site file describes at `url`, or one without selectors."""
        return next((section for section in self._site.sections if section.url == url), Section(url))

    def find_articles(
        self, document: Document, section: Section, response: Response
    ) -> Iterator[FeedEntry | BrokenLink]:
        """Yield the article links of a page of `section`, in order, except those in injected or hidden blocks.

        Links that are no URL follow at the end.
        """
        is_selected = section.links is not None
        selected, broken = _find_links(document, section.links or "a")
        for link in document.followable_links():
            if link.element.hidden is not None:
                self._stats.inc_value("portal/links/hidden")
            elif self._skips_nofollow and "nofollow" in link.rel.split():
                self._stats.inc_value("portal/links/nofollow")
                fetch_context(response).nofollow_links += 1
            elif link.url in selected and may_be_article(self._site, clean_url(link.url), is_selected=is_selected):
                yield FeedEntry(link.url)
        yield from broken


def _resolve(base: str, entry: FeedEntry) -> FeedEntry | BrokenLink:
    try:
        return replace(entry, url=urljoin(base, entry.url))
    except ValueError as error:
        return BrokenLink(entry.url, str(error))


def _find_links(document: Document, css: str) -> tuple[set[str], list[BrokenLink]]:
    """Return the URLs of the links that match `css`, and those that are no URL."""
    urls, broken = set(), []
    for node in document.tree.css(css):
        href = node.attributes.get("href") or ""
        try:
            urls.add(urljoin(document.base_url, href))
        except ValueError as error:
            broken.append(BrokenLink(href.strip(), str(error)))
    return urls, broken
