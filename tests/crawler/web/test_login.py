"""Login attempts at a served desk, made at the same time and from several addresses."""

import asyncio
import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest

from crawler.web import Password, desk_server

from .conftest import PASSWORD, opened, served


@pytest.fixture
def compared(monkeypatch) -> list[str]:
    """The passwords that were compared."""
    given: list[str] = []
    matches = Password.matches
    monkeypatch.setattr(Password, "matches", lambda self, plain: given.append(plain) or matches(self, plain))
    return given


@pytest.fixture
def login(data):
    """Logs in from an address of this machine and returns the response."""
    with opened(data, PASSWORD) as application, served(application) as where:
        yield lambda password, source="127.0.0.1", **headers: post(where, password, source, headers)


def post(where: str, password: str, source: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(where).netloc, timeout=30, source_address=(source, 0))
    fields = {"Content-Type": "application/x-www-form-urlencoded"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    connection.request("POST", "/login", urlencode({"password": password}), fields)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_attempts_made_at_once_are_limited(login, compared):
    with ThreadPoolExecutor(50) as pool:
        statuses = [one.status for one in pool.map(lambda number: login(f"guess {number}"), range(150))]
    assert len(compared) == 5
    assert sorted(set(statuses)) == [403, 429]
    assert statuses.count(403) == 5


def test_forwarded_addresses_are_ignored_without_a_trusted_proxy(login, compared):
    statuses = [login("guess", x_forwarded_for=f"10.0.0.{number}").status for number in range(8)]
    assert statuses == [403] * 5 + [429] * 3


def test_others_cannot_lock_the_owner_out(login, compared, monkeypatch):
    monkeypatch.setattr("crawler.web.login_attempts.SLOWED_BY", 0.05)
    for number in range(60):
        assert login("guess", f"127.0.1.{number + 1}").status == 403
    assert login("three words more").status == 303


def test_browser_that_logged_in_is_not_blocked_by_its_neighbours(login):
    cookies = login("three words more", "127.0.2.1").headers.get_all("Set-Cookie")
    device = next(one for one in cookies if one.startswith("broadsheet-device=")).partition(";")[0]
    while login("guess", "127.0.2.1").status != 429:
        pass
    assert login("three words more", "127.0.2.1").status == 429
    assert login("three words more", "127.0.2.1", cookie=device).status == 303
    assert [login("guess", "127.0.2.1", cookie=device).status for _ in range(6)] == [403] * 5 + [429]


def test_addresses_from_a_trusted_proxy_are_counted(data, exchange):
    with opened(data, PASSWORD) as application:
        server = desk_server(application, trusted_proxies=["127.0.0.0/8"])
        server.config.load()
        app = server.config.loaded_app

        def login(client: str) -> int:
            body = urlencode({"password": "guess"}).encode()
            return exchange(app, "/login", method="POST", body=body, x_forwarded_for=client).status

        assert [login("192.0.2.1") for _ in range(6)] == [403] * 5 + [429]
        assert login("192.0.2.2") == 403
        assert login("192.0.2.1, 192.0.2.3") == 403, "only what the proxy itself added counts"
        assert login("9.9.9.9, 192.0.2.1") == 429


def test_full_queue_refuses_instead_of_waiting(data, exchange, monkeypatch):
    monkeypatch.setattr("crawler.web.login._MAX_WAITING", 0)
    with opened(data, PASSWORD) as application:
        body = urlencode({"password": "three words more"}).encode()
        refused = exchange(application, "/login", method="POST", body=body)
        assert refused.status == 503
        assert refused.headers["retry-after"] == "5"


def test_comparisons_are_made_one_at_a_time(data, monkeypatch):
    running, most = 0, 0

    async def watch(matches, given):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return False

    monkeypatch.setattr("crawler.web.login.run_in_threadpool", watch)
    from crawler.web.login import _ComparisonQueue

    async def compare_all() -> None:
        queue = _ComparisonQueue()
        await asyncio.gather(*(queue.compare(PASSWORD, "x", 0) for _ in range(10)))

    asyncio.run(compare_all())
    assert most == 1


def test_loopback_has_many_addresses():
    """The tests above need them."""
    with socket.create_server(("127.0.3.7", 0)):
        pass
