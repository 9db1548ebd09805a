"""Pages around replay: one capture in a frame, with links to earlier and later ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive import Collection, IndexEntry
from archive.cdxj import REVISIT_MIME
from archive.notes import NOTE_KINDS, kind_of_note
from archive.replay import AddressKind, CaptureFinder, Neighbours, parse_address
from archive.replay.address import quote_url, timestamp_of
from archive.replay.completeness import CompletenessChecker
from archive.replay.periods import start_of_period
from crawler.extraction.decode.charset import decode
from crawler.extraction.decode.input_limits import limit_markup
from crawler.store import Store
from crawler.web.templates import Templates, address

#: Most captures of a page that are counted, so that a page with very many is shown as quickly.
MAX_COUNTED = 500


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note of a crawler about a page (see `archive.notes`) and where replay shows it.

    `path` is that of its own page, `image` and `frame` those of its content, each below the path of views or replay.
    """

    label: str
    date: datetime
    is_image: bool
    path: str
    image: str
    frame: str

    @classmethod
    def of(cls, entry: IndexEntry) -> Self:
        """Return the note with that index entry."""
        is_image = (entry.mime or "").startswith("image/")
        label = NOTE_KINDS[kind_of_note(entry.url)]
        paths = (address(entry.url, entry.date, modifier) for modifier in ("", "im_", "mp_"))
        return cls(label, entry.date, is_image, *paths)


def decode_page(body: bytes, content_type: str | None) -> tuple[str, str]:
    """Return the text of a page within the limits of what is parsed, and the name of its codec."""
    text, encoding = decode(body, content_type)
    return limit_markup(text.encode("utf-8", "replace")).decode(), encoding


class CapturePages:
    """Renders the pages around replay."""

    def __init__(self, store: Store, collection: Collection, templates: Templates) -> None:
        self._store = store
        self._collection = collection
        self._templates = templates
        self._finder = CaptureFinder(collection, store.opt_outs.is_withheld)

    def open(self, request: Request) -> Response:
        """Redirect from a typed URL to the list of its captures."""
        url = request.query_params.get("url", "").strip()
        target = parse_address(f"*/{quote_url(url)}") if url else None
        if target is None:
            raise HTTPException(404, "Expected a URL such as http://www.example.org/news/.")
        return RedirectResponse(f"/replay/*/{target.url}", 303)

    def view(self, request: Request) -> Response:
        """Show the capture nearest to a time, below a line with its URL and time."""
        raw = request.scope["raw_path"].decode("latin-1")[len(request.scope.get("root_path", "") + "/view/") :]
        query = request.url.query
        target = parse_address(f"{raw}?{query}" if query else raw)
        if target is None or target.kind is not AddressKind.MEMENTO or target.moment is None:
            raise HTTPException(404, "Expected a time and a URL: /view/20260522120000/http://…")
        url, moment = target.url, target.moment
        index = self._collection.index
        shown = index.closest(url, moment)
        neighbours = self._finder.neighbours(url, shown) if shown else Neighbours()
        number = index.count(url, limit=MAX_COUNTED + 1)
        is_article = self._store.articles.is_known(shown.url if shown else url)
        return self._templates.page(
            request,
            "view.html",
            url=shown.url if shown else url,
            shown=shown,
            removal=None if shown else self._finder.find_removal(url, moment),
            earlier=neighbours.earlier,
            later=neighbours.later,
            number=number if number <= MAX_COUNTED else None,
            place=index.count(url, end=shown.date, limit=MAX_COUNTED) + 1 if shown else 0,
            most=MAX_COUNTED,
            is_article=is_article,
            at=timestamp_of(shown.date) if shown else "",
            has_viewer=shown is not None and self._has_viewer(shown),
            replay=request.scope["replay"],
            notes=[ShownNote.of(entry) for entry in self._finder.find_notes(shown.url, shown.date)] if shown else [],
            source=f"{request.scope['replay']}/{target.timestamp}mp_/{quote_url(url)}",
        )

    def completeness(self, request: Request) -> Response:
        """Show the requisites of a page that the archive lacks, see `archive.replay.completeness`."""
        url = request.query_params.get("url", "").strip()
        try:
            moment = start_of_period(request.query_params.get("at", ""))
        except ValueError as error:
            raise HTTPException(404, "Expected url=… and at=… with the time of a capture.") from error
        shown = self._collection.index.closest(url, moment) if url else None
        if shown is None or self._finder.is_withheld(shown.url):
            raise HTTPException(404, "There is no capture of this page.")
        checked = CompletenessChecker(self._collection, decode_page).check(shown)
        return self._templates.page(request, "completeness.html", page=checked)

    def _has_viewer(self, shown: IndexEntry) -> bool:
        """True if the browser shows the capture in a viewer of its own, which does not run in a sandboxed frame."""
        stored = self._collection.index.with_payload(shown.digest, shown.url) if shown.mime == REVISIT_MIME else [shown]
        return any((entry.mime or "").startswith(("application/pdf", "audio/", "video/")) for entry in stored)
