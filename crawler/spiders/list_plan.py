"""The order in which a visit reads its lists."""

from collections.abc import Iterable
from datetime import datetime

from crawler.discovery.feeds import FeedEntry
from crawler.discovery.news import is_news, is_unchanged_since
from crawler.sites import Site
from crawler.spiders.list_pages import ListPosition
from crawler.store.frontier import Frontier
from crawler.store.frontier_urls import UrlPriority

#: Pages of a list, behind its first, that are read before articles if earlier visits knew the list.
_CATCH_UP = 5


class ListPlan:
    """Decides how early in a visit of `site` each list is read, by what `frontier` knows about earlier visits.

    Lists are read before the articles that wait, since they have the news. They take half of the visit's pages at
    most: further ones come after the news, those read longest ago first.
    """

    def __init__(self, site: Site, frontier: Frontier, now: datetime) -> None:
        self._most = max(1, site.max_pages // 2)
        self._frontier = frontier
        self._now = now
        self._read_at: dict[str, datetime] = {}
        self._asked: set[str] = set()
        self._early = 0

    def order(self, urls: Iterable[str]) -> list[str]:
        """Return the lists of the site file in the order to request them: as they are, unless they are too many."""
        lists = list(dict.fromkeys(urls))
        self._look_up(lists)
        if len(lists) <= self._most:
            return lists
        return sorted(lists, key=lambda url: (url in self._read_at, self._read_at.get(url, self._now)))

    def was_read(self, url: str) -> bool:
        """True if an earlier visit read the list at `url`."""
        self._look_up([url])
        return url in self._read_at

    def take_priority(self) -> UrlPriority:
        """Return the priority of a list that may have news."""
        self._early += 1
        return UrlPriority.LIST if self._early <= self._most else UrlPriority.LATE_LIST

    def priority_of_page(self, section: str, position: ListPosition) -> UrlPriority:
        """Return the priority of a page that follows another one of a section.

        New articles fill several pages of a known list. In a new one, further pages lead to its past. A page behind a
        splash page is the first one.
        """
        if position.hops or (position.number <= _CATCH_UP and self.was_read(section)):
            return self.take_priority()
        return UrlPriority.FURTHER_LIST

    def choose_sitemaps(self, entries: Iterable[FeedEntry]) -> list[tuple[FeedEntry, UrlPriority]]:
        """Return the sitemaps of an index that must be read, each with its priority.

        One that has not changed since it was read is left out. One that was never read and has no news waits.
        """
        listed = list(entries)
        self._look_up([entry.url for entry in listed])
        chosen = []
        for entry in listed:
            read_at = self._read_at.get(entry.url)
            if read_at is not None and is_unchanged_since(entry, read_at):
                continue
            has_news = read_at is not None or is_news(entry.changed, self._now, is_new_in_list=True)
            chosen.append((entry, self.take_priority() if has_news else UrlPriority.FURTHER_LIST))
        return chosen

    def _look_up(self, urls: Iterable[str]) -> None:
        unknown = [url for url in urls if url not in self._asked]
        self._asked.update(unknown)
        self._read_at |= self._frontier.read_times(unknown) if unknown else {}
