"""Access control of the desk: rejects requests for other host names and requests without a login."""

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawler.sites import is_loopback_host
from crawler.web.password import Password
from crawler.web.sessions import LIFETIME, LoginAttempts, Sessions

COOKIE = "broadsheet"

#: Paths that need no login.
_OPEN = ("/login", "/static/")

#: Longest login form read, in bytes.
_LONGEST_FORM = 4096

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)
_KEYED = re.compile(r"/opened/([\w-]+)(?=/replay/)")

#: Headers of the desk's own pages. Replayed captures have stricter ones of their own.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

#: Renders the login page, given the error to show and the response status.
LoginPage = Callable[[Request, str, int], Response]


class Gate:
    """ASGI middleware in front of the desk.

    Without a password, it accepts only host names of this machine. This stops DNS rebinding: a web page whose name was
    made to resolve to this machine still sends its own name. With a password, everything but the login page needs a
    session. Sets ``scope["replay"]`` to the path of replay for the pages behind it.
    """

    def __init__(self, app: ASGIApp, *, password: Password | None, login_page: LoginPage) -> None:
        self._app = app
        self._password = password
        self._login_page = login_page
        self._sessions = Sessions()
        self._attempts = LoginAttempts()

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
        if host is None or (self._password is None and not is_loopback_host(host[1].strip("[]").lower())):
            return Response("Unknown host name; use 127.0.0.1 or localhost.\n", 421)
        if self._password is None:
            return None
        now = time.monotonic()
        if (keyed := _KEYED.match(request.url.path)) and self._sessions.has_replay_key(keyed[1], now):
            self._open_replay(request.scope, keyed[0])
            return None
        session = self._sessions.find(request.cookies.get(COOKIE, ""), now)
        path = request.url.path
        if path == "/login" and request.method == "POST":
            return await self._login(request, self._password, now)
        if path == "/logout" and request.method == "POST":
            return self._logout(request)
        if path == "/login":
            return self._login_page(request, "", 200)
        if session is None and not path.startswith(_OPEN):
            target = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
        if session is not None:
            request.scope["replay"] = f"/opened/{session.replay_key}/replay"
            request.scope["logged_in"] = True
        return None

    def _open_replay(self, scope: Scope, key: str) -> None:
        """Route the path after the key as if the key were not there."""
        scope["root_path"] = scope.get("root_path", "") + key
        scope["replay"] = f"{key}/replay"

    async def _login(self, request: Request, password: Password, now: float) -> Response:
        address = request.client.host if request.client else ""
        if wait := self._attempts.wait(address, now):
            page = self._login_page(request, f"Too many attempts. Try again in {wait / 60:.0f} minutes.", 429)
            page.headers["Retry-After"] = f"{wait:.0f}"
            return page
        form = parse_qs((await _read_form(request)).decode("utf-8", "replace"))
        password_given = form.get("password", [""])[0]
        if not await run_in_threadpool(password.matches, password_given):
            self._attempts.add_failure(address, now)
            return self._login_page(request, "Wrong password.", 403)
        self._attempts.clear(address)
        response = RedirectResponse(_safe_path(form.get("next", ["/"])[0]), 303)
        # Lax, not Strict: links from a capture back to the desk come from an opaque origin.
        response.set_cookie(
            COOKIE,
            self._sessions.open(now),
            max_age=LIFETIME,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    def _logout(self, request: Request) -> Response:
        self._sessions.close(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response


async def _read_form(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            return b""
    return body


def _safe_path(path: str) -> str:
    """Return `path` if it is on the desk, otherwise the front page: a login must not redirect elsewhere."""
    return path if re.fullmatch(r"/(?![/\\])[^\r\n\\]*", path) else "/"


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
