"""The desk as an ASGI application: its routes and error pages."""

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
from archive.replay import CdxServer, Notice, Replay
from crawler.sites import Site
from crawler.store import Store, StoreError
from crawler.web.access import Gate
from crawler.web.articles import ArticlePages
from crawler.web.captures import CapturePages, decode_page
from crawler.web.overview import OverviewPages
from crawler.web.password import Password
from crawler.web.templates import Templates

_STATIC = Path(__file__).parent / "static"


def desk(
    store: Store, collection: Collection, sites: Mapping[str, Site], *, password: Password | None = None
) -> ASGIApp:
    """Return the desk over `store` and `collection`. Without a `password` it serves this machine only."""
    templates = Templates(sites, locked=password is not None)
    overview = OverviewPages(store, templates)
    articles = ArticlePages(store, collection, templates)
    captures = CapturePages(store, collection, templates)
    replay = Replay(
        collection,
        decode=decode_page,
        is_withheld=store.opt_outs.is_withheld,
        frame="/view",
        render=lambda notice, prefix: templates.text("notice.html", notice=notice),
    )
    cdx = CdxServer(collection, is_withheld=store.opt_outs.is_withheld)
    errors = ErrorPages(templates)
    app = Starlette(
        routes=[
            Route("/", overview.front),
            Route("/site/{name}", overview.site),
            Route("/search", overview.search),
            Route("/article", articles.article),
            Route("/diff", articles.diff),
            Route("/view/{address:path}", captures.view),
            Route("/open", captures.open),
            Route("/completeness", captures.completeness),
            Mount("/replay", replay),
            Route("/cdx", cdx),
            Route("/cdx/search/cdx", cdx),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={
            HTTPException: errors.http_error,
            ArchiveError: errors.storage_error,
            StoreError: errors.storage_error,
            Exception: errors.internal_error,
        },
    )
    return Gate(app, password=password, login_page=templates.login)


class ErrorPages:
    """Renders errors as pages."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def http_error(self, request: Request, error: Exception) -> Response:
        """Render an HTTP error, such as a page that does not exist."""
        assert isinstance(error, HTTPException)
        detail = error.detail if error.status_code != 404 or error.detail != "Not Found" else "Page not found."
        title = "Not found" if error.status_code == 404 else f"Error {error.status_code}"
        return self._page(error.status_code, title, detail)

    def storage_error(self, request: Request, error: Exception) -> Response:
        """Render an error of the archive or the database, whose messages are written for users."""
        return self._page(500, "The archive or the database has an error", str(error))

    def internal_error(self, request: Request, error: Exception) -> Response:
        """Render a bug of ours. Its traceback is in the terminal."""
        text = "A bug in Broadsheet. The terminal that serves this desk shows its traceback."
        return self._page(500, "This page failed", text)

    def _page(self, status: int, title: str, text: str) -> Response:
        notice = Notice(status, title, text)
        return HTMLResponse(self._templates.text("notice.html", notice=notice), status)
