"""The extension that feeds a visit's report, and the rules that turn errors into end states."""

import traceback
from collections.abc import Iterable, Mapping
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    DropItem,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import load_object
from twisted.python.failure import Failure

from archive import ArchiveError
from crawler.discovery.feeds import Feed
from crawler.fetch_context import LeasedUrl, fetch_context, leased_url
from crawler.handlers.addresses import AddressRefused
from crawler.handlers.http1 import BadResponse
from crawler.handlers.live import NotKept
from crawler.handlers.recorder import site_of
from crawler.items import Article
from crawler.middlewares.circular_redirects import CircularRedirect
from crawler.middlewares.decoding import BodyNotDecoded
from crawler.middlewares.refusals import RequestHeld, RequestRefused, VisitEnding
from crawler.report import DEAD_LINK, NO_ISSUE, Report
from crawler.report_states import ArticleState, Fate, ListState
from crawler.signals import URL_SETTLED
from crawler.store.article_store import GONE
from crawler.store.frontier_urls import SettledUrl, UrlKind, UrlState
from crawler.urls import url_key

#: The reasons of network errors.
_NETWORK = {
    DownloadTimeoutError: "network.timeout",
    CannotResolveHostError: "network.dns",
    DownloadConnectionRefusedError: "network.refused",
    ResponseDataLossError: "network.cut",
    DownloadFailedError: "network.failed",
    DownloadCancelledError: "network.size",
    UnsupportedURLSchemeError: "scope.scheme",
    BadResponse: "network.protocol",
}

_REASON_BY_NAME = {kind.__name__: why for kind, why in _NETWORK.items()} | {"DropItem": "dropped"}

#: The end states of articles by the frontier's reason for dropping them.
_EARLIER = {
    "soft_404": Fate(ArticleState.GONE, "soft_404"),
    "redirect": Fate(ArticleState.NOT_ARTICLE, "redirect_known"),
    "not_a_url": Fate(ArticleState.REFUSED, "link.broken"),
}

#: Reasons whose words say all that the error's text does.
_SELF_EXPLAINING = ("network.timeout", "network.dns", "network.refused", "network.size")

#: Errors of requests that a rule forbids.
_REFUSALS = (RequestRefused, NotKept, AddressRefused)

#: Holds that say that the visit, not the URL, has come to its end.
_ENDS = ("budget", "hours")


#: Scrapy's reasons for closing a spider after it did its work. Any other reason means it was cut short.
DONE_REASONS = ("finished", "page_budget", "closespider_pagecount", "closespider_itemcount", "closespider_timeout")
FAILED_REASONS = ("archive_failed", "store_failed")

#: Statistics whose value is the one-line reason why a crawl could not go on.
FAILURE_STATS = ("archive/failed", "store/failed", "turn/failed", "page_class/failed")


def find_failure(stats: Mapping[str, Any]) -> str | None:
    """Return the one-line reason why a crawl could not go on, or ``None`` if it could."""
    return next((str(stats[name]) for name in FAILURE_STATS if name in stats), None)


class VisitReport:
    """Extension of a live crawl with the report of its visit. The scheduler settles each URL here, exactly once.

    Code that decides the fate of a page sets ``leased_url(response).fate``; an error or a drop reason gives the fate by
    itself. Exceptions that Scrapy reports as spider or item errors make the visit fail.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        site = site_of(crawler)
        lists = (*site.feeds, *site.sitemaps, *(section.url for section in site.sections))
        self.report = Report(site.name, lists or (site.home,))
        self._own = {url_key(url): url for url in self.report.lists}
        self._network_errors = tuple(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS"))
        crawler.signals.connect(self._note_error, signals.spider_error)
        crawler.signals.connect(self._note_error, signals.item_error)
        crawler.signals.connect(self._note_dropped, signals.item_dropped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Return the report of a crawler. Raises RuntimeError if the extension is not enabled."""
        found = crawler.get_extension(cls)
        if found is None:
            raise RuntimeError(f"{cls.__module__}.{cls.__name__} must be in EXTENSIONS: start from settings.live")
        return found

    def settle(self, leased: LeasedUrl) -> None:
        """Record the end state of a leased URL, whose work is finished."""
        lease = leased.lease
        assert lease is not None
        if lease.kind not in (UrlKind.LIST, UrlKind.FEED):
            fate = self.article_fate(leased)
            self.report.settle(lease.url, fate)
            self._crawler.signals.send_catch_log(URL_SETTLED, leased=leased, fate=fate, list_url=None)
            if missing := self._missing_part(leased):
                self.report.add_missing_part(lease.url, *missing)
            return
        for given_up in leased.given_up:
            self.report.skip(given_up, Fate(ArticleState.REFUSED, "given_up"))
        url = self._own.get(url_key(leased.list_url or lease.url), leased.list_url or lease.url)
        page = lease.url if leased.list_url and url_key(leased.list_url) != url_key(lease.url) else None
        fate = self.list_fate(leased, is_own=page is None and self.report.list_entry(url).is_own)
        self.report.settle_list(url, fate, page=page, articles=leased.articles, new=leased.new_articles)
        self._crawler.signals.send_catch_log(URL_SETTLED, leased=leased, fate=fate, list_url=url)

    def leave_list(self, url: str, list_url: str | None) -> None:
        """Record that a list, or a page of the list at `list_url`, is left for a later visit."""
        name = self._own.get(url_key(list_url or url), list_url or url)
        self.report.settle_list(name, Fate(ListState.LEFT), page=url if list_url and list_url != url else None)

    def resume(self, settled: SettledUrl) -> None:
        """Record the end state of a URL that an interrupted crawl of the same visit has settled."""
        is_list = settled.kind in (UrlKind.LIST, UrlKind.FEED)
        url = self._own.get(url_key(settled.url), settled.url)
        fate = _earlier_fate(settled, is_list=is_list)
        if is_list and settled.reason in ("404", "410") and url not in self._own.values():
            fate = Fate(ListState.EMPTY, "list.gone")
        if is_list:
            self.report.settle_list(url, fate)
        else:
            self.report.find()
            self.report.settle(url, fate)

    def complete(self, reason: str, *, found: int, left: int | None) -> None:
        """Record the end of the visit for Scrapy's `reason`, or because the user's ``limit`` or ``walls`` ended it.

        `found` is the number of articles the frontier had for this visit, `left` those it still has, ``None`` if the
        frontier failed.
        """
        report = self.report
        report.find(found)
        is_cut_short = reason not in (*DONE_REASONS, "limit", "walls") and reason not in FAILED_REASONS
        if left is None or reason in FAILED_REASONS:
            reason = "not_stored"
        if left is None:
            left = report.found - sum(report.states.values())
        if failure := find_failure(self._crawler.stats.get_stats()):
            report.abort(failure)
        report.complete(left, reason, is_cut_short=is_cut_short)

    def article_fate(self, leased: LeasedUrl) -> Fate:
        """Return the end state of an article's URL."""
        error = leased.error
        if leased.fate is not None and (leased.wall or leased.is_stored):
            return leased.fate
        if error is None:
            return leased.fate or Fate(ArticleState.NOT_ARTICLE, "no_item")
        if isinstance(error, RequestHeld):
            return Fate(ArticleState.LEFT, error.decision.rule)
        if isinstance(error, VisitEnding):
            return Fate(ArticleState.LEFT, "end.early")
        if isinstance(error, _REFUSALS):
            return Fate(ArticleState.REFUSED, *self._reason_of(error))
        if isinstance(error, HttpError) and error.response.status in GONE:
            return Fate(ArticleState.GONE, DEAD_LINK)
        return Fate(ArticleState.LOST, *self._reason_of(error))

    def _missing_part(self, leased: LeasedUrl) -> tuple[str, str | None] | None:
        """Return why a stored article is not whole: its page was cut, or a further page was not read. It is flagged.

        ``None`` if it is whole or not stored.
        """
        if not leased.is_stored or not (leased.wall or leased.error or leased.missing_part):
            return None
        if leased.wall:
            return f"wall.{leased.wall}", None
        if leased.error is None:
            return "part.unread", leased.missing_part
        return ("end.early", None) if isinstance(leased.error, VisitEnding) else self._reason_of(leased.error)

    def list_fate(self, leased: LeasedUrl, *, is_own: bool) -> Fate:
        """Return the end state of a list, or of a page of it. `is_own` is true for a list named in the site file."""
        error = leased.error
        if leased.wall and leased.fate is not None:
            return leased.fate
        if error is None:
            return leased.fate or Fate(ListState.READ if leased.articles else ListState.EMPTY)
        if isinstance(error, VisitEnding):
            return Fate(ListState.LEFT, "end.early")
        if isinstance(error, RequestHeld) and error.decision.rule.partition(".")[0] in _ENDS:
            return Fate(ListState.LEFT, error.decision.rule)
        why, detail = self._reason_of(error)
        if isinstance(error, _REFUSALS):
            return Fate(ListState.REFUSED, why, detail)
        if isinstance(error, HttpError) and error.response.status in GONE and not is_own:
            return Fate(ListState.EMPTY, "list.gone")
        return Fate(ListState.UNREADABLE, why, detail)

    def _reason_of(self, error: BaseException) -> tuple[str, str | None]:
        """Return the reason's name and detail for an error of a request."""
        if isinstance(error, RequestHeld | RequestRefused):
            return error.decision.rule, error.decision.evidence
        if isinstance(error, AddressRefused):
            return "scope.address", one_line(error)
        if isinstance(error, NotKept):
            return f"optout.{error.opt_out.signal}", None
        if isinstance(error, DropItem):
            return "dropped", one_line(error).partition(": ")[2] or one_line(error)
        if isinstance(error, HttpError):
            return f"status.{error.response.status}", None
        for kind, why in _NETWORK.items():
            if isinstance(error, kind):
                return why, None if why in _SELF_EXPLAINING else one_line(error)
        if isinstance(error, BodyNotDecoded):
            return "coding", one_line(error)
        if isinstance(error, ArchiveError):  # the Recorder stops the crawl
            return "end.not_stored", one_line(error)
        if isinstance(error, CircularRedirect):
            return "redirect.circular", one_line(error)
        if isinstance(error, IgnoreRequest) or _is_raised_by_redirect(error):
            return "redirect", one_line(error)
        if isinstance(error, self._network_errors):
            return f"network.{type(error).__name__}", one_line(error)
        return "defect", one_line(error)

    def skip_link(self, list_url: str, url: str, why: str, message: str) -> None:
        """Record a link of a list that is not requested."""
        self.report.skip_link(self._own.get(url_key(list_url), list_url), url, why, message)

    def skip_other_pages(self, urls: Iterable[str], *, has_pattern: bool) -> None:
        """Record entries of feeds and sitemaps that are no articles, by the site file's pattern or their URLs."""
        for url in urls:
            self.report.skip(url, Fate(ArticleState.NOT_ARTICLE, "pattern" if has_pattern else "not_by_url"))

    def add_list_damage(self, list_url: str, why: str) -> None:
        """Record that a part of a list could not be read."""
        self.report.add_list_damage(self._own.get(url_key(list_url), list_url), why)

    def add_feed_damage(self, list_url: str, feed: Feed, *, is_cut: bool) -> None:
        """Record what could not be read of a feed. `is_cut` is true if its response was."""
        name = self._own.get(url_key(list_url), list_url)
        if is_cut or feed.is_cut:
            self.report.add_list_damage(name, "network.cut" if is_cut else "feed.cut")
        if feed.without_url:
            self.report.add_list_damage(name, "feed.no_address", f"{feed.without_url} of {feed.size}")

    def note_request_error(self, request: Request, error: BaseException) -> None:
        """Record the error of a request if it is neither a rule's nor the network's: a defect of the program."""
        if self._reason_of(error)[0] == "defect":
            self.report.add_error(request.url, describe_error(error))

    def _note_error(self, failure: Failure, response: Response | Failure) -> None:
        """Note an exception while a page was read or stored, so that a later visit tries again."""
        request: Request | None = getattr(response, "request", None)
        url = request.url if request is not None else "unknown URL"
        assert failure.value is not None
        self.report.add_error(url, describe_error(failure.value))
        if request is not None and (leased := fetch_context(request).leased) is not None:
            leased.error = failure.value

    def _note_dropped(self, item: Article, response: Response, exception: DropItem) -> None:
        leased = leased_url(response)
        if not leased.is_stored:
            leased.error = exception


def _earlier_fate(settled: SettledUrl, *, is_list: bool) -> Fate:
    """Return the end state that the frontier's reason for a URL stands for."""
    reason = settled.reason
    if settled.state is UrlState.DONE:
        return Fate(ListState.READ, "list.resumed")
    if reason == NO_ISSUE:
        return Fate(ListState.EMPTY)
    if reason is None:
        return Fate(ListState.LEFT if is_list else ArticleState.LEFT, "end.early")
    if reason in ("404", "410"):
        return Fate(ListState.UNREADABLE, f"status.{reason}") if is_list else Fate(ArticleState.GONE, DEAD_LINK)
    if not is_list and reason in _EARLIER:
        return _EARLIER[reason]
    if reason == "not_kept" or reason.partition(".")[0] in ("robots", "scope", "trap"):
        why = "optout" if reason == "not_kept" else reason
        return Fate(ListState.REFUSED if is_list else ArticleState.REFUSED, why)
    why = _REASON_BY_NAME.get(reason, f"status.{reason}" if reason.isdecimal() else reason)
    return Fate(ListState.UNREADABLE if is_list else ArticleState.LOST, why)


def one_line(error: BaseException) -> str:
    """Return the text of an error in one line, its type if it has none."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def describe_error(error: BaseException) -> str:
    """Return type, text and place of an exception in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {one_line(error)}{place}"


def _is_raised_by_redirect(error: BaseException) -> bool:
    """True if Scrapy could not follow a redirect, because its target is no URL."""
    frames = traceback.extract_tb(error.__traceback__) if isinstance(error, ValueError) else ()
    return any(frame.filename.endswith("downloadermiddlewares/redirect.py") for frame in frames)
