"""The report of a visit: the end state of every URL it learned, and the outcome that follows from them.

Pure: the crawl feeds it (`crawler.visit_report`), and the commands, the desk and the schedule read the JSON that it
makes. Articles are counted, not listed, so its memory does not grow with the visit; a cause names its first URLs.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crawler.report_states import (
    ERROR,
    LIST_DAMAGED,
    LIST_GONE,
    LIST_LEFT,
    LIST_REFUSED,
    PARTIAL,
    STOPPED,
    STORED,
    ArticleState,
    Cause,
    Fate,
    ListEntry,
    ListState,
    VisitOutcome,
    describe,
)
from crawler.report_words import SUBJECTS, words_for

#: URLs that a cause names at most.
MAX_NAMED = 200
#: A visit that loses this share of the articles it asked for has failed.
MAX_LOST_SHARE = 0.2
#: Skipped links that are counted and remembered, so that one on every page counts once.
_MAX_SKIPPED = 10_000
#: The reason of URLs whose end state nothing recorded.
UNACCOUNTED = "unaccounted"
#: The reason of URLs that no page was ever found at, though a list links to them.
DEAD_LINK = "link.dead"
#: The reasons of links that are not requested: they are no URLs, or the site file's pattern takes too long for them.
BROKEN_LINK, SLOW_PATTERN = "link.broken", "pattern.slow"
#: The reason of a day on which a digital paper has no issue. It is no fault.
NO_ISSUE = "no_issue"
#: A visit of which this share of the links is dead has failed, if it is more than a few: they were read wrongly.
MAX_DEAD_SHARE, FEW_DEAD = 0.5, 3


class Report:
    """Collects the end states of a visit's URLs.

    `own_lists` are the lists and feeds that the site file names. `had_articles` is what earlier visits found in lists
    they read: true if a list ever had an article. `resumes` says when and why the previous visit was interrupted. Every
    article URL is announced with `find` and ended with `settle` or `leave`; if the numbers differ, the difference is
    itself a failure.
    """

    def __init__(self, site: str, own_lists: Iterable[str], had_articles: Mapping[str, bool] | None = None) -> None:
        self.site = site
        self.had_articles = dict(had_articles or {})
        self.resumes: str | None = None
        self.alarms: list[
            dict[str, Any]
        ] = []  # open ones of the site (`crawler.drift`); they do not change the outcome
        self.found = 0
        self.states: Counter[ArticleState] = Counter()
        self.lists = {url: ListEntry(url, is_own=True) for url in own_lists}
        self._causes: dict[tuple[str, str], Cause] = {}
        self._skipped: set[int] = set()
        self._has_error = False

    # -- articles --------------------------------------------------------------------------------------------------

    def find(self, number: int = 1) -> None:
        """Count article URLs that the visit has to deal with."""
        self.found += number

    def settle(self, url: str, fate: Fate) -> None:
        """Record the end state of an article URL."""
        assert isinstance(fate.state, ArticleState)
        self.states[fate.state] += 1
        if fate.state not in STORED and fate.why:
            self._add_cause(fate.state, fate.why, url, fate.detail)

    def add_missing_part(self, url: str, why: str, detail: str | None) -> None:
        """Record that an article is stored, but not the whole of it."""
        self._add_cause(PARTIAL, why, url, detail)

    def leave(self, number: int, why: str) -> None:
        """Record that article URLs are left for a later visit."""
        if number > 0:
            self.states[ArticleState.LEFT] += number
            self._add_cause(ArticleState.LEFT, why, None, None, number)

    def skip_link(self, list_url: str, url: str, why: str, message: str) -> None:
        """Record a link of a list that is not requested: it is no URL, or it is not known what it is.

        A repeated one counts once.
        """
        self.list_entry(list_url).add_note(f"{words_for(why).text}: {url}")
        state = ArticleState.REFUSED if why == BROKEN_LINK else ArticleState.LOST
        self.skip(url, Fate(state, why, message))

    def skip(self, url: str, fate: Fate) -> None:
        """Record a link that is not even queued. A repeated one counts once."""
        if hash(url) not in self._skipped and len(self._skipped) < _MAX_SKIPPED:
            self._skipped.add(hash(url))
            self.found += 1
            self.settle(url, fate)

    # -- lists -----------------------------------------------------------------------------------------------------

    def list_entry(self, url: str) -> ListEntry:
        """Return the entry of the list or feed at `url`, a new one if it is not known yet."""
        if url not in self.lists:
            self.lists[url] = ListEntry(url, is_own=False)
        return self.lists[url]

    def settle_list(self, url: str, fate: Fate, *, page: str | None = None, articles: int = 0, new: int = 0) -> None:
        """Record the end state of a list or feed, or of a `page` that continues the list at `url`."""
        entry = self.list_entry(url)
        entry.articles += articles
        entry.new += new
        entry.add(fate, page=page)
        if fate.state in (ListState.UNREADABLE, ListState.REFUSED):
            state = fate.state if fate.state is ListState.UNREADABLE else LIST_REFUSED
            self._add_cause(state, fate.why or "unknown", page or url, fate.detail)

    def add_list_damage(self, url: str, why: str, detail: str | None = None) -> None:
        """Record that a part of the list or feed at `url` could not be read."""
        self.list_entry(url).add_note(describe(why, detail))
        self._add_cause(LIST_DAMAGED, why, url, detail)

    # -- the visit -------------------------------------------------------------------------------------------------

    def add_error(self, url: str, message: str) -> None:
        """Record an exception in this program, in a page class or in a spider: the visit has failed."""
        self._has_error = True
        self._add_cause(ERROR, "defect", url, message)

    def abort(self, message: str) -> None:
        """Record that the crawl could not go on: no disk space, a lost lease. The visit has failed."""
        self._has_error = True
        self._add_cause(ERROR, "aborted", None, message)

    def complete(self, unsettled: int, reason: str, *, is_cut_short: bool = False) -> None:
        """Record the end of the visit: `unsettled` articles are left for `reason`, Scrapy's reason for the end.

        `is_cut_short` means that something other than a budget or the end of the work ended it.
        """
        self.leave(unsettled, f"end.{reason}")
        if is_cut_short:
            self._add_cause(STOPPED, f"end.{reason}", None, None)
        self._complete_lists(reason)
        self._check_balance()
        for cause in self._causes.values():
            cause.text = self._text_of(cause)

    @property
    def outcome(self) -> VisitOutcome:
        """The outcome; valid once the report is complete."""
        states = {cause.state for cause in self._causes.values()}
        has_failed = self._has_error or ListState.EMPTY in states or self._has_lost_too_many()
        if has_failed or any(entry.has_failed for entry in self.lists.values()):
            return VisitOutcome.FAILED
        has_broken = (ArticleState.REFUSED, BROKEN_LINK) in self._causes
        is_incomplete = has_broken or not states.isdisjoint(_INCOMPLETE)
        return VisitOutcome.INCOMPLETE if is_incomplete else VisitOutcome.DONE

    @property
    def causes(self) -> list[Cause]:
        """The URLs not read or stored, grouped by reason; those that decide the outcome come first."""
        return sorted(self._causes.values(), key=lambda one: (_ORDER.index(one.state), -one.count))

    @property
    def failure(self) -> str | None:
        """The first cause in words, with its URL and the fix, if the visit is not done."""
        if self.outcome is VisitOutcome.DONE:
            return None
        return next((one.text for one in self.causes), None)

    @property
    def not_kept(self) -> dict[str, int]:
        """The number of pages that were not kept because they opt out, by signal."""
        return {
            cause.why.removeprefix("optout."): cause.count
            for cause in self._causes.values()
            if cause.state == ArticleState.REFUSED and cause.why.startswith("optout.")
        }

    def count_articles(self) -> dict[str, int]:
        """Return the number of articles found and of those in each state."""
        return {"found": self.found, **{str(state): self.states[state] for state in ArticleState}}

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {
            "site": self.site,
            "outcome": str(self.outcome),
            "resumes": self.resumes,
            "articles": self.count_articles(),
            "lists": [entry.as_dict() for entry in self.lists.values()],
            "causes": [cause.as_dict() for cause in self.causes],
            "alarms": self.alarms,
        }

    def lists_with_articles(self) -> dict[str, bool]:
        """Return which lists are known to have had articles, in this visit or before, for the next visit."""
        read = {one.url: one.articles > 0 for one in self.lists.values() if one.is_own and _was_read(one)}
        known = {url: had for url, had in self.had_articles.items() if url in self.lists}
        return known | {url: had or known.get(url, False) for url, had in read.items()}

    # -- steps -----------------------------------------------------------------------------------------------------

    def _add_cause(self, state: str, why: str, url: str | None, detail: str | None, count: int = 1) -> None:
        cause = self._causes.setdefault((state, why), Cause(str(state), why, detail=detail))
        cause.count += count
        if url is not None and len(cause.urls) < MAX_NAMED:
            cause.urls.append(url)

    def _complete_lists(self, reason: str) -> None:
        for entry in list(self.lists.values()):
            if entry.state is None and reason == "finished" and self.found:
                del self.lists[entry.url]  # a spider of its own does not request it, or it is there twice
                continue
            if entry.state is None or (entry.state is ListState.LEFT and entry.why is None):
                entry.state, entry.why = ListState.LEFT, f"end.{reason}"
            if entry.state is ListState.LEFT and entry.is_own and entry.why != "end.limit":
                self._add_cause(LIST_LEFT, entry.why or "end.early", entry.url, entry.detail)
            elif entry.state is ListState.EMPTY and entry.why == "list.gone":
                self._add_cause(LIST_GONE, entry.why, entry.url, None)
            elif entry.state is ListState.EMPTY and self._must_have_articles(entry):
                self._add_cause(ListState.EMPTY, entry.why or "list.empty", entry.url, entry.detail)
        if reason == "finished" and not self.had_articles and self._has_no_article():
            self._add_cause(ListState.EMPTY, "list.none", next(iter(self.lists), None), None)

    def _has_no_article(self) -> bool:
        """True if no list has a link to an article, or none of the pages that they link to is one."""
        if self.found:
            return self.states[ArticleState.NOT_ARTICLE] == self.found
        is_read = any(entry.articles or entry.state is ListState.UNCHANGED for entry in self.lists.values())
        return not is_read and not self._causes

    def _check_balance(self) -> None:
        missing = self.found - sum(self.states.values())
        if missing > 0:
            self.states[ArticleState.LOST] += missing
        elif missing < 0:
            self.found -= missing
        if missing:
            self._has_error = True
            self._add_cause(ERROR, UNACCOUNTED, None, None, abs(missing))

    def _must_have_articles(self, entry: ListEntry) -> bool:
        """True if an empty list is a fault: it had articles, was never read before, or the site never had any."""
        if not entry.is_own or entry.why == "list.gone":
            return False
        return self.had_articles.get(entry.url, True) or not any(self.had_articles.values())

    def _has_lost_too_many(self) -> bool:
        asked = self.found - self.states[ArticleState.LEFT] - self.states[ArticleState.REFUSED]
        lost, dead = self.states[ArticleState.LOST], self._causes.get((ArticleState.GONE, DEAD_LINK))
        if dead is not None and dead.count >= FEW_DEAD and dead.count >= MAX_DEAD_SHARE * asked:
            return True
        return lost > 0 and lost >= MAX_LOST_SHARE * asked

    def _text_of(self, cause: Cause) -> str:
        words, lost = words_for(cause.why), self.states[ArticleState.LOST]
        what = f"{words.text}: {cause.detail}" if cause.detail else words.text
        subject = SUBJECTS[cause.state].format(
            count=cause.count, found=self.found, lost=lost, s="" if cause.count == 1 else "s"
        )
        if cause.state == ArticleState.LOST and cause.count < lost:
            subject += f"{cause.count} of them because "
        where = (", first " if cause.count > 1 else ", ") + cause.urls[0] if cause.urls else ""
        fix = f" — {words.fix}" if words.fix and (cause.state not in _WITHOUT_FIX or cause.why == DEAD_LINK) else ""
        return f"{subject}{what}{where}{fix}"


#: The order of causes by state.
_ORDER: tuple[str, ...] = (
    ERROR,
    ListState.UNREADABLE,
    ListState.EMPTY,
    ArticleState.LOST,
    PARTIAL,
    LIST_REFUSED,
    LIST_DAMAGED,
    STOPPED,
    LIST_LEFT,
    LIST_GONE,
    ArticleState.GONE,
    ArticleState.REFUSED,
    ArticleState.NOT_ARTICLE,
    ArticleState.LEFT,
)

#: States of causes that make a visit incomplete.
_INCOMPLETE = (ArticleState.LOST, PARTIAL, LIST_REFUSED, LIST_DAMAGED, LIST_LEFT, LIST_GONE, STOPPED)

_WITHOUT_FIX: Collection[str] = (ArticleState.NOT_ARTICLE, ArticleState.GONE, ArticleState.LEFT)


def _was_read(entry: ListEntry) -> bool:
    return entry.state in (ListState.READ, ListState.UNCHANGED, ListState.EMPTY) and entry.why != "list.resumed"
