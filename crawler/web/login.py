"""The login of a desk with a password: its form, its limits and its sessions."""

import asyncio
import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawler.web.login_attempts import KNOWN_FOR, DeviceMarks, LoginAttempts, client_of
from crawler.web.password import Password
from crawler.web.sessions import LIFETIME, Sessions

COOKIE, DEVICE_COOKIE = "broadsheet", "broadsheet-device"

#: Paths that need no login.
_OPEN = ("/login", "/static/")

#: Longest login form read, in bytes.
_LONGEST_FORM = 4096

#: Login attempts that may wait for the comparison of an earlier one.
_MAX_WAITING = 16

#: Renders the login page, given the error to show and the response status.
LoginPage = Callable[[Request, str, int], Response]


class Login:
    """Answers requests for a desk with a password: shows the login page, checks passwords, opens sessions."""

    def __init__(self, password: Password, login_page: LoginPage) -> None:
        self._password = password
        self._login_page = login_page
        self._sessions = Sessions()
        self._attempts = LoginAttempts()
        self._devices = DeviceMarks(password.digest)
        # Unknown clients cannot hold up those that have logged in before.
        self._queues = {is_known: _ComparisonQueue() for is_known in (False, True)}

    def opens_replay(self, key: str, now: float) -> bool:
        """True if `key` is the replay key of a session."""
        return self._sessions.has_replay_key(key, now)

    async def respond(self, request: Request, now: float) -> Response | None:
        """Return the login page or a redirect to it, or None if the request has a session or needs none."""
        session = self._sessions.find(request.cookies.get(COOKIE, ""), now)
        path = request.url.path
        if path == "/login" and request.method == "POST":
            return await self._log_in(request, now)
        if path == "/logout" and request.method == "POST":
            return self._log_out(request)
        if path == "/login":
            return self._login_page(request, "", 200)
        if session is None and not path.startswith(_OPEN):
            target = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
        if session is not None:
            request.scope["replay"] = request.scope["replay_resources"] = f"/opened/{session.replay_key}/replay"
            request.scope["logged_in"] = True
        return None

    async def _log_in(self, request: Request, now: float) -> Response:
        form = parse_qs((await _read_form(request)).decode("utf-8", "replace"))
        address = client_of(request.client.host if request.client else "")
        device = self._devices.read(request.cookies.get(DEVICE_COOKIE, ""))
        client = address if device is None else f"device {device}"
        is_known = device is not None or self._attempts.is_known(client, now)
        if wait := self._attempts.wait(client, now):
            return self._refuse(request, "Too many attempts.", 429, wait)
        queue = self._queues[is_known]
        if queue.is_full:
            return self._refuse(request, "Too many people are logging in.", 503, 5)
        self._attempts.add(client, now)  # before the comparison, during which others come in
        pause = 0.0 if is_known else self._attempts.slowdown(now)
        if not await queue.compare(self._password, form.get("password", [""])[0], pause):
            return self._login_page(request, "Wrong password.", 403)
        self._attempts.succeed(client, now)
        self._attempts.succeed(address, now)
        response = RedirectResponse(_safe_path(form.get("next", ["/"])[0]), 303)
        if device is None:
            _set_cookie(request, response, DEVICE_COOKIE, self._devices.create(), int(KNOWN_FOR))
        _set_cookie(request, response, COOKIE, self._sessions.open(now), LIFETIME)
        return response

    def _refuse(self, request: Request, reason: str, status: int, wait: float) -> Response:
        seconds = max(round(wait), 1)
        later = f"{seconds} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
        page = self._login_page(request, f"{reason} Try again in {later}.", status)
        page.headers["Retry-After"] = str(seconds)
        return page

    def _log_out(self, request: Request) -> Response:
        self._sessions.close(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response


class _ComparisonQueue:
    """Compares one password at a time, since each comparison takes 128 MiB. A few more may wait."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    @property
    def is_full(self) -> bool:
        return self._waiting >= _MAX_WAITING

    async def compare(self, password: Password, given: str, pause: float) -> bool:
        """Return True if `given` is the password. Waits for earlier comparisons, then `pause` seconds."""
        self._waiting += 1
        try:
            async with self._lock:
                await asyncio.sleep(pause)
                return await run_in_threadpool(password.matches, given)
        finally:
            self._waiting -= 1


def _set_cookie(request: Request, response: Response, name: str, value: str, lifetime: int) -> None:
    # Lax, not Strict: links from a capture back to the desk come from an opaque origin.
    is_secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=lifetime, httponly=True, samesite="lax", secure=is_secure)


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
