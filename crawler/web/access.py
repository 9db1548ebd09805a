"""Access control of the desk: rejects other host names, pages of other websites, and requests without a login."""

import re
import secrets
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawler.sites import is_loopback_host
from crawler.web.login import Login, LoginPage
from crawler.web.password import Password

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)
_KEYED = re.compile(r"/opened/([\w-]+)(?=/replay/)")

#: Headers of the desk's own pages. Replayed captures have stricter ones of their own.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Gate:
    """ASGI middleware in front of the desk.

    Without a password, it accepts only host names of this machine. This stops DNS rebinding: a web page whose name was
    made to resolve to this machine still sends its own name. With a password, everything but the login page needs a
    session. Pages of other websites may link to the desk, but not load anything of it.

    Captures are shown in an opaque origin, which browsers cannot distinguish from other websites and send no cookies
    from. What a capture loads is requested with a secret key in the path instead, which gives access to replay only.
    Sets ``scope["replay"]`` to the path of replay, and ``scope["replay_resources"]`` to its path with a key.
    """

    def __init__(self, app: ASGIApp, *, password: Password | None, login_page: LoginPage) -> None:
        self._app = app
        self._login = None if password is None else Login(password, login_page)
        self._replay_key = secrets.token_urlsafe(24)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        response = await self._respond(request)
        if response is not None:
            return await response(scope, receive, _with_headers(send))
        scope["replay"] = scope.get("replay", "/replay")
        await self._app(scope, receive, _with_headers(send))

    async def _respond(self, request: Request) -> Response | None:
        """Return the response of the gate, or None if the request may pass."""
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if host is None or (self._login is None and not is_loopback_host(host[1].strip("[]").lower())):
            return Response("Unknown host name; use 127.0.0.1 or localhost.\n", 421)
        now = time.monotonic()
        if (keyed := _KEYED.match(request.url.path)) and self._is_replay_key(keyed[1], now):
            self._open_replay(request.scope, keyed[0])
            return None
        if _is_made_by_other_site(request):
            return Response("Pages of other websites cannot load this. Open it in a tab of its own.\n", 403)
        if self._login is not None:
            return await self._login.respond(request, now)
        request.scope["replay_resources"] = f"/opened/{self._replay_key}/replay"
        return None

    def _is_replay_key(self, key: str, now: float) -> bool:
        if self._login is not None:
            return self._login.opens_replay(key, now)
        return secrets.compare_digest(self._replay_key.encode(), key.encode())

    def _open_replay(self, scope: Scope, key: str) -> None:
        """Route the path after the key as if the key were not there."""
        scope["root_path"] = scope.get("root_path", "") + key
        scope["replay"] = scope["replay_resources"] = f"{key}/replay"


def _is_made_by_other_site(request: Request) -> bool:
    """True if a page of another origin loads something, other than by a link that a reader follows (Fetch Metadata)."""
    headers = request.headers
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    is_page = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return not (is_page and request.method in ("GET", "HEAD"))


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            is_own_page = b"content-security-policy" not in present
            message["headers"] = [
                *message["headers"],
                *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()
                  if is_own_page and name.lower().encode() not in present),
            ]  # fmt: skip
        await send(message)

    return send_with_headers
