"""Pages on one article: the article beside its capture, and the differences between two versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive import Collection
from crawler.copies.report import CopyReport, report_copies
from crawler.items import Article
from crawler.store import Event, EventKind, FieldChange, Store
from crawler.store.content import CONTENT_FIELDS, changed_fields
from crawler.text_diff import DiffPiece, diff_texts
from crawler.web.captures import MAX_COUNTED
from crawler.web.templates import Templates

#: The most copies listed on an article's page.
_MAX_COPIES = 30


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """An event of an article's history, numbered from 1."""

    number: int
    event: Event

    @property
    def has_version(self) -> bool:
        """True unless the event is a removal."""
        return self.event.kind is not EventKind.REMOVED


class ArticlePages:
    """Renders the pages on one article."""

    def __init__(self, store: Store, collection: Collection, templates: Templates) -> None:
        self._store = store
        self._collection = collection
        self._templates = templates

    def article(self, request: Request) -> Response:
        """Show the newest version of the article, or the one numbered by the query parameter `version`."""
        url = request.query_params.get("url", "")
        article = self._current(url)
        history = self._history(url)
        number = request.query_params.get("version")
        if number is not None:
            article = self._version(history, number)
        assert article.provenance is not None
        captured_at = datetime.fromisoformat(article.provenance.captured_at)
        return self._templates.page(
            request,
            "article.html",
            article=article,
            captured_at=captured_at,
            history=history,
            number=int(number) if number else None,
            removed_now=bool(history) and history[-1].event.kind is EventKind.REMOVED,
            copies=self._report_copies(article.url),
            captures=self._collection.index.count(article.url, limit=MAX_COUNTED + 1),
            most=MAX_COUNTED,
            replay=request.scope["replay"],
        )

    def _report_copies(self, url: str) -> CopyReport | None:
        """Return the report on the article and its copies, ``None`` if it has none."""
        group = self._store.copies.find(url, limit=_MAX_COPIES)
        return report_copies(group) if len(group) > 1 else None

    def diff(self, request: Request) -> Response:
        """Show the differences between two versions, by default the last two."""
        url = request.query_params.get("url", "")
        self._current(url)
        history = self._history(url)
        versions = [entry for entry in history if entry.has_version]
        if len(versions) < 2:
            raise HTTPException(404, "This article has only one version.")
        before = request.query_params.get("before") or str(versions[-2].number)
        after = request.query_params.get("after") or str(versions[-1].number)
        old, new = self._version(history, before), self._version(history, after)
        return self._templates.page(
            request,
            "diff.html",
            url=url,
            old=old,
            new=new,
            history=history,
            before=int(before),
            after=int(after),
            changes=_diff_fields(changed_fields(old, new)),
        )

    def _current(self, url: str) -> Article:
        article = self._store.articles.find_current(url) if url else None
        if article is None:
            raise HTTPException(404, f"No article is stored for {url or 'an empty URL'}.")
        if self._store.opt_outs.is_withheld(article.url) or self._store.opt_outs.is_withheld(url):
            raise HTTPException(404, "This article is withheld because its portal opted out.")
        return article

    def _history(self, url: str) -> list[HistoryRow]:
        return [HistoryRow(number, event) for number, event in enumerate(self._store.articles.history(url), 1)]

    def _version(self, history: list[HistoryRow], number: str) -> Article:
        entry = next((one for one in history if str(one.number) == number and one.has_version), None)
        article = self._store.articles.find_by_record(entry.event.record_id) if entry else None
        if article is None:
            raise HTTPException(404, f"This article has no version {number}.")
        return article


def _diff_fields(changes: Mapping[str, FieldChange]) -> dict[str, list[list[DiffPiece]]]:
    """Return the diff of each changed field as paragraphs of kept, removed and added pieces, in display order."""
    return {
        name: _split_paragraphs(diff_texts(_to_text(changes[name].before), _to_text(changes[name].after)))
        for name in CONTENT_FIELDS
        if name in changes
    }


def _split_paragraphs(pieces: list[DiffPiece]) -> list[list[DiffPiece]]:
    paragraphs: list[list[DiffPiece]] = [[]]
    for piece in pieces:
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                paragraphs.append([])
            if line:
                paragraphs[-1].append(DiffPiece(piece.kind, line))
    return [paragraph for paragraph in paragraphs if paragraph]


def _to_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else ", ".join(map(str, value))  # type: ignore[call-overload]
