"""A capture in a frame of the desk's, with its time and the way to others."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive import Collection
from archive.replay import Wanted, parse_address
from archive.replay.address import quoted
from crawler.store import Store
from crawler.web.templates import Templates


class CapturePages:
    """Pages around replay."""

    def __init__(self, store: Store, collection: Collection, templates: Templates) -> None:
        self._store = store
        self._collection = collection
        self._templates = templates

    def open(self, request: Request) -> Response:
        """From what someone typed to the list of its captures."""
        url = request.query_params.get("url", "").strip()
        address = parse_address(f"*/{quoted(url)}") if url else None
        if address is None:
            raise HTTPException(404, "An address such as http://www.example.org/news/ is wanted.")
        return RedirectResponse(f"/replay/*/{address.url}", 303)

    def view(self, request: Request) -> Response:
        """The capture nearest to a time, under a line that says what it is."""
        raw = request.scope["raw_path"].decode("latin-1")[len(request.scope.get("root_path", "") + "/view/") :]
        query = request.url.query
        address = parse_address(f"{raw}?{query}" if query else raw)
        if address is None or address.wanted is not Wanted.MEMENTO or address.moment is None:
            raise HTTPException(404, "An address of a capture names a time and a page: /view/20260522120000/http://…")
        url, moment = address.url, address.moment
        held = self._collection.index.captures(url)
        shown = min(held, key=lambda entry: abs(entry.date - moment), default=None)
        place = held.index(shown) if shown else -1
        known = self._store.articles.is_known(shown.url if shown else url)
        return self._templates.page(
            request,
            "view.html",
            url=shown.url if shown else url,
            shown=shown,
            earlier=held[place - 1] if place > 0 else None,
            later=held[place + 1] if shown and place + 1 < len(held) else None,
            number=len(held),
            place=place + 1,
            is_article=known,
            source=f"{request.scope['replay']}/{address.timestamp}mp_/{quoted(url)}",
        )
