"""Reading of digital papers: issues by day, their pages, and the articles on each page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.discovery.entry_points import find_entry_targets
from crawler.discovery.feeds import FeedEntry, PaperPlace
from crawler.discovery.issue_days import MISSING_RUN, IssueState, IssueToRead, IssueWalk
from crawler.discovery.paper_pages import IssuePage, read_issue_page
from crawler.extraction.document import Document
from crawler.fetch_context import FetchContext, fetch_context, leased_url
from crawler.items import Article
from crawler.middlewares.cut_responses import is_cut
from crawler.report import NO_ISSUE
from crawler.report_states import Fate, ListState
from crawler.sites import IssueUrl
from crawler.spiders.article_reader import document_of
from crawler.spiders.list_reader import SkippedLink
from crawler.spiders.site_spider import SiteSpider
from crawler.store.article_store import GONE
from crawler.store.frontier_urls import UrlKind, UrlPriority, UrlState
from crawler.store.validators import Validators
from crawler.urls import clean_url

#: Pages in a row that only lead to the first page of an issue.
_MAX_HOPS = 3


@dataclass(frozen=True, slots=True)
class IssuePosition:
    """A page of an issue: the URL template of its section, the day (ISO 8601), number and name of the page.

    `is_first` marks the page that stands for the issue; `hops` pages that only led to it came before.
    """

    section: str
    day: str
    is_first: bool = False
    page: str | None = None
    name: str | None = None
    hops: int = 0

    @property
    def date(self) -> date:
        return date.fromisoformat(self.day)


class PaperSpider(SiteSpider):
    """A spider whose site may be a digital paper; a subclass requests articles and reports lists."""

    @cached_property
    def papers(self) -> "PaperReader":
        """The reader of the site's digital papers."""
        return PaperReader(self)

    def parse_issue(self, response: Response, **place: Any) -> Iterator[Request | Article]:
        """Request the new articles on a page of a digital paper, then further pages and an older issue."""
        yield from self.papers.read(response, IssuePosition(**place))

    def issue_lost(self, failure: Any) -> Iterator[Request]:
        """Handle a page of a digital paper that could not be fetched. There is no paper on some days."""
        yield from self.papers.miss(failure, IssuePosition(**failure.request.cb_kwargs))

    def request_articles(self, entries: Iterable[FeedEntry], response: Response, *, are_new: bool) -> Iterator[Request]:
        """Yield the requests for the articles of a list that must be read."""
        raise NotImplementedError

    def drop_skipped(self, links: Iterable[FeedEntry | SkippedLink], response: Response) -> Iterator[FeedEntry]:
        """Yield the links of a list that can be requested; report the others."""
        raise NotImplementedError

    def note_list_wall(self, document: Document, response: Response) -> None:
        """Note that a list without articles was cut, or that a wall was sent instead of it."""
        raise NotImplementedError

    def list_lost(self, failure: Any) -> None:
        """Handle a list that could not be fetched."""
        raise NotImplementedError


class PaperReader:
    """Reads the digital papers of the site of `spider`, whose callbacks call it.

    The frontier keeps what was read of each issue: the first page stands for it; further pages are lists of their own.
    """

    def __init__(self, spider: "PaperSpider") -> None:
        self._spider = spider
        zone = ZoneInfo(spider.site.timezone) if spider.site.timezone else UTC
        self._zone = zone
        self.sections: Mapping[str, IssueUrl] = {one.url: one.issues for one in spider.site.sections if one.issues}
        oldest = max(filter(None, (spider.site.since, spider.since)), default=None)
        today = datetime.now(zone).date()
        self._walks = {section: IssueWalk(today, oldest, self._finder(section)) for section in self.sections}
        self._named_missing: set[str] = set()

    def begin(self, section: str) -> Iterator[Request]:
        """Yield the requests for the newest issues of the paper at `section`, if it is one, and for older ones."""
        if section in self.sections:
            yield from self._request_issues(section, self._walks[section].begin())

    def read(self, response: Response, position: IssuePosition) -> Iterator[Request | Article]:
        """Yield the requests that follow from a page of an issue."""
        issues, leased = self.sections.get(position.section), leased_url(response)
        if issues is None:  # the site file has changed since
            leased.fate = Fate(ListState.EMPTY)
            return
        if response.status == 304:
            leased.fate = Fate(ListState.UNCHANGED)
            yield from self._go_on(position, is_found=True)
            return
        document = document_of(response, is_list=True)
        own = {response.url, response.request.url, issues.url(position.date)} if response.request else {response.url}
        is_other = issues.find_day(response.url) not in (None, position.date)
        left_out = self._spider.list_reader.find_nofollow(document, response)
        page = None if is_other else read_issue_page(document, issues, position.date, own, left_out=left_out)
        entries = list(self._select(page, document, response, position)) if page else []
        if page and (entries or page.pages):
            yield from self._spider.request_articles(
                self._spider.drop_skipped(entries, response), response, are_new=False
            )
            leased.fate = None if leased.articles else Fate(ListState.EMPTY if page.articles else ListState.READ)
            yield from self._request_pages(page, position)
            self._note_damage(document, response, position)
            self._remember_validators(response, position)
        elif position.is_first and (targets := self._find_targets(document, position)) and not is_other:
            leased.fate = Fate(ListState.READ)
            yield from targets
            return
        elif position.is_first:
            self._spider.note_list_wall(document, response)
            if not leased.wall:
                self._note_missing(response.request or response, position)
                yield from self._go_on(position, is_found=False)
                return
        else:
            leased.fate = Fate(ListState.EMPTY)
        yield from self._go_on(position, is_found=True)

    def miss(self, failure: Any, position: IssuePosition) -> Iterator[Request]:
        """Yield the request for an older issue after a page that could not be fetched."""
        error = failure.value
        is_missing = isinstance(error, HttpError) and error.response.status in GONE
        if is_missing and position.is_first and position.section in self.sections:
            self._note_missing(failure.request, position)
            yield from self._go_on(position, is_found=False)
            return
        self._spider.list_lost(failure)
        yield from self._go_on(position, is_found=True)

    def add_place(self, article: Article, place: Sequence[str | None] | None) -> Article:
        """Return an article with its place in the paper: as its page prints it, else its list, else the store."""
        if not self.sections or (article.page and article.section):
            return article
        page, section = place or (None, None)
        if place is None and (stored := self._spider.store.articles.find_current(article.url)):
            page, section = stored.page, stored.section
        if article.page and page and article.page != page:
            return article
        return replace(article, page=article.page or page, section=article.section or section)

    # -- steps -----------------------------------------------------------------------------------------------------

    def _finder(self, section: str) -> Any:
        issues = self.sections[section]

        def find_states(days: Sequence[date]) -> dict[date, IssueState]:
            by_url = {clean_url(issues.url(day)): day for day in days}
            found = self._spider.frontier.find_states(by_url)
            return {by_url[url]: self._state_of(by_url[url], *known) for url, known in found.items()}

        return find_states

    def _state_of(self, day: date, state: UrlState, leased_at: datetime | None) -> IssueState:
        if state is UrlState.DROPPED:
            return IssueState.MISSING
        if state is not UrlState.DONE:
            return IssueState.QUEUED
        is_past = leased_at is not None and leased_at.astimezone(self._zone).date() > day
        return IssueState.READ if is_past else IssueState.FRESH

    def _request_issues(self, section: str, wanted: Sequence[IssueToRead]) -> Iterator[Request]:
        for issue in wanted:
            url = clean_url(self.sections[section].url(issue.day))
            is_early = self._walks[section].is_recent(issue.day)
            priority = self._spider.list_plan.take_priority() if is_early else UrlPriority.BACKLOG
            request = self._make_request(url, IssuePosition(section, issue.day.isoformat(), is_first=True), priority)
            if issue.is_again and (stored := self._spider.store.validators.get(url)):
                fetch_context(request).validators = (stored.etag, stored.last_modified)
            yield request

    def _request_pages(self, page: IssuePage, position: IssuePosition) -> Iterator[Request]:
        """Yield the requests for the pages of an issue that were never found before."""
        pages = {url: label for url, label in page.pages.items() if self._spider.site.owns(url)}
        known = self._spider.frontier.find_known(pages)
        is_newest = self._walks[position.section].is_newest(position.date)
        for url, label in pages.items():
            if url not in known:
                number, name = label or (None, None)
                place = IssuePosition(position.section, position.day, page=number, name=name)
                priority = self._spider.list_plan.take_priority() if is_newest else UrlPriority.BACKLOG
                yield self._make_request(url, place, priority)

    def _find_targets(self, document: Document, position: IssuePosition) -> list[Request]:
        """Return the requests for what a page leads to that is no page of an issue itself: a refresh, frames."""
        if position.hops >= _MAX_HOPS:
            return []
        issues = self.sections[position.section]
        urls = filter(self._spider.site.owns, find_entry_targets(document))
        own = [url for url in urls if issues.find_day(url) in (None, position.date)]
        following = replace(position, hops=position.hops + 1)
        known = self._spider.frontier.find_known(own)
        priority = self._spider.list_plan.take_priority()
        return [self._make_request(url, following, priority) for url in own if url not in known]

    def _make_request(self, url: str, position: IssuePosition, priority: UrlPriority) -> Request:
        dated = datetime.combine(position.date, time.min, UTC)
        return Request(
            url,
            self._spider.parse_issue,
            errback=self._spider.issue_lost,
            priority=priority,
            cb_kwargs=asdict(position),
            meta=FetchContext(kind=UrlKind.LIST, dated=dated).as_meta(),
        )

    def _select(
        self, page: IssuePage, document: Document, response: Response, position: IssuePosition
    ) -> Iterator[FeedEntry | SkippedLink]:
        """Yield the articles on a page, with their place in the paper."""
        label = page.label
        number = position.page or (label and label.page)
        name = position.name or (label.section if label and number in (None, label.page) else None)
        place = PaperPlace(position.date, number, name)
        section = self._spider.list_reader.section_at(position.section)
        return self._spider.list_reader.select_of_issue(page, document, section, place)

    def _go_on(self, position: IssuePosition, *, is_found: bool) -> Iterator[Request]:
        if position.is_first and (walk := self._walks.get(position.section)):
            following = walk.note(position.date, is_found=is_found)
            self._name_missing(position.section, walk)
            yield from self._request_issues(position.section, following)

    def _note_missing(self, of: Request | Response, position: IssuePosition) -> None:
        """Note that there is no issue of a day, which is normal. Only a paper without any issue is an empty list."""
        leased = leased_url(of)
        leased.drop_reason = NO_ISSUE
        has_issues = self._walks[position.section].has_issues
        leased.fate = Fate(ListState.UNCHANGED if has_issues else ListState.EMPTY)

    def _name_missing(self, section: str, walk: IssueWalk) -> None:
        run, report = walk.missing_run, self._spider.visit_report
        if run >= MISSING_RUN and walk.has_issues and section not in self._named_missing and report:
            self._named_missing.add(section)
            report.add_list_damage(section, "paper.missing")

    def _note_damage(self, document: Document, response: Response, position: IssuePosition) -> None:
        report = self._spider.visit_report
        if report and (is_cut(response) or document.is_truncated):
            report.add_list_damage(position.section, "network.cut" if is_cut(response) else "list.cut")

    def _remember_validators(self, response: Response, position: IssuePosition) -> None:
        """Save the validators of an issue that may be requested again. The frontier has it as read only once stored."""
        capture = fetch_context(response).capture
        if capture is None or not position.is_first or not self._walks[position.section].is_recent(position.date):
            return
        etag, modified = (
            value.decode("latin-1") if (value := response.headers.get(name)) else None
            for name in ("ETag", "Last-Modified")
        )
        self._spider.store.validators.remember(response.url, Validators(etag, modified, capture.record_id))
