"""The front page, a site's page, and search."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crawler.store import Counts, Run, Store
from crawler.web.templates import Templates

#: Articles on a page of a list.
PAGE = 20
#: Runs shown of a site, and of all.
RUNS = 15


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site on the front page; `last` is its latest run, ``None`` where all that is known was imported."""

    name: str
    counts: Counts
    last: Run | None


class OverviewPages:
    """What is stored, seen from above."""

    def __init__(self, store: Store, templates: Templates) -> None:
        self._store = store
        self._templates = templates

    def front(self, request: Request) -> Response:
        """Sites, their coverage, the latest articles and runs."""
        store = self._store
        rows = [
            SiteRow(name, store.articles.counts(name), next(iter(store.runs.list(name, limit=1)), None))
            for name in store.articles.sites()
        ]
        return self._templates.page(
            request,
            "front.html",
            sites=rows,
            articles=store.articles.newest(limit=PAGE),
            runs=store.runs.list(limit=RUNS),
            latest=store.articles.newest_capture_time(),
        )

    def site(self, request: Request) -> Response:
        """One site: its articles, the newest first, and its runs."""
        name = request.path_params["name"]
        if name not in self._store.articles.sites():
            raise HTTPException(404, f"Nothing is stored of a site named {name}.")
        page = _number(request)
        articles = self._store.articles.newest(name, PAGE + 1, page * PAGE)
        return self._templates.page(
            request,
            "site.html",
            name=name,
            site=self._templates.site(name),
            counts=self._store.articles.counts(name),
            runs=self._store.runs.list(name, limit=RUNS),
            page=page,
            articles=articles[:PAGE],
            more=len(articles) > PAGE,
        )

    def search(self, request: Request) -> Response:
        """The articles that have the words asked for."""
        asked, site, page = (
            request.query_params.get("q", "").strip(),
            request.query_params.get("site", ""),
            _number(request),
        )
        hits = self._store.search(asked, site or None, PAGE + 1, page * PAGE) if asked else []
        return self._templates.page(
            request,
            "search.html",
            asked=asked,
            site=site,
            sites=self._store.articles.sites(),
            hits=hits[:PAGE],
            page=page,
            more=len(hits) > PAGE,
        )


def _number(request: Request) -> int:
    """The page of a list that is asked for, from 0."""
    given = request.query_params.get("page", "1")
    return max(int(given) - 1, 0) if given.isdecimal() and len(given) < 7 else 0
