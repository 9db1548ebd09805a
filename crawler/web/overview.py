"""The front page, a site's page, and search."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crawler.store import Counts, Run, SearchQueryError, Store
from crawler.web.templates import Templates

#: Articles per page of a list.
PAGE_SIZE = 20
#: Runs shown per site, and on the front page.
MAX_RUNS = 15
#: Alarms shown per site, open and past.
MAX_ALARMS = 10


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site on the front page. `last` is its latest run, or None if it was never crawled here."""

    name: str
    counts: Counts
    last: Run | None


class OverviewPages:
    """Renders the overview pages."""

    def __init__(self, store: Store, templates: Templates) -> None:
        self._store = store
        self._templates = templates

    def front(self, request: Request) -> Response:
        """Show all sites with their field coverage, the latest articles and the latest runs."""
        store = self._store
        rows = [
            SiteRow(name, store.articles.counts(name), next(iter(store.runs.list(name, limit=1)), None))
            for name in store.articles.sites()
        ]
        return self._templates.page(
            request,
            "front.html",
            sites=rows,
            articles=store.articles.newest(limit=PAGE_SIZE),
            runs=store.runs.list(limit=MAX_RUNS),
            alarms=store.drift.alarms_by_site(only_open=True),
            latest=store.articles.newest_capture_time(),
        )

    def site(self, request: Request) -> Response:
        """Show one site: its articles, newest first, and its runs."""
        name = request.path_params["name"]
        if name not in self._store.articles.sites():
            raise HTTPException(404, f"No articles are stored for a site named {name}.")
        page = _page_index(request)
        articles = self._store.articles.newest(name, PAGE_SIZE + 1, page * PAGE_SIZE)
        return self._templates.page(
            request,
            "site.html",
            name=name,
            site=self._templates.site(name),
            counts=self._store.articles.counts(name),
            runs=self._store.runs.list(name, limit=MAX_RUNS),
            report=self._store.runs.latest_report(name),
            alarms=[(name, alarm) for alarm in self._store.drift.alarms(name)[:MAX_ALARMS]],
            page=page,
            articles=articles[:PAGE_SIZE],
            more=len(articles) > PAGE_SIZE,
        )

    def search(self, request: Request) -> Response:
        """Show the articles that match the query parameter `q`."""
        asked, site, page = (
            request.query_params.get("q", "").strip(),
            request.query_params.get("site", ""),
            _page_index(request),
        )
        fault: SearchQueryError | None = None
        try:
            hits = self._store.search(asked, site or None, PAGE_SIZE + 1, page * PAGE_SIZE)
        except SearchQueryError as error:
            hits, fault = [], error
        return self._templates.page(
            request,
            "search.html",
            asked=asked,
            fault=fault,
            site=site,
            sites=self._store.articles.sites(),
            hits=hits[:PAGE_SIZE],
            page=page,
            more=len(hits) > PAGE_SIZE,
        )


def _page_index(request: Request) -> int:
    """Return the requested page of a list, counted from 0."""
    given = request.query_params.get("page", "1")
    return max(int(given) - 1, 0) if given.isdecimal() and len(given) < 7 else 0
