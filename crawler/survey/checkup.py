"""Check of a site: its lists still lead to articles, and its newest articles are still read completely."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from crawler.discovery.article_links import find_candidates
from crawler.discovery.feeds import FeedError
from crawler.discovery.json_lists import read_json_list
from crawler.discovery.learned_paths import ArticlePaths
from crawler.discovery.page_links import find_list_links
from crawler.discovery.paper_pages import read_issue_page
from crawler.extraction import Document
from crawler.items import Article
from crawler.sites import IssueUrl, JsonList, PatternTimeout, Section, Site
from crawler.survey.cases import read_page
from crawler.survey.leads import child_leads
from crawler.survey.model import Lead, LeadKind, LeadResponse
from crawler.urls import clean_url

#: Maximum number of lists of each kind, and of articles, to read.
MAX_LISTS, MAX_ARTICLES = 3, 5
#: Days back to which the newest issue of a digital paper is looked for.
_MAX_DAYS_BACK = 4

#: Fields without which an article is of little use, and the minimum share of articles that must have each.
REQUIRED_FIELDS, MIN_SHARE = ("title", "date", "body"), 0.5


class Checkup:
    """The state of a checkup of `site`, which reads some of its lists and the newest articles in them.

    `paths` decides which URLs are articles; by default, only the site file and the lists themselves do.

    `articles` are the extracted articles by requested URL, `lists` the number of article URLs in each list, and
    `failures` the URLs that could not be read, with the reason.
    """

    def __init__(self, site: Site, paths: ArticlePaths | None = None) -> None:
        self.site = site
        self._paths = paths or ArticlePaths(site)
        self.robots_txt: bytes | None = None
        self.articles: dict[str, Article] = {}
        self.lists: dict[str, int] = {}
        self.failures: dict[str, str] = {}
        self._urls_by_list: list[list[str]] = []
        self._papers_read: set[str] = set()
        self._children: list[Lead] = []

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """Yield batches of leads: lists, then a sitemap found in a sitemap index, then articles."""
        yield list(self._list_leads())
        for days in range(1, _MAX_DAYS_BACK):
            yield [lead for lead in self._issue_leads(days) if left() > MAX_ARTICLES]
        yield self._children[:1]
        yield [
            Lead(url, LeadKind.ARTICLE, "among the newest") for url in self._rank_newest()[: min(MAX_ARTICLES, left())]
        ]

    def _list_leads(self) -> Iterator[Lead]:
        site = self.site
        for key, kind, urls in (("feeds", LeadKind.FEED, site.feeds), ("sitemaps", LeadKind.SITEMAP, site.sitemaps)):
            for number, url in enumerate(urls[:MAX_LISTS], 1):
                yield Lead(url, kind, f"{key}[{number}]")
        for number, section in enumerate(site.sections[:MAX_LISTS], 1):
            origin = f"sections[{number}]"
            if section.json:
                yield Lead(section.json.request_parts(0)[0], LeadKind.JSON, origin, section.json)
            elif section.issues is None:
                yield Lead(section.url, LeadKind.SECTION, origin)
        yield from self._issue_leads(0)
        if not (site.feeds or site.sitemaps or site.sections):
            yield Lead(site.home, LeadKind.HOME, "the front page, since the file names no list")

    def _issue_leads(self, days: int) -> Iterator[Lead]:
        """Yield the issues of that many days ago of the digital papers of which no issue was read yet."""
        today = datetime.now(ZoneInfo(self.site.timezone) if self.site.timezone else UTC).date()
        for number, section in enumerate(self.site.sections[:MAX_LISTS], 1):
            if section.issues is not None and section.url not in self._papers_read:
                url = clean_url(section.issues.url(today - timedelta(days=days)))
                yield Lead(url, LeadKind.SECTION, f"sections[{number}]")

    def _rank_newest(self) -> list[str]:
        """Return the articles of all lists: first the top one of each list, then the second of each, and so on."""
        longest = max(map(len, self._urls_by_list), default=0)
        urls = [urls[rank] for rank in range(longest) for urls in self._urls_by_list if rank < len(urls)]
        return list(dict.fromkeys(urls))

    def add_response(self, response: LeadResponse) -> None:
        """Take the response to a lead."""
        if response.lead.kind is LeadKind.ARTICLE:
            if response.document is not None:
                self.articles[response.lead.url] = read_page(response.document, self.site)
            return
        if response.lead.kind is LeadKind.SITEMAP:
            self._children += child_leads(response.url, response.entries)
            if any(entry.is_list for entry in response.entries):
                return
        if response.document is None and self._find_paper(response):
            return  # there is no issue of that day
        urls = self.find_articles(response)
        self.lists[response.lead.url] = len(urls)
        self._urls_by_list.append(urls)

    def find_slow_path(self) -> str | None:
        """Return a path for which the site file's pattern takes too long: of its lists, or a longer one like them."""
        paths = [urlsplit(url).path for url in self._rank_newest()[:MAX_ARTICLES]]
        return self.site.article_path.find_slow_path(paths) if self.site.article_path else None

    def add_failure(self, lead: Lead, reason: str) -> None:
        """Note that a URL could not be read or was useless."""
        self.failures[lead.url] = reason

    def find_articles(self, response: LeadResponse) -> list[str]:
        """Return the article URLs that a crawl finds in a list, feed or sitemap."""
        if response.lead.json:
            return self._json_urls(response, response.lead.json)
        return self._feed_urls(response) if response.entries else self._section_urls(response)

    def _json_urls(self, response: LeadResponse, described: JsonList) -> list[str]:
        base = next((section.url for section in self.site.sections if section.json == described), response.url)
        try:
            entries = read_json_list(response.body, described, base).entries
        except FeedError as error:
            self.add_failure(response.lead, str(error))
            return []
        urls = dict.fromkeys(clean_url(entry.url) for entry in entries)
        return [url for url in urls if _is_decided(self._paths.may_be_article, url, is_selected=True)]

    def _feed_urls(self, response: LeadResponse) -> list[str]:
        urls = [clean_url(urljoin(response.url, entry.url)) for entry in response.entries]
        return [url for url in urls if self.site.owns(url) and _is_decided(self._paths.may_be_entry, url)]

    def _section_urls(self, response: LeadResponse) -> list[str]:
        if response.document is None:
            return []
        if paper := self._find_paper(response):
            section, issues, day = paper
            page = read_issue_page(response.document, issues, day, {response.url, response.lead.url})
            if page.articles:
                self._papers_read.add(section.url)
            return [url for url in page.articles if self.site.owns(url) and self.site.is_article(url) is not False]
        at = (response.lead.url, response.url)
        section = next((one for one in self.site.sections if one.url in at), Section(response.url))
        return find_section_articles(self.site, self._paths, section, response.document)

    def _find_paper(self, response: LeadResponse) -> tuple[Section, IssueUrl, date] | None:
        """Return the section, template and day of the issue that was requested, ``None`` for other lists."""
        for section in self.site.sections:
            day = section.issues.find_day(response.lead.url) if section.issues else None
            if section.issues and day and clean_url(section.issues.url(day)) == response.lead.url:
                return section, section.issues, day
        return None


def find_section_articles(site: Site, paths: ArticlePaths, section: Section, document: Document) -> list[str]:
    """Return the article URLs that a crawl finds on a page of `section`, in order."""
    links = [link for link in find_list_links(document) if link.element.hidden is None]
    urls = [
        url
        for link, is_selected, is_listed in find_candidates(document, section, site, links)
        if _is_decided(paths.may_be_article, url := clean_url(link.url), is_selected=is_selected, is_listed=is_listed)
    ]
    return list(dict.fromkeys(urls))


def _is_decided(decide: Callable[..., bool], url: str, **hints: bool) -> bool:
    """Return the answer of `decide` for `url`, False if the site file's pattern takes too long for it."""
    try:
        return decide(url, **hints)
    except PatternTimeout:
        return False


@dataclass(frozen=True, slots=True)
class Coverage:
    """The number of articles that have each field."""

    articles: int
    fields: Mapping[str, int]

    @classmethod
    def of(cls, articles: Sequence[Article], fields: Sequence[str]) -> "Coverage":
        """Count the articles that have each of `fields`."""
        counts = Counter(name for article in articles for name in fields if getattr(article, name))
        return cls(len(articles), {name: counts[name] for name in fields})

    @property
    def missing(self) -> list[str]:
        """Return the required fields that most articles lack; all of them if there are no articles."""
        return [name for name in REQUIRED_FIELDS if not self.articles or self.fields[name] < MIN_SHARE * self.articles]


def compare_fields(before: Article, now: Article, fields: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return the fields in which two extractions of an article differ: the old and the new value."""
    return {
        name: (getattr(before, name), getattr(now, name))
        for name in fields
        if getattr(before, name) != getattr(now, name)
    }
