"""An HTTP/1.1 server for the sample portals on loopback, written on asyncio streams to control every byte it sends."""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urljoin

from crawler.demo import exchanges
from crawler.demo.errors import DemoError
from crawler.demo.exchanges import Exchange
from crawler.demo.messages import Reply, Request, encode_chunks, text
from crawler.demo.misbehaviour import Misbehaviour
from crawler.demo.portal import Portal

#: Maximum length of a request head in bytes.
_HEAD_LIMIT = 64 * 1024

#: Seconds to wait for the server's thread to log its exchanges.
_LOG_TIMEOUT = 10.0


async def _run_pending_callbacks() -> None:
    """Let the event loop run callbacks that are already due."""
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass(slots=True)
class _MisbehaviourRule:
    """A misbehaviour for some paths of one host, for the next `times` requests or always (None)."""

    host: str
    prefix: str
    misbehaviour: Misbehaviour
    times: int | None

    def matches(self, request: Request) -> bool:
        return self.times != 0 and request.host == self.host and request.target.startswith(self.prefix)


@dataclass(slots=True)
class _SentBytes:
    """The bytes of a response that were sent, and the time of the last of them."""

    data: bytearray = field(default_factory=bytearray)
    at: float = field(default_factory=time.monotonic)


class DemoServer:
    """Serves portals by Host header from its own thread, and logs each exchange. A context manager.

    `host` is the address to listen on; port 0 is any free port. Raises DemoError on entry if it cannot listen, and on
    creation if two portals have the same host.
    """

    def __init__(self, portals: Iterable[Portal], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.portals: dict[str, Portal] = {}
        for portal in portals:
            if portal.host in self.portals:
                raise DemoError(f"two portals have the host {portal.host}: give each its own host")
            self.portals[portal.host] = portal
        self.address = host
        self.port = port
        self._log: list[Exchange] = []
        self._rules: list[_MisbehaviourRule] = []
        self._numbers = itertools.count(1)
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def __enter__(self) -> Self:
        listening = self._listen()
        self.port = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening, ready)), name="sample-portals", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop and self._stopped and self._thread:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()

    @property
    def log(self) -> list[Exchange]:
        """The finished exchanges in order of their end, including every one whose last byte a client has received."""
        if self._loop and self._thread and self._thread.is_alive():
            # A client may receive the last byte before the server's thread has logged the exchange.
            with contextlib.suppress(RuntimeError):  # the server has just stopped: everything is logged
                asyncio.run_coroutine_threadsafe(_run_pending_callbacks(), self._loop).result(_LOG_TIMEOUT)
        return list(self._log)

    def url(self, portal: Portal | str, path: str = "/") -> str:
        """Return the URL of `path` on a portal or host."""
        host = portal if isinstance(portal, str) else portal.host
        return urljoin(f"http://{host}:{self.port}/", path)

    def misbehave(self, host: str, prefix: str, misbehaviour: Misbehaviour, *, times: int | None = None) -> None:
        """Apply `misbehaviour` to targets of `host` that start with `prefix`, `times` times or always (None).

        If several match a request, the one added first is used.
        """
        self._rules.append(_MisbehaviourRule(host, prefix, misbehaviour, times))

    def clear_misbehaviour(self) -> None:
        """Remove every misbehaviour."""
        self._rules.clear()

    def set_edition(self, number: int) -> None:
        """Set the edition of every portal: 1 is as first published, later ones have edits and removals."""
        for portal in self.portals.values():
            portal.edition = number

    def exchanges(self, host: str) -> list[Exchange]:
        """Return the finished exchanges of `host` in order of their end."""
        return [exchange for exchange in self.log if exchange.host == host]

    def gaps(self, host: str) -> list[float]:
        """Return the seconds from the end of each response of `host` to the next request, negative if they overlap."""
        return exchanges.gaps(self.exchanges(host))

    def smallest_gap(self, host: str) -> float | None:
        """Return the smallest of `gaps`, or None before the second request."""
        return min(self.gaps(host), default=None)

    def peak_parallel(self, host: str) -> int:
        """Return the largest number of exchanges of `host` that were in progress at once."""
        return exchanges.peak_parallel(self.exchanges(host))

    def count_requests(self, host: str, prefix: str = "/") -> int:
        """Return the number of requests to `host` whose target starts with `prefix`."""
        return sum(exchange.path.startswith(prefix) for exchange in self.exchanges(host))

    def forbidden_requests(self) -> list[Exchange]:
        """Return the requests that no polite crawler makes: to hosts of injected links and to forbidden paths."""
        return [
            exchange
            for exchange in self.log
            if exchange.host not in self.portals or self.portals[exchange.host].is_forbidden(exchange.path)
        ]

    def _listen(self) -> socket.socket:
        try:
            return socket.create_server((self.address, self.port), backlog=128)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DemoError(
                f"cannot listen on {self.address} port {self.port}: {reason}; choose another, or 0 for any free port"
            ) from error

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=listening, limit=_HEAD_LIMIT)
        ready.set()
        await self._stopped.wait()
        # A connection accepted last becomes known to us only a few callbacks later, and only if the server is still
        # open. Without the wait it would never be closed, and its client would wait forever.
        self._loop.remove_reader(listening)
        await _run_pending_callbacks()
        server.close()
        for task, writer in self._connections.items():
            task.cancel()
            writer.close()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve_connection(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        # `drain` then waits until the kernel has all bytes, so that the logged end of a response is exact.
        writer.transport.set_write_buffer_limits(high=0)
        # A client may disconnect at any time.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while await self._serve_request(reader, writer, number):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _serve_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """Read a request and send the reply. Return True if the connection stays open for another."""
        first = await reader.readexactly(1)
        started = time.monotonic()
        raw = first + await reader.readuntil(b"\r\n\r\n")
        try:
            request = Request.parse(raw, self.port)
            request = replace(request, body=await reader.readexactly(request.body_length))
        except DemoError as error:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + str(error).encode())
            await writer.drain()
            return False
        reply = self._choose_reply(request)
        sent = _SentBytes()
        try:
            await self._send(writer, request, reply, sent)
        finally:
            self._log.append(
                Exchange(host=request.host, method=request.method, path=request.target, started=started,
                         ended=sent.at, status=reply.status, connection=number, request=raw, sent=bytes(sent.data))
            )  # fmt: skip
        return not (reply.closes_connection or reply.reset or request.wants_close)

    def _choose_reply(self, request: Request) -> Reply:
        portal = self.portals.get(request.host)
        own = portal.answer(request) if portal else text(f"no portal has the host {request.host}\n", status=421)
        for rule in self._rules:
            if rule.matches(request):
                if rule.times is not None:
                    rule.times -= 1
                return rule.misbehaviour(request, own)
        return own

    async def _send(self, writer: asyncio.StreamWriter, request: Request, reply: Reply, sent: _SentBytes) -> None:
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.reset:
            self._reset(writer)
            return
        head, body = reply.message(request)
        await self._write(writer, head + body[: reply.cut_after], sent)
        if reply.never_ending and request.method != "HEAD":
            piece = (reply.body or b"and so on ")[:1024]
            while True:
                await asyncio.sleep(reply.drip)
                framed = encode_chunks(piece, len(piece)).removesuffix(b"0\r\n\r\n") if reply.chunked else piece
                await self._write(writer, framed, sent)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, sent: _SentBytes) -> None:
        # Read the clock before the write, because a client in this process may respond before the next statement.
        sent.at = time.monotonic()
        writer.write(data)
        sent.data += data
        await writer.drain()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        # Linger on with a timeout of 0 makes the close a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
