"""The desk as an ASGI application: its addresses, and what each shows."""

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from archive import ArchiveError, Collection
from archive.replay import Notice, Replay
from crawler.extraction.decode.charset import decode
from crawler.extraction.decode.input_limits import limit_markup
from crawler.sites import Site
from crawler.store import Store, StoreError
from crawler.web.access import Gate
from crawler.web.articles import ArticlePages
from crawler.web.captures import CapturePages
from crawler.web.overview import OverviewPages
from crawler.web.password import Password
from crawler.web.templates import Templates

_STATIC = Path(__file__).parent / "static"


def desk(
    store: Store, collection: Collection, sites: Mapping[str, Site], *, password: Password | None = None
) -> ASGIApp:
    """The desk over what is stored. Without a `password` it answers to names of this machine alone."""
    templates = Templates(sites, locked=password is not None)
    overview = OverviewPages(store, templates)
    articles = ArticlePages(store, collection, templates)
    captures = CapturePages(store, collection, templates)
    replay = Replay(
        collection,
        decode=_read,
        is_withheld=store.opt_outs.is_withheld,
        frame="/view",
        render=lambda notice, prefix: templates.text("notice.html", notice=notice),
    )
    troubles = Troubles(templates)
    app = Starlette(
        routes=[
            Route("/", overview.front),
            Route("/site/{name}", overview.site),
            Route("/search", overview.search),
            Route("/article", articles.article),
            Route("/diff", articles.diff),
            Route("/view/{address:path}", captures.view),
            Route("/open", captures.open),
            Mount("/replay", replay),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={
            HTTPException: troubles.refused,
            ArchiveError: troubles.failed,
            StoreError: troubles.failed,
            Exception: troubles.defect,
        },
    )
    return Gate(app, password=password, login_page=templates.login)


def _read(body: bytes, content_type: str | None) -> tuple[str, str]:
    text, encoding = decode(body, content_type)
    return limit_markup(text.encode("utf-8", "replace")).decode(), encoding


class Troubles:
    """Errors as pages."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def refused(self, request: Request, error: Exception) -> Response:
        """A page that is not there, or may not be asked for so."""
        assert isinstance(error, HTTPException)
        detail = error.detail if error.status_code != 404 or error.detail != "Not Found" else "There is no such page."
        title = "Not found" if error.status_code == 404 else f"Error {error.status_code}"
        return self._page(error.status_code, title, detail)

    def failed(self, request: Request, error: Exception) -> Response:
        """The archive or the database cannot serve: what they say is made for people."""
        return self._page(500, "Something is wrong with what is stored", str(error))

    def defect(self, request: Request, error: Exception) -> Response:
        """A defect of ours: its traceback is in the terminal."""
        text = "A defect in Broadsheet. The terminal that serves this desk shows where."
        return self._page(500, "This page failed", text)

    def _page(self, status: int, title: str, text: str) -> Response:
        notice = Notice(status, title, text)
        return HTMLResponse(self._templates.text("notice.html", notice=notice), status)
