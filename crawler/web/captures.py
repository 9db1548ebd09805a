"""Pages around replay: one capture in a frame, with links to earlier and later ones."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive import Collection
from archive.replay import AddressKind, parse_address
from archive.replay.address import quote_url
from crawler.store import Store
from crawler.web.templates import Templates


class CapturePages:
    """Renders the pages around replay."""

    def __init__(self, store: Store, collection: Collection, templates: Templates) -> None:
        self._store = store
        self._collection = collection
        self._templates = templates

    def open(self, request: Request) -> Response:
        """Redirect from a typed URL to the list of its captures."""
        url = request.query_params.get("url", "").strip()
        address = parse_address(f"*/{quote_url(url)}") if url else None
        if address is None:
            raise HTTPException(404, "Expected a URL such as http://www.example.org/news/.")
        return RedirectResponse(f"/replay/*/{address.url}", 303)

    def view(self, request: Request) -> Response:
        """Show the capture nearest to a time, below a line with its URL and time."""
        raw = request.scope["raw_path"].decode("latin-1")[len(request.scope.get("root_path", "") + "/view/") :]
        query = request.url.query
        address = parse_address(f"{raw}?{query}" if query else raw)
        if address is None or address.kind is not AddressKind.MEMENTO or address.moment is None:
            raise HTTPException(404, "Expected a time and a URL: /view/20260522120000/http://…")
        url, moment = address.url, address.moment
        captures = self._collection.index.captures(url)
        shown = min(captures, key=lambda entry: abs(entry.date - moment), default=None)
        place = captures.index(shown) if shown else -1
        is_article = self._store.articles.is_known(shown.url if shown else url)
        return self._templates.page(
            request,
            "view.html",
            url=shown.url if shown else url,
            shown=shown,
            earlier=captures[place - 1] if place > 0 else None,
            later=captures[place + 1] if shown and place + 1 < len(captures) else None,
            number=len(captures),
            place=place + 1,
            is_article=is_article,
            source=f"{request.scope['replay']}/{address.timestamp}mp_/{quote_url(url)}",
        )
