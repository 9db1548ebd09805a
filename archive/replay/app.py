"""Replay as an ASGI application: shows captures in a browser and speaks the Memento protocol (RFC 7089)."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError, TooLargeError
from archive.http import entity
from archive.media import is_html, may_be_html
from archive.replay.address import (
    DOCUMENTS,
    FRAMED_PAGE,
    INNER_FRAME,
    PAGE,
    RAW,
    STYLESHEET_RESOURCE,
    AddressKind,
    ReplayAddress,
    parse_address,
    quote_url,
)
from archive.replay.bodies import send_body, stored_body
from archive.replay.body_handling import BodyHandling, choose_handling
from archive.replay.css import rewrite_css
from archive.replay.finder import CaptureFinder, IsWithheld
from archive.replay.html import rewrite_html
from archive.replay.links import Links
from archive.replay.listing import CaptureLists
from archive.replay.memento import (
    LINK_FORMAT,
    MementoLinks,
    http_date,
    make_timemap_page,
    parse_accept_datetime,
)
from archive.replay.notice import Notice, plain_page
from archive.replay.policy import (
    font_headers,
    notice_headers,
    raw_policy,
    resource_policy,
    security_headers,
    viewer_headers,
)
from archive.replay.raw import raw_body, raw_headers

#: Largest page, style sheet or text that is rewritten, in bytes. It is read into memory.
MAX_REWRITTEN = 16 << 20

#: Decodes a body, given its Content-Type header. Returns the text and the name of the codec.
Decode = Callable[[bytes, str | None], tuple[str, str]]

_AUTHORITY = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?")
# Bytes from which the format of a body is recognized.
_START_SIZE = 1024
# Destinations of requests for something that is shown as a document (Fetch Metadata).
_OPENED = ("document", "iframe", "frame", "embed", "object")
_NOT_CACHED = {"Cache-Control": "no-store"}
_CACHED = {"Cache-Control": "private, max-age=300"}


class Replay:
    """Serves the captures of `collection` below the path where it is mounted.

    ``<timestamp>/<url>`` is the capture closest to 14 digits UTC (with fewer digits, to the start of that year, month
    or day), ``<timestamp>id_/<url>`` its bytes as received, ``<url>`` the TimeGate, ``timemap/link/<url>`` and
    ``timemap/json/<url>`` the TimeMap. ``*/<url>`` is the calendar and list of a URL's captures, ``2024*/<url>`` and
    ``2024-202505/<url>`` those of a period, ``*/<url>*`` and ``*/*.<host>`` the lists of a prefix and a domain.

    URLs for which `is_withheld` returns True are not shown. `decode` decodes text. `frame` is the path where the
    application around replay shows pages in a frame. `render` renders a notice, given the path of the mount.

    Resources of pages are requested below ``scope["replay_resources"]`` if the application sets it, else below the
    mount.
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
        self._finder = CaptureFinder(collection, is_withheld)
        self._lists = CaptureLists(collection.index, self._finder)
        self._decode = decode
        self._frame = frame
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await run_in_threadpool(self._respond, Request(scope))
        await response(scope, receive, send)

    def _respond(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("only GET and HEAD\n", 405, {"Allow": "GET, HEAD"}, "text/plain")
        if request.headers.get("service-worker"):
            return Response("no workers\n", 403, media_type="text/plain")
        if not _AUTHORITY.fullmatch(request.url.netloc):
            return Response("not a host\n", 400, media_type="text/plain")
        return _Responder(request, self._finder, self._lists, self._decode, self._frame, self._render).respond()


class _Responder:
    """Answers one request."""

    def __init__(
        self,
        request: Request,
        finder: CaptureFinder,
        lists: CaptureLists,
        decode: Decode,
        frame: str,
        render: Callable[[Notice, str], str],
    ) -> None:
        self._request = request
        self._finder = finder
        self._lists = lists
        self._decode = decode
        self._frame = frame
        self._render = render
        self._prefix = str(request.scope.get("root_path", ""))
        self._resource_prefix = str(request.scope.get("replay_resources", self._prefix))
        self._server = f"{request.url.scheme}://{request.url.netloc}"
        self._root = self._server + self._prefix

    def respond(self) -> Response:
        address = parse_address(_raw_target(self._request, self._prefix))
        if address is None:
            text = "A replay address has a time and a URL: /20260522120000/http://www.example.org/"
            return self._respond_with(Notice(404, "Not found", text), PAGE)
        try:
            if address.kind is AddressKind.MEMENTO:
                return self._respond_memento(address)
            links = MementoLinks(self._root, address.url)
            if address.kind is AddressKind.TIMEGATE:
                return self._respond_timegate(address, links)
            if address.kind is AddressKind.LIST:
                return self._respond_list(address)
            return self._respond_timemap(address, links)
        except ArchiveError as error:
            return self._respond_unreadable(address, error)

    # -- Memento ----------------------------------------------------------------------------------------------------

    def _respond_timegate(self, address: ReplayAddress, links: MementoLinks) -> Response:
        """Redirect to the capture closest to the time in Accept-Datetime; without it, to the latest."""
        header = self._request.headers.get("accept-datetime")
        moment = parse_accept_datetime(header) if header else datetime.now(UTC)
        if moment is None:
            return Response("Accept-Datetime is not a date\n", 400, {"Vary": "accept-datetime"}, "text/plain")
        closest = self._finder.closest_shown(address.url, moment)
        if closest is None:
            return self._respond_missing(address)
        header = links.header(self._finder.neighbours(address.url, closest), closest)
        return self._redirect_to(closest, PAGE, {"Vary": "accept-datetime", "Link": header})

    def _respond_timemap(self, address: ReplayAddress, links: MementoLinks) -> Response:
        neighbours = self._finder.neighbours(address.url)
        if neighbours.first is None:
            return self._respond_missing(address)
        start = address.moment if address.timestamp else None
        page = make_timemap_page(self._finder.walk(address.url, start), neighbours, address.timestamp)
        if address.kind is AddressKind.JSON_TIMEMAP:
            return Response(links.json_timemap(page), 200, _NOT_CACHED, "application/json")
        return Response("".join(links.timemap(page)), 200, _NOT_CACHED, LINK_FORMAT)

    def _redirect_to(self, entry: IndexEntry, modifier: str, headers: Mapping[str, str] = _NOT_CACHED) -> Response:
        location = f"{self._prefix}/{entry.timestamp}{modifier}/{quote_url(entry.url)}"
        headers = {"Location": location, **_NOT_CACHED, **headers, **self._cross_origin_headers(modifier)}
        return Response(status_code=302, headers=headers)

    def _respond_memento(self, address: ReplayAddress) -> Response:
        if (moment := address.moment) is None:
            return self._respond_wrong_time(address)
        entry = self._finder.closest(address.url, moment)
        if entry is None or self._finder.is_withheld(entry.url):
            return self._respond_missing(address, withheld=entry is not None)
        if entry.timestamp != address.timestamp:
            return self._redirect_to(entry, address.modifier)
        readable, capture = self._finder.load_nearest(address.url, entry)
        if readable.timestamp != entry.timestamp:
            return self._respond_damaged(address, entry, readable)
        entry = readable
        status = capture.status or 200
        if 300 <= status < 400 and (capture.head.get(b"location") or len(capture.response) <= capture.head.length):
            return self._respond_redirect(address, entry, capture)
        if address.modifier == RAW:
            return self._respond_raw(address, entry, capture)
        # A redirect without a target may have a page with a choice. A part (206) is sent as such by `send_body`.
        return self._respond_capture(address, entry, capture, status if 400 <= status < 600 or status == 206 else 200)

    def _respond_damaged(self, address: ReplayAddress, entry: IndexEntry, readable: IndexEntry) -> Response:
        """Redirect from a capture that cannot be read to the nearest `readable` one.

        The page around a frame states the time of the capture, so a frame gets a link instead.
        """
        if address.modifier != FRAMED_PAGE:
            return self._redirect_to(readable, address.modifier)
        text = f"The record of {entry.date:%Y-%m-%d %H:%M:%S} cannot be read. The nearest capture that can:"
        return self._respond_with(Notice(502, "Not readable", text, address.url, (readable,)), address.modifier)

    def _respond_redirect(self, address: ReplayAddress, entry: IndexEntry, capture: Capture) -> Response:
        location = self._finder.find_target(entry, capture.head.get(b"location") or b"")
        if page := self._finder.resolve_self_redirect(address.url, entry, location):
            if page.timestamp == entry.timestamp:  # both in the same second, so that their replay addresses are equal
                return self._respond_capture(address, page, self._finder.load(page), 200)
            return self._redirect_to(page, address.modifier)
        target = self._links(address, entry).redirect_address(location) if location else None
        if target is None or self._finder.leads_to_itself(entry, location):
            text = f"The response has status {capture.status}, but its target cannot be replayed: {location[:200]}"
            return self._respond_with(Notice(404, "Redirect without a target", text, address.url), address.modifier)
        headers = {"Location": target, **self._memento_headers(address, entry), **_CACHED}
        headers |= self._cross_origin_headers(address.modifier)
        return Response(status_code=capture.status or 302, headers=headers)

    # -- bodies -----------------------------------------------------------------------------------------------------

    def _respond_capture(self, address: ReplayAddress, entry: IndexEntry, capture: Capture, status: int) -> Response:
        head = capture.head
        headers = {
            **security_headers(self._server + self._resource_prefix, address.modifier),
            **self._memento_headers(address, entry),
            **_CACHED,
        }
        # An image that is opened by itself is a document: SVG may have style sheets and links.
        is_opened = self._request.headers.get("sec-fetch-dest") in _OPENED
        modifier = PAGE if is_opened and address.modifier not in DOCUMENTS else address.modifier
        handling, media_type = choose_handling(head, _first_bytes(capture), modifier)
        if handling in (BodyHandling.MEDIA, BodyHandling.PDF, BodyHandling.DOWNLOAD):
            if address.modifier not in DOCUMENTS:
                headers |= font_headers(self._request.headers, media_type)
            elif handling is BodyHandling.PDF or media_type.startswith(("audio/", "video/")):
                headers |= viewer_headers(address.modifier)
            if handling is BodyHandling.DOWNLOAD:
                headers["Content-Disposition"] = "attachment"
            headers["ETag"] = f'"{entry.digest}"'
            return send_body(stored_body(capture), self._request.headers, status, headers, media_type)
        content_type = (head.get(b"content-type") or b"").decode("latin-1") or None
        status = 200 if status == 206 else status
        text, encoding = self._decode(capture.body(limit=MAX_REWRITTEN), content_type)
        if handling is BodyHandling.HTML:
            text = rewrite_html(text, self._links(address, entry, encoding))
        elif handling is BodyHandling.CSS:
            text = rewrite_css(text, self._links(address, entry, encoding).resource_address)
        return Response(text.encode("utf-8", "replace"), status, headers, f"{media_type}; charset=utf-8")

    def _respond_raw(self, address: ReplayAddress, entry: IndexEntry, capture: Capture) -> Response:
        """Send the bytes and headers as received."""
        body, coding = raw_body(capture, self._request.headers.get("accept-encoding"))
        headers = {
            **raw_headers(capture.head),
            **raw_policy(),
            **self._memento_headers(address, entry),
            "ETag": f'"{entry.digest}"',
            **_CACHED,
            **({"Content-Encoding": coding, "Vary": "Accept-Encoding"} if coding else {}),
        }
        status = capture.status or 200
        return send_body(
            body, self._request.headers, status if 400 <= status < 600 or status == 206 else 200, headers, None
        )

    def _links(self, address: ReplayAddress, entry: IndexEntry, encoding: str = "utf-8") -> Links:
        return Links(
            entry.url,
            entry.timestamp,
            self._prefix,
            resource_prefix=self._resource_prefix,
            modifier=address.modifier,
            encoding=encoding,
            frame=self._frame,
            has_capture=self._finder.has_capture,
        )

    def _memento_headers(self, address: ReplayAddress, entry: IndexEntry) -> Mapping[str, str]:
        """Return Memento-Datetime and, for pages only, Link. Resources are many, and no client asks for theirs."""
        date = {"Memento-Datetime": http_date(entry.date)}
        if address.modifier not in (PAGE, FRAMED_PAGE, RAW):
            return date
        header = MementoLinks(self._root, address.url).header(self._finder.neighbours(address.url, entry), entry)
        return {**date, "Link": header}

    def _cross_origin_headers(self, modifier: str) -> Mapping[str, str]:
        """Return the headers of a redirect that browsers check at each step of the way to a resource."""
        fonts = font_headers(self._request.headers, "font") if modifier == STYLESHEET_RESOURCE else {}
        return {**resource_policy(modifier), **fonts}

    # -- notices ----------------------------------------------------------------------------------------------------

    def _respond_list(self, address: ReplayAddress) -> Response:
        try:
            notice = self._lists.urls(address) if address.is_pattern else self._lists.captures(address)
        except ValueError:
            return self._respond_wrong_time(address)
        return self._respond_missing(address) if notice is None else self._respond_with(notice, address.modifier)

    def _respond_wrong_time(self, address: ReplayAddress) -> Response:
        digits = " ".join(filter(None, (address.timestamp, address.until)))
        text = f"{digits} is not a time: write year, month, day, hour, minute, second, as far as known"
        return self._respond_with(Notice(404, "No such time", text, address.url), address.modifier)

    def _respond_missing(self, address: ReplayAddress, *, withheld: bool = False) -> Response:
        if withheld:
            text = "The archive has captures of it, but its portal has asked that they not be shown."
            return self._respond_with(Notice(404, "Withheld", text, address.url), address.modifier)
        if removal := self._finder.find_removal(address.url, address.moment or datetime.now(UTC)):
            return self._respond_with(Notice(410, "Removed", removal.text, address.url), address.modifier)
        neighbours = () if address.modifier not in (PAGE, FRAMED_PAGE) else self._finder.find_in_folder(address.url)
        text = "The archive has no capture of it." + (" Captures from the same folder:" if neighbours else "")
        return self._respond_with(Notice(404, "Not in the archive", text, address.url, neighbours), address.modifier)

    def _respond_unreadable(self, address: ReplayAddress, error: ArchiveError) -> Response:
        if isinstance(error, TooLargeError):
            text = f"It is larger than {MAX_REWRITTEN >> 20} MiB, the limit for pages."
        else:
            text = f"Its record cannot be read: {error.what}. Run `broadsheet archive verify` for details."
        return self._respond_with(Notice(502, "Not readable", text, address.url), address.modifier)

    def _respond_with(self, notice: Notice, modifier: str) -> Response:
        headers = {**notice_headers(), **_NOT_CACHED}
        if modifier not in DOCUMENTS:
            return Response(f"{notice.title}\n", notice.status, headers, "text/plain")
        if modifier == INNER_FRAME:  # a frame in a page: an empty one disturbs least
            return HTMLResponse("<!DOCTYPE html><title></title>", notice.status, headers)
        if modifier == FRAMED_PAGE:  # the page around the frame is the application's own already
            return HTMLResponse(plain_page(notice, self._frame, target="_top"), notice.status, headers)
        return HTMLResponse(self._render(notice, self._prefix), notice.status, headers)


def _raw_target(request: Request, prefix: str) -> str:
    """Return the path below the mount and the query, as sent."""
    raw = request.scope.get("raw_path") or quote_url(request.scope["path"]).encode("ascii")
    path = quote_url(raw.decode("latin-1"))[len(prefix) :]
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _first_bytes(capture: Capture) -> bytes:
    """Return the first bytes of the body; empty if it has a content coding and its type says what it is."""
    content_type = capture.head.get(b"content-type")
    if may_be_html(content_type) and not is_html(content_type, b"") and len(capture.response) <= MAX_REWRITTEN:
        with suppress(TooLargeError):
            return capture.body(limit=MAX_REWRITTEN)[:_START_SIZE]
    if capture.head.codings(b"content-encoding"):
        return b""
    return next(iter(entity(capture.response, capture.head)), b"")[:_START_SIZE]
