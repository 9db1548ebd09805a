"""Completeness of a captured page: which of its requisites replay can show, and which it lacks."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urljoin

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError, IndexAccessError
from archive.media import is_html
from archive.replay.requisites import Requisite, RequisiteKind, page_requisites, stylesheet_requisites

#: Requisites checked per page at most, those of its frames and style sheets included.
MAX_REQUISITES = 2000

#: Redirects followed from a requisite.
MAX_REDIRECTS = 5

#: Largest page or style sheet that is read, in bytes.
MAX_READ = 16 << 20

#: Decodes a body, given its Content-Type header. Returns the text and the name of the codec.
Decode = Callable[[bytes, str | None], tuple[str, str]]


class RequisiteState(StrEnum):
    """The state of a requisite in the archive."""

    CAPTURED = "captured"
    MISSING = "missing"  # no capture
    ERROR = "error"  # the server answered with an error, as the status says
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"  # the record is damaged or missing


@dataclass(frozen=True, slots=True)
class CheckedRequisite:
    """A requisite of a page, and what the archive has of it. `parent` is the document that names it."""

    requisite: Requisite
    parent: str
    state: RequisiteState
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PageCompleteness:
    """The requisites of one capture of a page. `is_cut` is true if there are more than are checked."""

    url: str
    captured_at: datetime
    requisites: tuple[CheckedRequisite, ...]
    is_cut: bool = False

    @property
    def captured(self) -> int:
        """The number of requisites that replay can show."""
        return sum(one.state is RequisiteState.CAPTURED for one in self.requisites)

    @property
    def lacking(self) -> list[CheckedRequisite]:
        """The requisites that replay cannot show."""
        return [one for one in self.requisites if one.state is not RequisiteState.CAPTURED]

    @property
    def share(self) -> float:
        """The share of the requisites that replay can show; 1 for a page without any."""
        return self.captured / len(self.requisites) if self.requisites else 1.0


class CompletenessChecker:
    """Checks pages of `collection`."""

    def __init__(self, collection: Collection, decode: Decode) -> None:
        self._collection = collection
        self._decode = decode

    def check(self, entry: IndexEntry) -> PageCompleteness:
        """Return the completeness of the page at `entry`. Raises ArchiveError if it cannot be read."""
        checked: dict[str, CheckedRequisite] = {}
        queue = deque(self._requisites_in(self._collection.load(entry), entry.url, RequisiteKind.FRAME))
        while queue and len(checked) < MAX_REQUISITES:
            requisite, parent = queue.popleft()
            if requisite.url in checked or requisite.url == entry.url:
                continue
            checked[requisite.url], capture = self._find(requisite, parent, entry.date)
            if capture is None or requisite.kind not in (RequisiteKind.FRAME, RequisiteKind.STYLE_SHEET):
                continue
            try:
                queue.extend(self._requisites_in(capture, capture.url, requisite.kind))
            except ArchiveError as error:
                state = RequisiteState.UNREADABLE
                checked[requisite.url] = replace(checked[requisite.url], state=state, detail=str(error))
        return PageCompleteness(entry.url, entry.date, tuple(checked.values()), is_cut=bool(queue))

    def _find(self, requisite: Requisite, parent: str, when: datetime) -> tuple[CheckedRequisite, Capture | None]:
        """Return what the archive has of a requisite near the time `when`, and its capture if that can be shown."""
        url = requisite.url
        for _ in range(MAX_REDIRECTS):
            try:
                found = self._collection.load_nearest(url, when)
            except IndexAccessError:
                raise
            except ArchiveError as error:
                return CheckedRequisite(requisite, parent, RequisiteState.UNREADABLE, detail=str(error)), None
            if found is None:
                detail = f"redirect to {url}" if url != requisite.url else ""
                return CheckedRequisite(requisite, parent, RequisiteState.MISSING, detail=detail), None
            _, capture = found
            status, location = capture.status or 200, capture.head.get(b"location")
            if not (300 <= status < 400 and location):
                state = _state_of(capture, status)
                shown = capture if state is RequisiteState.CAPTURED else None
                return CheckedRequisite(requisite, parent, state, status), shown
            url = urljoin(url, location.decode("utf-8", "replace"))
        return CheckedRequisite(requisite, parent, RequisiteState.ERROR, status, "too many redirects"), None

    def _requisites_in(self, capture: Capture, url: str, kind: RequisiteKind) -> Iterator[tuple[Requisite, str]]:
        """Yield the requisites that a page, frame or style sheet names, each with `url`."""
        content_type = (capture.head.get(b"content-type") or b"").decode("latin-1") or None
        body = capture.body(limit=MAX_READ)
        if kind is RequisiteKind.FRAME and not is_html(content_type, body[:1024]):
            return
        text, encoding = self._decode(body, content_type)
        read = stylesheet_requisites if kind is RequisiteKind.STYLE_SHEET else page_requisites
        for requisite in read(text, url, encoding):
            yield requisite, url


def _state_of(capture: Capture, status: int) -> RequisiteState:
    if status >= 400:
        return RequisiteState.ERROR
    return RequisiteState.TRUNCATED if capture.truncated is not None else RequisiteState.CAPTURED
