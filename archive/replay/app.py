"""Replay as an ASGI application: captures as browsers show them, and the Memento protocol (RFC 7089) around them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError, TooLargeError
from archive.http import AT_ONCE, entity
from archive.replay.address import (
    DOCUMENTS,
    FRAMED,
    INNER,
    PAGE,
    ReplayAddress,
    Wanted,
    parse_address,
    quoted,
)
from archive.replay.css import rewrite_css
from archive.replay.finder import Finder, IsWithheld
from archive.replay.html import rewrite_html
from archive.replay.links import Links
from archive.replay.memento import LINK_FORMAT, MementoLinks, accept_datetime, http_date
from archive.replay.notice import Notice, plain_page
from archive.replay.policy import notice_headers, security_headers
from archive.replay.served import Served, served_as

#: Largest page, sheet or text that is read whole to be written anew, in bytes.
MAX_REWRITTEN = 16 << 20

#: The text of a page and the encoding it was read in, from its bytes and its Content-Type header.
Decode = Callable[[bytes, str | None], tuple[str, str]]

_AUTHORITY = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?")
# Bytes by which a body is known.
_LOOKED_AT = 1024
_FRESH = {"Cache-Control": "no-store"}
_FIXED = {"Cache-Control": "private, max-age=300"}


class Replay:
    """Shows the captures of `collection` under the path it is mounted at.

    ``<timestamp>/<url>`` is the capture nearest to 14 digits UTC (fewer stand for the start of the year, month, day),
    ``*/<url>`` the list of a URL's captures, ``<url>`` the TimeGate, ``timemap/link/<url>`` the TimeMap. What
    `is_withheld` holds back is not shown. `decode` tells how a text is encoded. `frame` is the path below which the
    owner shows pages in a frame of its own; `render` makes the pages of replay's own words, given the mount's path.
    """

    def __init__(
        self,
        collection: Collection,
        *,
        decode: Decode,
        is_withheld: IsWithheld = lambda url: False,
        frame: str = "",
        render: Callable[[Notice, str], str] = plain_page,
    ) -> None:
        self._finder = Finder(collection, is_withheld)
        self._decode = decode
        self._frame = frame
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await run_in_threadpool(self._answer, Request(scope))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("only GET and HEAD\n", 405, {"Allow": "GET, HEAD"}, "text/plain")
        if request.headers.get("service-worker"):
            return Response("no workers\n", 403, media_type="text/plain")
        if not _AUTHORITY.fullmatch(request.url.netloc):
            return Response("not a host\n", 400, media_type="text/plain")
        return _Answer(request, self._finder, self._decode, self._frame, self._render).response()


class _Answer:
    """The answer to one request."""

    def __init__(
        self, request: Request, finder: Finder, decode: Decode, frame: str, render: Callable[[Notice, str], str]
    ) -> None:
        self._request = request
        self._finder = finder
        self._decode = decode
        self._frame = frame
        self._render = render
        self._prefix = str(request.scope.get("root_path", ""))
        self._root = f"{request.url.scheme}://{request.url.netloc}{self._prefix}"

    def response(self) -> Response:
        address = parse_address(_target(self._request, self._prefix))
        if address is None:
            text = "An address of replay names a time and a page: /20260522120000/http://www.example.org/"
            return self._notice(Notice(404, "Nothing is here", text), PAGE)
        try:
            if address.wanted is Wanted.MEMENTO:
                return self._memento(address)
            captures = self._finder.captures(address.url)
            if not captures:
                return self._absent(address)
            if address.wanted is Wanted.LIST:
                return self._list(address, captures)
            links = MementoLinks(self._root, address.url)
            if address.wanted is Wanted.TIMEMAP:
                return Response("".join(links.timemap(captures)), 200, _FRESH, LINK_FORMAT)
            return self._timegate(address, captures, links)
        except ArchiveError as error:
            return self._unreadable(address, error)

    # -- Memento ----------------------------------------------------------------------------------------------------

    def _timegate(self, address: ReplayAddress, captures: list[IndexEntry], links: MementoLinks) -> Response:
        """The way to the capture nearest to the time asked for; without one, to the newest."""
        named = self._request.headers.get("accept-datetime")
        moment = accept_datetime(named) if named else datetime.now(UTC)
        if moment is None:
            return Response("Accept-Datetime is no date\n", 400, {"Vary": "accept-datetime"}, "text/plain")
        nearest = min(captures, key=lambda one: abs(one.date - moment))
        return self._redirect(nearest, PAGE, {"Vary": "accept-datetime", "Link": links.header(captures)})

    def _redirect(self, entry: IndexEntry, modifier: str, headers: Mapping[str, str] = _FRESH) -> Response:
        where = f"{self._prefix}/{entry.timestamp}{modifier}/{quoted(entry.url)}"
        return Response(status_code=302, headers={"Location": where, **_FRESH, **headers})

    def _memento(self, address: ReplayAddress) -> Response:
        if (moment := address.moment) is None:
            text = f"{address.timestamp} is no time: year, month, day, hour, minute, second are wanted, as far as known"
            return self._notice(Notice(404, "No such time", text, address.url), address.modifier)
        entry = self._finder.closest(address.url, moment)
        if entry is None or self._finder.is_withheld(entry):
            return self._absent(address, withheld=entry is not None)
        if entry.timestamp != address.timestamp:
            return self._redirect(entry, address.modifier)
        capture = self._finder.load(entry)
        status = capture.status or 200
        if 300 <= status < 400:
            return self._captured_redirect(address, entry, capture)
        return self._shown(address, entry, capture, 200 if status < 300 else status)

    def _captured_redirect(self, address: ReplayAddress, entry: IndexEntry, capture: Capture) -> Response:
        location = (capture.head.get(b"location") or b"").decode("utf-8", "replace")
        if meant := self._finder.beyond_itself(address.url, entry, location):
            if meant.timestamp == entry.timestamp:  # both in one second: no address tells them apart
                return self._shown(address, meant, self._finder.load(meant), 200)
            return self._redirect(meant, address.modifier)
        target = self._links(address, entry).document(location) if location else None
        if target is None:
            text = f"It was answered with status {capture.status} and leads to no page: {location[:200]}"
            return self._notice(Notice(404, "A redirect to nowhere", text, address.url), address.modifier)
        headers = {"Location": target, **self._memento_headers(address, entry), **_FIXED}
        return Response(status_code=capture.status or 302, headers=headers)

    # -- bodies -----------------------------------------------------------------------------------------------------

    def _shown(self, address: ReplayAddress, entry: IndexEntry, capture: Capture, status: int) -> Response:
        head = capture.head
        headers = {
            **security_headers(self._root, address.modifier),
            **self._memento_headers(address, entry),
            **_FIXED,
        }
        served, media_type = served_as(head, _start(capture), address.modifier)
        if served in (Served.MEDIA, Served.DOWNLOAD):
            if served is Served.DOWNLOAD:
                headers["Content-Disposition"] = "attachment"
            return _as_it_is(capture, status, headers, media_type)
        content_type = (head.get(b"content-type") or b"").decode("latin-1") or None
        text, encoding = self._decode(capture.body(limit=MAX_REWRITTEN), content_type)
        if served is Served.HTML:
            text = rewrite_html(text, self._links(address, entry, encoding))
        elif served is Served.CSS:
            text = rewrite_css(text, self._links(address, entry, encoding).part)
        return Response(text.encode("utf-8", "replace"), status, headers, f"{media_type}; charset=utf-8")

    def _links(self, address: ReplayAddress, entry: IndexEntry, encoding: str = "utf-8") -> Links:
        return Links(
            entry.url,
            entry.timestamp,
            self._prefix,
            modifier=address.modifier,
            encoding=encoding,
            frame=self._frame,
        )

    def _memento_headers(self, address: ReplayAddress, entry: IndexEntry) -> Mapping[str, str]:
        """Of parts the date alone: they are many, and nobody goes through their captures."""
        date = {"Memento-Datetime": http_date(entry.date)}
        if address.modifier not in (PAGE, FRAMED):
            return date
        captures = self._finder.captures(address.url)
        return {**date, "Link": MementoLinks(self._root, address.url).header(captures, entry)}

    # -- words of our own -------------------------------------------------------------------------------------------

    def _list(self, address: ReplayAddress, captures: list[IndexEntry]) -> Response:
        several = f"{len(captures)} captures" if len(captures) > 1 else "One capture"
        days = dict.fromkeys(f"{entry.date:%Y-%m-%d}" for entry in (captures[0], captures[-1]))
        text = f"{several}, {' to '.join(days)}."
        notice = Notice(200, "Captures", text, address.url, captures, of_url=True)
        return self._notice(notice, address.modifier)

    def _absent(self, address: ReplayAddress, *, withheld: bool = False) -> Response:
        if withheld:
            text = "It is held, but its portal asks that it not be shown."
            return self._notice(Notice(404, "Withheld", text, address.url), address.modifier)
        near = () if address.modifier not in (PAGE, FRAMED) else self._finder.near(address.url)
        text = "No capture of it is in the archive." + (" Held of the same folder:" if near else "")
        return self._notice(Notice(404, "Not in the archive", text, address.url, near), address.modifier)

    def _unreadable(self, address: ReplayAddress, error: ArchiveError) -> Response:
        if isinstance(error, TooLargeError):
            text = f"It is larger than the {MAX_REWRITTEN >> 20} MiB that are shown of a page."
        else:
            text = f"Its record cannot be read: {error.what}. `broadsheet archive verify` says more."
        return self._notice(Notice(502, "Not readable", text, address.url), address.modifier)

    def _notice(self, notice: Notice, modifier: str) -> Response:
        headers = {**notice_headers(), **_FRESH}
        if modifier not in DOCUMENTS:
            return Response(f"{notice.title}\n", notice.status, headers, "text/plain")
        if modifier == INNER:  # a frame within the page: an empty one disturbs least
            return HTMLResponse("<!DOCTYPE html><title></title>", notice.status, headers)
        return HTMLResponse(self._render(notice, self._prefix), notice.status, headers)


def _target(request: Request, prefix: str) -> str:
    """The path below the mount and the query, as sent."""
    raw = request.scope.get("raw_path") or quoted(request.scope["path"]).encode("ascii")
    path = quoted(raw.decode("latin-1"))[len(prefix) :]
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _start(capture: Capture) -> bytes:
    """How the body begins, where it is not encoded."""
    if capture.head.codings(b"content-encoding"):
        return b""
    return next(iter(entity(capture.response, capture.head)), b"")[:_LOOKED_AT]


def _as_it_is(capture: Capture, status: int, headers: Mapping[str, str], media_type: str) -> Response:
    """The body as it was sent, a large one piece by piece."""
    head = capture.head
    if len(capture.response) <= AT_ONCE or head.codings(b"content-encoding"):
        return Response(capture.body(), status, headers, media_type)
    sized = {} if head.is_chunked else {"Content-Length": str(len(capture.response) - head.length)}
    pieces = entity(capture.response, head)
    return StreamingResponse(pieces, status, {**headers, **sized}, media_type)
