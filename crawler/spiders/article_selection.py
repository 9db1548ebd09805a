"""The articles to request: those that are new to the frontier or have changed since they were stored."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice

from scrapy.http import Response
from scrapy.statscollectors import StatsCollector

from crawler.discovery.feeds import FeedEntry, PaperPlace
from crawler.discovery.news import drop_wrong_dates, find_date, is_news
from crawler.discovery.url_patterns import find_day
from crawler.fetch_context import leased_url
from crawler.sites import Site
from crawler.store.article_store import ArticleStore
from crawler.store.frontier import Frontier
from crawler.store.frontier_urls import UrlPriority
from crawler.store.runs import NEW_FROM
from crawler.urls import clean_url

#: Entries of a list that are looked up together.
_BATCH = 500
#: Listed articles remembered.
_MAX_LISTED = 2_000


@dataclass(frozen=True, slots=True)
class SelectedArticle:
    """An article to request, with its priority and date. `is_known` is true if it was found or stored before."""

    url: str
    is_known: bool
    priority: UrlPriority
    dated: datetime | None
    place: PaperPlace | None = None


class ArticleSelection:
    """Selects articles from lists by what `frontier` and `articles` know about them.

    Nothing older than `since` is selected. With `revisit`, known articles are selected again even if they have not
    changed. Articles left out are counted in `stats`, new ones too, by list.
    """

    def __init__(
        self,
        site: Site,
        frontier: Frontier,
        articles: ArticleStore,
        stats: StatsCollector,
        *,
        since: date | None,
        revisit: bool,
    ) -> None:
        self._site = site
        self._frontier = frontier
        self._articles = articles
        self._stats = stats
        self._since = since
        self._revisit = revisit
        #: Known articles that the lists still show. Bounded: a sitemap shows all there are.
        self.listed: set[str] = set()
        self._new: set[str] = set()  # articles that this visit found first, whichever list had them first

    def select(self, entries: Iterable[FeedEntry], response: Response, *, are_new: bool) -> Iterator[SelectedArticle]:
        """Yield the new and changed articles among the entries of a list. Counts them in the list's `LeasedUrl`.

        Recent articles are news. So are those without a date, if they `are_new` in their list.

        If the list has unknown articles that are too old for this visit, it stays in the queue: a later visit without
        that limit would not find them otherwise.
        """
        seen: set[str] = set()
        entries, now = iter(entries), datetime.now(UTC)
        while batch := list(islice(entries, _BATCH)):
            by_url = {clean_url(entry.url): entry for entry in drop_wrong_dates(batch, now)}
            own = {url: entry for url, entry in by_url.items() if self._site.owns(url)}
            leased_url(response).articles += len(own.keys() - seen)
            unseen = {url: own[url] for url in own if url not in seen or own[url].changed}
            for article in self._select(unseen, response, now, are_new=are_new):
                news = is_news(article.dated, now, is_new_in_list=are_new)
                yield replace(article, priority=UrlPriority.NEWS) if news else article
            seen |= own.keys()
            if len(self.listed) < _MAX_LISTED:
                self.listed |= own.keys()

    def _select(
        self, own: Mapping[str, FeedEntry], response: Response, now: datetime, *, are_new: bool
    ) -> Iterator[SelectedArticle]:
        leased = leased_url(response)
        found_before = self._frontier.find_known(own)
        if not self._revisit:
            leased.given_up += sorted(self._frontier.find_given_up(found_before))
        captured = self._articles.last_capture_times(own)
        for url, entry in own.items():
            if url not in found_before and url not in captured and len(self._new) < _MAX_LISTED:
                self._new.add(url)
            if url in self._new:  # news of this list, even if another list had it first
                leased.news_articles += is_news(find_date(entry), now, is_new_in_list=are_new)
            if self._is_too_old(entry):
                leased.stays_queued |= url not in found_before
                continue
            if url in found_before and not entry.changed and not self._revisit:
                self._stats.inc_value("portal/articles/known")
                continue
            captured_at = captured.get(url)
            is_known = bool(captured_at or url in found_before)
            has_changed = bool(captured_at and entry.changed and entry.changed > captured_at)
            if is_known and not has_changed and not self._revisit:
                self._stats.inc_value("portal/articles/held")
                continue
            leased.new_articles += not is_known
            if not captured_at:
                self._stats.inc_value(f"{NEW_FROM}{response.url}")
            priority = UrlPriority.NEWS if has_changed else UrlPriority.BACKLOG
            yield SelectedArticle(url, is_known, priority, find_date(entry), entry.place)

    def _is_too_old(self, entry: FeedEntry) -> bool:
        day = entry.place.day if entry.place else entry.changed.date() if entry.changed else find_day(entry.url)
        return bool(self._since and day and day < self._since)
