"""An article beside its capture, and what changed between two of its versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive import Collection
from crawler.items import Article
from crawler.store import Event, EventKind, FieldChange, Store
from crawler.store.content import CONTENT_FIELDS, changed_fields
from crawler.text_diff import DiffPiece, diff_texts
from crawler.web.templates import Templates


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of an article's history with its number, from 1, and whether a version stands behind it."""

    number: int
    event: Event

    @property
    def has_version(self) -> bool:
        return self.event.kind is not EventKind.REMOVED


class ArticlePages:
    """Pages on one article."""

    def __init__(self, store: Store, collection: Collection, templates: Templates) -> None:
        self._store = store
        self._collection = collection
        self._templates = templates

    def article(self, request: Request) -> Response:
        """The article as it last stood, or as of one of its events."""
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
            captures=len(self._collection.index.captures(article.url)),
            replay=request.scope["replay"],
        )

    def diff(self, request: Request) -> Response:
        """What changed from one version to another."""
        url = request.query_params.get("url", "")
        self._current(url)
        history = self._history(url)
        versions = [entry for entry in history if entry.has_version]
        if len(versions) < 2:
            raise HTTPException(404, "This article has one version only: nothing was changed.")
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
            changes=_in_pieces(changed_fields(old, new)),
        )

    def _current(self, url: str) -> Article:
        article = self._store.articles.find_current(url) if url else None
        if article is None:
            raise HTTPException(404, f"No article is stored under {url or 'an empty address'}.")
        if self._store.opt_outs.is_withheld(article.url) or self._store.opt_outs.is_withheld(url):
            raise HTTPException(404, "This article is held, but its portal asks that it not be shown.")
        return article

    def _history(self, url: str) -> list[Entry]:
        return [Entry(number, event) for number, event in enumerate(self._store.articles.history(url), 1)]

    def _version(self, history: list[Entry], number: str) -> Article:
        entry = next((one for one in history if str(one.number) == number and one.has_version), None)
        article = self._store.articles.find_by_record(entry.event.record_id) if entry else None
        if article is None:
            raise HTTPException(404, f"This article has no version {number}.")
        return article


def _in_pieces(changes: Mapping[str, FieldChange]) -> dict[str, list[list[DiffPiece]]]:
    """Each changed field, in the order fields are shown: its paragraphs in pieces that stayed, went and came."""
    return {
        name: _paragraphs(diff_texts(_text(changes[name].before), _text(changes[name].after)))
        for name in CONTENT_FIELDS
        if name in changes
    }


def _paragraphs(pieces: list[DiffPiece]) -> list[list[DiffPiece]]:
    paragraphs: list[list[DiffPiece]] = [[]]
    for piece in pieces:
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                paragraphs.append([])
            if line:
                paragraphs[-1].append(DiffPiece(piece.kind, line))
    return [paragraph for paragraph in paragraphs if paragraph]


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else ", ".join(map(str, value))  # type: ignore[call-overload]
