"""A check of a site: do its lists still lead to articles, do its newest articles still read whole."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from crawler.discovery.url_patterns import looks_like_article
from crawler.items import Article
from crawler.sites import Section, Site
from crawler.survey.cases import read_page
from crawler.survey.leads import child_leads
from crawler.survey.links import links_of
from crawler.survey.seen import Kind, Lead, Seen
from crawler.survey.selectors import found_by
from crawler.urls import clean_url

#: Lists of a kind, and articles, that are looked at.
LISTS, ARTICLES = 3, 5

#: Fields without which an article is of little use, and the share of articles that must have them.
NEEDED, FAILING = ("title", "date", "body"), 0.5


class Checkup:
    """A look at `site` as its file describes it: some of its lists, and the newest articles in them.

    `articles` are how these read, by the address they were asked for; `lists` the number of article addresses in each
    list; `lost` what could not be had, with the reason.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.robots_txt: bytes | None = None
        self.articles: dict[str, Article] = {}
        self.lists: dict[str, int] = {}
        self.lost: dict[str, str] = {}
        self._found: list[list[str]] = []
        self._children: list[Lead] = []

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """What to look at: lists, then the sitemaps that sitemaps list, then articles."""
        yield list(self._lists())
        yield self._children[:1]
        yield [Lead(url, Kind.ARTICLE, "among the newest") for url in self._newest()[: min(ARTICLES, left())]]

    def _lists(self) -> Iterator[Lead]:
        site = self.site
        for key, kind, urls in (("feeds", Kind.FEED, site.feeds), ("sitemaps", Kind.SITEMAP, site.sitemaps)):
            for number, url in enumerate(urls[:LISTS], 1):
                yield Lead(url, kind, f"{key}[{number}]")
        for number, section in enumerate(site.sections[:LISTS], 1):
            yield Lead(section.url, Kind.SECTION, f"sections[{number}]")
        if not (site.feeds or site.sitemaps or site.sections):
            yield Lead(site.home, Kind.HOME, "the front page, since the file names no list")

    def _newest(self) -> list[str]:
        """Articles of every list, the first of each before the second of any."""
        most = max(map(len, self._found), default=0)
        turns = [found[turn] for turn in range(most) for found in self._found if turn < len(found)]
        return list(dict.fromkeys(turns))

    def saw(self, seen: Seen) -> None:
        """Note an answer."""
        if seen.lead.kind is Kind.ARTICLE:
            if seen.document is not None:
                self.articles[seen.lead.url] = read_page(seen.document, self.site)
            return
        if seen.lead.kind is Kind.SITEMAP:
            self._children += child_leads(seen.url, seen.entries)
            if any(entry.is_list for entry in seen.entries):
                return
        found = self._in_feed(seen) if seen.entries else self._in_section(seen)
        self.lists[seen.lead.url] = len(found)
        self._found.append(found)

    def missed(self, lead: Lead, reason: str) -> None:
        """Note that an address could not be had, or was of no use."""
        self.lost[lead.url] = reason

    def _in_feed(self, seen: Seen) -> list[str]:
        urls = [clean_url(urljoin(seen.url, entry.url)) for entry in seen.entries]
        return [url for url in urls if self.site.is_article(url) is not False and self.site.owns(url)]

    def _in_section(self, seen: Seen) -> list[str]:
        if seen.document is None:
            return []
        section = next((one for one in self.site.sections if one.url == seen.lead.url), Section(seen.url))
        chosen = found_by(section.links, seen.document) if section.links else None
        urls = [link.url for link in links_of(seen.document) if chosen is None or link.url in chosen]
        return [url for url in dict.fromkeys(urls) if self._may_be_article(url, listed=chosen is not None)]

    def _may_be_article(self, url: str, *, listed: bool) -> bool:
        known = self.site.is_article(url)
        return known if known is not None else listed or looks_like_article(url)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of some articles have each field."""

    articles: int
    fields: Mapping[str, int]

    @classmethod
    def of(cls, articles: Sequence[Article], fields: Sequence[str]) -> "Coverage":
        """The coverage of `fields` by `articles`."""
        counts = Counter(name for article in articles for name in fields if getattr(article, name))
        return cls(len(articles), {name: counts[name] for name in fields})

    @property
    def missing(self) -> list[str]:
        """The needed fields that most articles lack; all of them where there are no articles."""
        return [name for name in NEEDED if not self.articles or self.fields[name] < FAILING * self.articles]


def changes(before: Article, now: Article, fields: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """The fields in which two readings of an article differ: what it was, what it is."""
    return {
        name: (getattr(before, name), getattr(now, name))
        for name in fields
        if getattr(before, name) != getattr(now, name)
    }
