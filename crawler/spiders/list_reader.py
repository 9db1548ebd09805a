"""Reading of lists: feeds, sitemaps and section pages, and the article links in them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from scrapy.http import Response
from scrapy.statscollectors import StatsCollector

from crawler.discovery.article_links import find_candidates
from crawler.discovery.feeds import Feed, FeedEntry, PaperPlace
from crawler.discovery.learned_paths import ArticlePaths
from crawler.discovery.page_links import find_list_links
from crawler.discovery.paper_pages import IssuePage
from crawler.extraction.document import Document
from crawler.fetch_context import fetch_context
from crawler.report import BROKEN_LINK, SLOW_PATTERN
from crawler.sites import PatternTimeout, Section, Site
from crawler.urls import clean_url


@dataclass(frozen=True, slots=True)
class SkippedLink:
    """A link that is not requested; `why` is the reason's name in the report, `message` its detail."""

    url: str
    why: str
    message: str


def broken_link(url: str, error: ValueError) -> SkippedLink:
    """Return a link that cannot be requested, because it is no URL."""
    return SkippedLink(url, BROKEN_LINK, str(error))


class FeedReading:
    """The entries of a feed while they are read: articles are yielded, `sitemaps` and `others` are collected.

    `others` are pages of the site that are no articles.
    """

    def __init__(self, entries: Iterable[FeedEntry], is_other_page: Callable[[str], bool]) -> None:
        self._entries = entries
        self._is_other_page = is_other_page
        self._first: str | None = None
        self.sitemaps: list[FeedEntry] = []
        self.others: list[str] = []

    def articles(self) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the entries that may be articles, and a skipped link for one that nothing can be said about."""
        for entry in self._entries:
            if entry.is_list:
                self.sitemaps.append(entry)
                continue
            try:
                is_other = self._is_other_page(entry.url)
            except PatternTimeout as error:
                yield SkippedLink(entry.url, SLOW_PATTERN, str(error))
                continue
            if is_other:
                self.others.append(clean_url(entry.url))
            else:
                self._first = self._first or entry.url
                yield entry

    @property
    def first(self) -> str | None:
        """An entry that a person can look at."""
        return self.others[0] if self.others else self._first

    @property
    def why_empty(self) -> str:
        """The reason why none of the entries is an article of the site."""
        return "list.not_articles" if self.others else "list.foreign" if self._first else "list.feed_empty"


class ListReader:
    """Finds the articles that the lists of `site` link to, by its `paths`. Links left out are counted in `stats`."""

    def __init__(self, site: Site, paths: ArticlePaths, stats: StatsCollector, *, skips_nofollow: bool) -> None:
        self._site = site
        self._paths = paths
        self._stats = stats
        self._skips_nofollow = skips_nofollow

    @staticmethod
    def resolve(feed: Feed, base: str) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the entries of a feed or sitemap read at the URL `base`, with absolute URLs."""
        return (_resolve(base, entry) for entry in feed)

    def is_other_page(self, url: str, feed: Feed) -> bool:
        """True if an entry of a feed or sitemap is a page of the site, but no article by its URL.

        The pattern of a site file says nothing of an entry of a feed, which may redirect to the article.
        """
        if not self._site.owns(url) or (self._site.article_path is not None and not feed.is_sitemap):
            return False
        return not self._paths.may_be_entry(clean_url(url))

    def section_at(self, url: str) -> Section:
        """Return the section that the site file describes at `url`, or one without selectors."""
        return next((section for section in self._site.sections if section.url == url), Section(url))

    def select_entries(self, entries: Iterable[FeedEntry]) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the entries of a JSON list that may be articles."""
        for entry in entries:
            if decided := self._decide(entry, is_selected=True, is_listed=True):
                yield decided

    def select_of_issue(
        self, page: IssuePage, document: Document, section: Section, place: PaperPlace
    ) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the articles of a page of a digital paper, then the links that are no URL."""
        css = section.links or "a, area"
        selected = {
            clean_url(document.resolve(one.attributes.get("href") or "") or "") for one in document.tree.css(css)
        }
        for url in page.articles:
            is_selected = section.links is not None
            if is_selected and url not in selected:
                continue
            entry = FeedEntry(url, place=place)
            if decided := self._decide(entry, is_selected=is_selected or url in page.sure, is_listed=True):
                yield decided
        yield from _find_broken(document, css)

    def find_nofollow(self, document: Document, response: Response) -> set[str]:
        """Return the URLs that the page asks not to follow, if the policy heeds that. Counts them."""
        if not self._skips_nofollow:
            return set()
        found = {clean_url(link.url) for link in document.followable_links() if "nofollow" in link.rel.split()}
        self._stats.inc_value("portal/links/nofollow", len(found))
        fetch_context(response).nofollow_links += len(found)
        return found

    def _decide(self, entry: FeedEntry, *, is_selected: bool, is_listed: bool) -> FeedEntry | SkippedLink | None:
        """Return `entry` if it may be an article, ``None`` if not; a skipped link if the pattern takes too long."""
        try:
            may_be = self._paths.may_be_article(clean_url(entry.url), is_selected=is_selected, is_listed=is_listed)
        except PatternTimeout as error:
            return SkippedLink(entry.url, SLOW_PATTERN, str(error))
        return entry if may_be else None

    def find_articles(
        self, document: Document, section: Section, response: Response
    ) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the article links of a page of `section`, in order, except those in injected or hidden blocks.

        Links that are no URL follow at the end.
        """
        shown = []
        for link in find_list_links(document):
            if link.element.hidden is not None:
                self._stats.inc_value("portal/links/hidden")
            elif self._skips_nofollow and "nofollow" in link.rel.split():
                self._stats.inc_value("portal/links/nofollow")
                fetch_context(response).nofollow_links += 1
            else:
                shown.append(link)
        for link, is_selected, is_listed in find_candidates(document, section, self._site, shown):
            if entry := self._decide(FeedEntry(link.url), is_selected=is_selected, is_listed=is_listed):
                yield entry
        yield from _find_broken(document, section.links or "a")


def _resolve(base: str, entry: FeedEntry) -> FeedEntry | SkippedLink:
    try:
        return replace(entry, url=urljoin(base, entry.url))
    except ValueError as error:
        return broken_link(entry.url, error)


def _find_broken(document: Document, css: str) -> Iterator[SkippedLink]:
    """Yield the links matched by `css` that are no URL."""
    for node in document.tree.css(css):
        href = node.attributes.get("href") or ""
        if document.resolve(href) is None:
            try:
                urljoin(document.base_url, href)
            except ValueError as error:
                yield broken_link(href.strip(), error)
