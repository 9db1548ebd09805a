"""The further pages of a list: the next one, archives by year and month, and what a page without news leads to."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from crawler.discovery.archives import find_archives
from crawler.discovery.entry_points import find_entry_targets, find_frames
from crawler.discovery.list_pagination import find_next_page
from crawler.discovery.page_links import find_page_links
from crawler.extraction.document import Document
from crawler.sites import Section, Site

#: Refreshes, frames and splash pages in a row that are followed.
_MAX_HOPS = 3


@dataclass(frozen=True, slots=True)
class ListPosition:
    """The position of a page in a list: its number, 0 for the first, and the pages without news that led to it."""

    number: int = 0
    hops: int = 0


FIRST_PAGE = ListPosition()


@dataclass(frozen=True, slots=True)
class FollowingPage:
    """A page of a list to request."""

    url: str
    position: ListPosition


class ListPages:
    """Finds the pages that follow a page of a list of `site`; `find_known` returns the URLs found before."""

    def __init__(self, site: Site, find_known: Callable[[Iterable[str]], set[str]]) -> None:
        self._site = site
        self._find_known = find_known

    def find_following(
        self, document: Document, section: Section, position: ListPosition, *, has_articles: bool, has_new: bool
    ) -> list[FollowingPage]:
        """Return the pages to request after one that has articles, or new ones. Only pages of the site are returned.

        Pagination ends with the first page that has nothing new.
        """
        if not has_articles:
            return list(self._find_targets(document, position))
        following = find_next_page(document, section, position.number) if has_new else None
        if following and self._site.owns(following):
            return [FollowingPage(following, ListPosition(position.number + 1))]
        if position.number == 0 and section.next is None:
            archives = list(self._find_archives(document, is_newest_wanted=has_new))
            return archives or list(self._find_frames(document, position))
        return []

    def _find_targets(self, document: Document, position: ListPosition) -> Iterator[FollowingPage]:
        if position.number == 0 and position.hops < _MAX_HOPS:
            for url in filter(self._site.owns, find_entry_targets(document)):
                yield FollowingPage(url, ListPosition(0, position.hops + 1))

    def _find_frames(self, document: Document, position: ListPosition) -> Iterator[FollowingPage]:
        """Yield the frames of a list that has articles, but no further page: they may have the rest of them."""
        if position.hops < _MAX_HOPS:
            for url in filter(self._site.owns, find_frames(document)):
                yield FollowingPage(url, ListPosition(0, position.hops + 1))

    def _find_archives(self, document: Document, *, is_newest_wanted: bool) -> Iterator[FollowingPage]:
        """Yield a list's archives by year and month that no visit has requested, and the newest one if wanted."""
        archives = list(filter(self._site.owns, find_archives(document, find_page_links(document))))
        known = self._find_known(archives)
        for url in archives:
            if (url not in known) or (is_newest_wanted and url == archives[0]):
                yield FollowingPage(url, FIRST_PAGE)
