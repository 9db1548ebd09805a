"""The sample portals on loopback: an HTTP/1.1 server over bare sockets, with every byte of its answers in hand."""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin

from crawler.demo import exchanges
from crawler.demo.errors import DemoError
from crawler.demo.exchanges import Exchange
from crawler.demo.messages import Reply, Request, chunk, text
from crawler.demo.misbehaviour import Misbehaviour
from crawler.demo.portal import Portal

#: Longest request head that is read, in bytes.
_HEAD_LIMIT = 64 * 1024

#: Longest wait for the server's thread to log what it has sent, in seconds.
_TURNS_WITHIN = 10.0


async def _turns() -> None:
    """Let the server's loop do what it has at hand."""
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass(slots=True)
class _Order:
    """A misbehaviour told for the paths of one host, for the next `times` requests, or always (``None``)."""

    host: str
    prefix: str
    misbehaviour: Misbehaviour
    times: int | None

    def matches(self, request: Request) -> bool:
        return self.times != 0 and request.host == self.host and request.target.startswith(self.prefix)


@dataclass(slots=True)
class _Sent:
    """What was handed to the network, and when the last of it was."""

    data: bytearray = field(default_factory=bytearray)
    at: float = field(default_factory=time.monotonic)


class DemoServer:
    """Serves portals by the Host header from a thread of its own, and logs each exchange. A context manager.

    `host` is the address to listen on, `port` 0 for any free one. Raises DemoError on entry when it cannot listen, and
    at once when two portals have one host.
    """

    def __init__(self, portals: Iterable[Portal], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.portals: dict[str, Portal] = {}
        for portal in portals:
            if portal.host in self.portals:
                raise DemoError(f"two portals are named {portal.host}: give each its own host")
            self.portals[portal.host] = portal
        self.address = host
        self.port = port
        self._log: list[Exchange] = []
        self._orders: list[_Order] = []
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
        """The finished exchanges in order of their end: among them each whose last byte a client has by now."""
        if self._loop and self._thread and self._thread.is_alive():
            # A client may hold the last byte before the thread that sent it has come to log it.
            with contextlib.suppress(RuntimeError):  # stopped at this moment: all is logged
                asyncio.run_coroutine_threadsafe(_turns(), self._loop).result(_TURNS_WITHIN)
        return list(self._log)

    def url(self, portal: Portal | str, path: str = "/") -> str:
        """The URL of `path` on a portal, or on any host by its name."""
        host = portal if isinstance(portal, str) else portal.host
        return urljoin(f"http://{host}:{self.port}/", path)

    def misbehave(self, host: str, prefix: str, misbehaviour: Misbehaviour, *, times: int | None = None) -> None:
        """Answer targets of `host` that start with `prefix` by `misbehaviour`, `times` times or (``None``) always.

        Of several that match, the one told first is used while it lasts.
        """
        self._orders.append(_Order(host, prefix, misbehaviour, times))

    def behave(self) -> None:
        """Forget every misbehaviour."""
        self._orders.clear()

    def visit(self, number: int) -> None:
        """Set every portal to its edition `number`: 1 is as first published, later ones have edits and removals."""
        for portal in self.portals.values():
            portal.edition = number

    def exchanges(self, host: str) -> list[Exchange]:
        """The finished exchanges of `host`, in order of their end."""
        return [exchange for exchange in self.log if exchange.host == host]

    def gaps(self, host: str) -> list[float]:
        """Seconds from the end of one answer of `host` to the start of the next request; negative on overlap."""
        return exchanges.gaps(self.exchanges(host))

    def smallest_gap(self, host: str) -> float | None:
        """The smallest of `gaps`, ``None`` before the second request."""
        return min(self.gaps(host), default=None)

    def peak_parallel(self, host: str) -> int:
        """The largest number of exchanges of `host` that were open at one time."""
        return exchanges.peak_parallel(self.exchanges(host))

    def hits(self, host: str, prefix: str = "/") -> int:
        """How many requests to `host` had a target that starts with `prefix`."""
        return sum(exchange.path.startswith(prefix) for exchange in self.exchanges(host))

    def trespasses(self) -> list[Exchange]:
        """Requests that no polite crawler makes: to hosts of injected links, to paths a portal forbids."""
        return [one for one in self.log if one.host not in self.portals or self.portals[one.host].forbids(one.path)]

    def _listen(self) -> socket.socket:
        try:
            return socket.create_server((self.address, self.port), backlog=128)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DemoError(
                f"cannot listen on {self.address} port {self.port}: {reason}; name another port, or 0 for any free one"
            ) from error

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=listening, limit=_HEAD_LIMIT)
        ready.set()
        await self._stopped.wait()
        # What was accepted at the last moment becomes a connection a few turns of the loop later, if the server is
        # still open then: it would be forgotten, and its client wait for ever.
        self._loop.remove_reader(listening)
        await _turns()
        server.close()
        for task, writer in self._connections.items():
            task.cancel()
            writer.close()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._connection(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        # So that `drain` waits for the kernel to have it all, and the end of an answer is its end.
        writer.transport.set_write_buffer_limits(high=0)
        # A client may leave at any moment; that is its right.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while await self._exchange(reader, writer, number):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        """One request and its answer; whether the connection stays open for another."""
        first = await reader.readexactly(1)
        started = time.monotonic()
        raw = first + await reader.readuntil(b"\r\n\r\n")
        try:
            request = Request.parse(raw, self.port)
            await reader.readexactly(request.body_length)
        except DemoError as error:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + str(error).encode())
            await writer.drain()
            return False
        reply = self._reply(request)
        sent = _Sent()
        try:
            await self._send(writer, request, reply, sent)
        finally:
            self._log.append(
                Exchange(host=request.host, method=request.method, path=request.target, started=started,
                         ended=sent.at, status=reply.status, connection=number, request=raw, sent=bytes(sent.data))
            )  # fmt: skip
        return not (reply.closes or reply.reset or request.wants_close)

    def _reply(self, request: Request) -> Reply:
        portal = self.portals.get(request.host)
        own = portal.answer(request) if portal else text(f"no portal is named {request.host}\n", status=421)
        for order in self._orders:
            if order.matches(request):
                if order.times is not None:
                    order.times -= 1
                return order.misbehaviour(request, own)
        return own

    async def _send(self, writer: asyncio.StreamWriter, request: Request, reply: Reply, sent: _Sent) -> None:
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
                framed = chunk(piece, len(piece)).removesuffix(b"0\r\n\r\n") if reply.chunked else piece
                await self._write(writer, framed, sent)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, sent: _Sent) -> None:
        # The clock is read before the bytes are handed over: a client in this process may answer them before it could
        # be read again.
        sent.at = time.monotonic()
        writer.write(data)
        sent.data += data
        await writer.drain()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        # Linger on, for no time: the close is a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
