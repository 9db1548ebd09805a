"""A server that plays scripted bytes, and a client that runs the wire handler on a reactor in another thread."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import CrawlerRunner
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.threads import blockingCallFromThread

from archive.capture import Capture

CLOSE, RESET, UNWRAP = object(), object(), object()
#: One response: bytes to send, seconds to wait, CLOSE, RESET or UNWRAP (a proper TLS close). Without one of these
#: three the connection stays open. Or a function from the request to the bytes to send.
Script = tuple[Any, ...] | Callable[[bytes], bytes]


class ScriptedServer:
    """Answers each request with the next script. Keeps the requests, their connections and the bytes it sent."""

    def __init__(
        self,
        *scripts: Script,
        wrap: Callable[[socket.socket], socket.socket] | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self._scripts = list(scripts)
        self._wrap = wrap
        self._listener = socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self.sent: list[bytes] = []
        self.request_connection: list[int] = []
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # otherwise the thread in accept() keeps the port open
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        self._open.append(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._wrap:
                connection = self._wrap(connection)
                self._open.append(connection)
            while request := self.read_request(connection):
                self.requests.append(request)
                self.request_connection.append(number)
                self.sent.append(b"")  # of the latest request: concurrent scripts are not distinguished
                script = self._scripts.pop(0)
                if not self._play(connection, (script(request),) if callable(script) else script):
                    return
        except OSError:
            return  # the client closed the connection, as some tests make it do
        finally:
            connection.close()

    def _play(self, connection: Any, script: Script) -> bool:
        for step in script:
            if step is CLOSE:
                connection.close()
                return False
            if step is UNWRAP:
                connection.unwrap().close()
                return False
            if step is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()
                return False
            if isinstance(step, bytes):
                self.sent[-1] += step
                connection.sendall(step)
            else:
                time.sleep(step)
        return True

    @staticmethod
    def read_request(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := connection.recv(65536)):
                return data
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(x[15:]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            piece = connection.recv(65536)
            data, body = data + piece, body + piece
        return data


@dataclass
class Outcome:
    """The outcome of one download."""

    response: Response | None = None
    error: BaseException | None = None
    captures: list[Capture] = field(default_factory=list)

    @property
    def capture(self) -> Capture:
        (only,) = self.captures
        return only

    @property
    def bytes(self) -> bytes:
        return bytes(self.capture.response)


@pytest.fixture(scope="session")
def reactor() -> Iterator[Any]:
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    thread = threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True)
    thread.start()
    yield reactor
    reactor.callFromThread(reactor.stop)
    thread.join(10)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def start(*scripts: Script, **kwargs: Any) -> ScriptedServer:
        servers.append(ScriptedServer(*scripts, **kwargs))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Client:
    """The wire handler of one crawl. Keeps the captures of each download."""

    def __init__(self, reactor: Any, settings: dict[str, Any], hook: Callable[..., None] | None) -> None:
        self._reactor = reactor
        self._hook = hook
        self.captured: list[tuple[Request, Capture]] = []
        self.crawler, self.handler = blockingCallFromThread(reactor, self._build, settings)

    def _build(self, settings: dict[str, Any]) -> tuple[Any, Any]:
        from scrapy.utils.test import get_crawler

        from crawler.handlers.wire import WireDownloadHandler

        client = self

        class Recording(WireDownloadHandler):
            def handle_capture(self, request: Request, capture: Capture) -> None:
                client.captured.append((request, capture))
                if client._hook:
                    client._hook(request, capture)

        crawler = get_crawler(settings_dict={"ALLOW_LOOPBACK": True, **settings})
        crawler.spider = crawler._create_spider("test")
        return crawler, Recording.from_crawler(crawler)

    def fetch(self, url: str, *, timeout: float = 20, **kwargs: Any) -> Outcome:
        request = Request(url, meta={"download_timeout": timeout, **kwargs.pop("meta", {})}, **kwargs)
        (outcome,) = self._fetch([request])
        return outcome

    def fetch_all(self, urls: list[str]) -> list[Outcome]:
        """Download `urls` concurrently and return their outcomes."""
        return self._fetch([Request(url, meta={"download_timeout": 20}) for url in urls])

    def _fetch(self, requests: list[Request]) -> list[Outcome]:
        before = len(self.captured)

        def download() -> Any:
            return DeferredList(
                [self._started(self.handler.download_request(request)) for request in requests], consumeErrors=True
            )

        outcomes = []
        for request, (is_done, result) in zip(requests, blockingCallFromThread(self._reactor, download), strict=True):
            captures = [capture for about, capture in self.captured[before:] if about is request]
            outcomes.append(
                Outcome(response=result, captures=captures)
                if is_done
                else Outcome(error=result.value, captures=captures)
            )
        assert len(self.captured) - before == sum(len(outcome.captures) for outcome in outcomes)
        return outcomes

    @staticmethod
    def _started(coroutine: Any) -> "Deferred[Response]":
        from scrapy.utils.defer import deferred_from_coro

        return deferred_from_coro(coroutine)

    def in_reactor(self, call: Callable[[], Any]) -> Any:
        return blockingCallFromThread(self._reactor, call)

    def run(self, spider: type[Spider], settings: dict[str, Any]) -> Any:
        """Run a crawl of `spider` on the same handler class and return its crawler."""
        handlers = dict.fromkeys(("http", "https"), type(self.handler))

        def crawl() -> Any:
            runner = CrawlerRunner(
                {
                    "DOWNLOAD_HANDLERS": handlers,
                    "TELNETCONSOLE_ENABLED": False,
                    "HTTPPROXY_ENABLED": False,
                    "ALLOW_LOOPBACK": True,
                    **settings,
                }
            )
            crawler = runner.create_crawler(spider)
            return runner.crawl(crawler).addCallback(lambda _: crawler)

        return blockingCallFromThread(self._reactor, crawl)

    def close(self) -> None:
        blockingCallFromThread(self._reactor, lambda: self._started(self.handler.close()))


@pytest.fixture
def client(reactor: Any) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def build(settings: dict[str, Any] | None = None, hook: Callable[..., None] | None = None) -> Client:
        clients.append(Client(reactor, settings or {}, hook))
        return clients[-1]

    yield build
    for each in clients:
        each.close()


@pytest.fixture
def script() -> SimpleNamespace:
    """The script steps that are not bytes or seconds."""
    return SimpleNamespace(close=CLOSE, reset=RESET, unwrap=UNWRAP)
