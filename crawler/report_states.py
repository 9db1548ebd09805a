"""The end states of URLs and lists in a visit, and the entries of its report."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crawler.report_words import Words, words_for

#: Lines about one list at most.
_MAX_NOTES = 20


class ArticleState(StrEnum):
    """The end state of an article's URL in a visit."""

    NEW = "new"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    GONE = "gone"
    REFUSED = "refused"  # by a rule: robots.txt, scope, an opt-out, a link that cannot be requested
    NOT_ARTICLE = "not_article"
    LOST = "lost"
    LEFT = "left"  # for a later visit


class ListState(StrEnum):
    """The end state of a list or feed in a visit."""

    READ = "read"  # it has links to articles
    UNCHANGED = "unchanged"
    EMPTY = "empty"  # read, and it has none
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    LEFT = "left"


class VisitOutcome(StrEnum):
    """The outcome of a visit that ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


#: The states of articles that are in the store.
STORED = (ArticleState.NEW, ArticleState.EDITED, ArticleState.UNCHANGED)

#: The state of a cause beside those of articles and lists. An error is an exception or an aborted crawl; a visit is
#: stopped if something ends it early.
ERROR, STOPPED = "error", "stopped"
LIST_REFUSED, LIST_LEFT, LIST_GONE, LIST_DAMAGED = "list_refused", "list_left", "list_gone", "list_damaged"
#: The state of a cause that names articles which are stored, but not the whole of them. They count as stored.
PARTIAL = "partial"

#: Of the states of a list's pages, the first one found is the state of the list.
_STRONGEST = (
    ListState.UNREADABLE,
    ListState.READ,
    ListState.UNCHANGED,
    ListState.REFUSED,
    ListState.LEFT,
    ListState.EMPTY,
)


@dataclass(frozen=True, slots=True)
class Fate:
    """The end state of one URL, and the reason for it.

    `why` is a dotted name such as ``status.403``, ``robots.disallow`` or ``wall.captcha``; `report_words.toml` has the
    words and the fix. `detail` is what a person needs besides: an error's text, a rule's line.
    """

    state: ArticleState | ListState
    why: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class ListEntry:
    """A list or feed with all its pages: article links found, those not known before, and its state."""

    url: str
    is_own: bool  # named in the site file
    articles: int = 0
    new: int = 0
    state: ListState | None = None
    why: str | None = None
    detail: str | None = None
    notes: list[str] = field(default_factory=list)
    has_failed: bool = False

    def add(self, fate: Fate, *, page: str | None) -> None:
        """Add the end state of the list, or of a `page` that continues it."""
        assert isinstance(fate.state, ListState)
        if self.state is None or _STRONGEST.index(fate.state) < _STRONGEST.index(self.state):
            self.state, self.why, self.detail = fate.state, fate.why, fate.detail
        if page and fate.why:
            self.add_note(f"{page}: {describe(fate.why, fate.detail)}")
        is_refused = fate.state is ListState.REFUSED and self.is_own and page is None
        self.has_failed = self.has_failed or is_refused or fate.state is ListState.UNREADABLE

    def add_note(self, text: str) -> None:
        """Add a line about one of its pages or links."""
        if len(self.notes) < _MAX_NOTES:
            self.notes.append(text)

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as JSON-ready values."""
        state = self.state or ListState.LEFT
        texts = [describe(self.why, self.detail)] if self.why else []
        why = "; ".join([*texts, *self.notes]) or None
        return {"url": self.url, "state": str(state), "articles": self.articles, "new": self.new, "why": why}


@dataclass(slots=True)
class Cause:
    """All URLs of one state and reason: their number, and the first of them."""

    state: str
    why: str
    count: int = 0
    urls: list[str] = field(default_factory=list)
    detail: str | None = None
    text: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the cause as JSON-ready values."""
        return {"state": self.state, "why": self.why, "count": self.count, "text": self.text, "urls": self.urls}


def describe(why: str, detail: str | None) -> str:
    """Return the words of a reason, with its detail."""
    words: Words = words_for(why)
    return f"{words.text}: {detail}" if detail else words.text
