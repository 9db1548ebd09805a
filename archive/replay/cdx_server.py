"""CDX server: lists captures for programs, with the parameters and formats of pywb and the Wayback Machine."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.replay.cdx_formats import WaybackRows, cdxj_lines, json_lines
from archive.replay.cdx_query import (
    MAX_SORTED,
    CdxQuery,
    MatchType,
    Order,
    QueryError,
    parse_query,
)
from archive.replay.finder import CaptureFinder, IsWithheld, Neighbours
from archive.replay.memento import LINK_FORMAT, MementoLinks, TimeMapPage
from archive.replay.policy import notice_headers

#: End of the path at which the formats are those of the Wayback Machine.
WAYBACK_PATH = "/search/cdx"

_LINES_PER_PIECE = 200


class CdxServer:
    """Answers ``/cdx?url=…`` as pywb does and ``/cdx/search/cdx?url=…`` as the Wayback Machine does.

    Captures for which `is_withheld` returns True are left out. `replay` is the path of replay, for TimeMaps
    (``output=link``).
    """

    def __init__(
        self, collection: Collection, *, is_withheld: IsWithheld = lambda url: False, replay: str = "/replay"
    ) -> None:
        self._index = collection.index
        self._finder = CaptureFinder(collection, is_withheld)
        self._replay = replay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await run_in_threadpool(self._respond, Request(scope))
        await response(scope, receive, send)

    def _respond(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _text("only GET and HEAD\n", 405)
        is_wayback = request.url.path.endswith(WAYBACK_PATH)
        given = dict(request.query_params)
        try:
            query = parse_query(given, request.query_params.getlist("filter"), is_wayback=is_wayback)
        except QueryError as error:
            return _text(f"{error}\n", 400)
        if given.get("showNumPages", "") in ("true", "1"):
            return self._respond_number_of_pages(query, as_json=given.get("output") == "json" and not is_wayback)
        entries = self._select(query)
        output = given.get("output", "")
        if output not in ("", "text", "cdxj", "json", "link"):
            return _text("output: expected json, text or link\n", 400)
        if output == "link":
            links = MementoLinks(f"{request.url.scheme}://{request.url.netloc}{self._replay}", query.url)
            listed = list(entries)
            ends = Neighbours(listed[0], listed[-1]) if listed else Neighbours()
            return Response("".join(links.timemap(TimeMapPage(listed, ends))), 200, notice_headers(), LINK_FORMAT)
        if is_wayback:
            lines = self._wayback_lines(query, given, as_json=output == "json")
        else:
            lines = json_lines(query, entries) if output == "json" else cdxj_lines(query, entries)
        media_type = {"json": "application/json" if is_wayback else "text/x-ndjson"}.get(output, "text/plain")
        return StreamingResponse(_join(lines), 200, notice_headers(), media_type)

    def _wayback_lines(self, query: CdxQuery, given: Mapping[str, str], *, as_json: bool) -> Iterator[str]:
        shows_key = given.get("showResumeKey") == "true" and query.limit is not None and not query.last
        entries = self._select(replace(query, limit=query.limit + 1) if shows_key and query.limit else query)
        counts = given.get("showDupeCount") == "true"
        rows = WaybackRows(query, entries, counts_duplicates=counts, shows_resume_key=shows_key)
        return rows.json_lines() if as_json else rows.text_lines()

    def _respond_number_of_pages(self, query: CdxQuery, *, as_json: bool) -> Response:
        entries = sum(1 for _ in self._select(query))
        pages = -(-entries // query.page_size)
        if not as_json:
            return _text(f"{pages}\n", 200)
        text = json.dumps({"pages": pages, "pageSize": query.page_size, "blocks": pages})
        return Response(f"{text}\n", 200, notice_headers(), "application/json")

    def _select(self, query: CdxQuery) -> Iterator[IndexEntry]:
        """Yield the entries of the query in its order."""
        entries = self._finder.drop_withheld(self._find(query))
        if query.match is not MatchType.EXACT and query.order is Order.NEWEST_FIRST:
            entries = iter(reversed(deque(entries, MAX_SORTED)))
        selected = query.select(entries)
        return iter(deque(selected, query.limit)) if query.last else selected

    def _find(self, query: CdxQuery) -> Iterator[IndexEntry]:
        start, end = query.start, query.end
        if query.match is MatchType.PREFIX:
            return self._index.search(prefix=query.url, start=start, end=end)
        if query.match is not MatchType.EXACT:
            domain = query.match is MatchType.DOMAIN
            return self._index.search(host=query.url, subdomains=domain, start=start, end=end)
        if query.order is Order.CLOSEST and query.closest is not None:
            nearest = self._index.by_distance(query.url, query.closest)
            return (one for one in nearest if (not start or one.date >= start) and (not end or one.date < end))
        if query.order is Order.NEWEST_FIRST:
            newest_first = self._index.walk(query.url, end, newest_first=True)
            before = (entry for entry in newest_first if not end or entry.date < end)
            return takewhile(lambda entry: not start or entry.date >= start, before)
        return takewhile(lambda entry: not end or entry.date < end, self._index.walk(query.url, start))


def _join(lines: Iterator[str]) -> Iterator[bytes]:
    """Yield the lines in larger pieces."""
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == _LINES_PER_PIECE:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()


def _text(text: str, status: int) -> Response:
    return Response(text, status, notice_headers(), "text/plain")
