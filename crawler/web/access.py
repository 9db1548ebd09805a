"""Who may see the desk: requests meant for another host, and those without a login, get no further."""

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
from crawler.web.sessions import LIFETIME, LoginTries, Sessions

COOKIE = "broadsheet"

#: What may be had without a login.
_OPEN = ("/login", "/static/")

#: Bytes of a login form that are read.
_LONGEST_FORM = 4096

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)
_KEYED = re.compile(r"/opened/([\w-]+)(?=/replay/)")

#: The headers of every page of our own. What comes from the archive brings its own, which are stricter.
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

#: Makes the login page, given a word on what was wrong and the status it is sent with.
LoginPage = Callable[[Request, str, int], Response]


class Gate:
    """ASGI middleware in front of the desk.

    Without a password only names of this machine are answered: a page of the web whose name was turned to point here
    (DNS rebinding) comes with a name of its own. With one, everything but the login needs a session. Tells the pages
    behind it where replay is found, as ``scope["replay"]``.
    """

    def __init__(self, app: ASGIApp, *, password: Password | None, login_page: LoginPage) -> None:
        self._app = app
        self._password = password
        self._login_page = login_page
        self._sessions = Sessions()
        self._tries = LoginTries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        answer = await self._answer(request)
        if answer is not None:
            return await answer(scope, receive, _with_headers(send))
        scope["replay"] = scope.get("replay", "/replay")
        await self._app(scope, receive, _with_headers(send))

    async def _answer(self, request: Request) -> Response | None:
        """What is answered here; ``None`` lets the request pass."""
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if host is None or (self._password is None and not is_loopback_host(host[1].strip("[]").lower())):
            return Response("This desk is not known by that name; ask for it as 127.0.0.1 or localhost.\n", 421)
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
            asked = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)
        if session is not None:
            request.scope["replay"] = f"/opened/{session.replay_key}/replay"
            request.scope["logged_in"] = True
        return None

    def _open_replay(self, scope: Scope, key: str) -> None:
        """Let what follows the key be found where it would be without."""
        scope["root_path"] = scope.get("root_path", "") + key
        scope["replay"] = f"{key}/replay"

    async def _login(self, request: Request, password: Password, now: float) -> Response:
        address = request.client.host if request.client else ""
        if wait := self._tries.wait(address, now):
            page = self._login_page(request, f"Too many tries. Come back in {wait / 60:.0f} minutes.", 429)
            page.headers["Retry-After"] = f"{wait:.0f}"
            return page
        form = parse_qs((await _body(request)).decode("utf-8", "replace"))
        given = form.get("password", [""])[0]
        if not await run_in_threadpool(password.matches, given):
            self._tries.wrong(address, now)
            return self._login_page(request, "That is not the password.", 403)
        self._tries.right(address)
        answer = RedirectResponse(_own_path(form.get("next", ["/"])[0]), 303)
        # Lax, not Strict: a link in a capture leads back to the desk from an origin that is nobody's.
        answer.set_cookie(
            COOKIE,
            self._sessions.open(now),
            max_age=LIFETIME,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    def _logout(self, request: Request) -> Response:
        self._sessions.close(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            return b""
    return body


def _own_path(given: str) -> str:
    """`given` if it is a path of ours, else the front page: a login must not lead off the desk."""
    return given if re.fullmatch(r"/(?![/\\])[^\r\n\\]*", given) else "/"


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            held = {name.lower() for name, _ in message["headers"]}
            own = b"content-security-policy" not in held
            message["headers"] = [
                *message["headers"],
                *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()
                  if own and name.lower().encode() not in held),
            ]  # fmt: skip
        await send(message)

    return send_with_headers
