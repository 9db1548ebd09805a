"""TLS on top of an asyncio transport, with the settings of Scrapy's own handlers.

asyncio's TLS transport does not say whether the server closed with an alert, which decides whether a response without
length is complete (RFC 9112, section 9.8). So the TLS layer is ours, on the public `ssl.SSLObject`.
"""

import asyncio
import os
import ssl
from contextlib import suppress
from functools import cached_property

from scrapy.settings import BaseSettings

_VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
#: The ciphers that Twisted offers by default. Python's own default may lack those of old servers.
_CIPHERS = (
    "ECDH+AESGCM:ECDH+CHACHA20:DH+AESGCM:DH+CHACHA20:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:RSA+AESGCM:RSA+AES:"
    "!aNULL:!MD5:!DSS"
)
#: Allow servers without secure renegotiation, as Scrapy does (``ssl.OP_LEGACY_SERVER_CONNECT`` from Python 3.12).
_LEGACY_SERVER_CONNECT = 0x4
#: Maximum number of bytes read from a socket, or decrypted, at a time.
READ_SIZE = 1 << 16


def make_tls_context(settings: BaseSettings) -> ssl.SSLContext:
    """Return the client context for ``DOWNLOAD_VERIFY_CERTIFICATES``, ``DOWNLOAD_TLS_*_VERSION`` and the ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.options |= _LEGACY_SERVER_CONNECT
    if lowest := settings["DOWNLOAD_TLS_MIN_VERSION"]:
        context.minimum_version = _VERSIONS[lowest]
    if highest := settings["DOWNLOAD_TLS_MAX_VERSION"]:
        context.maximum_version = _VERSIONS[highest]
    context.set_ciphers(settings["DOWNLOADER_CLIENT_TLS_CIPHERS"] or _CIPHERS)
    if key_log := os.environ.get("SSLKEYLOGFILE"):
        context.keylog_filename = key_log
    return context


class SmallReads(asyncio.BufferedProtocol):
    """A protocol that receives at most READ_SIZE bytes at a time, so that size limits hold closely."""

    @cached_property
    def _read_buffer(self) -> bytearray:
        return bytearray(READ_SIZE)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(memoryview(self._read_buffer)[:nbytes]))

    def data_received(self, data: bytes) -> None:
        raise NotImplementedError


class PlainReceiver(SmallReads):
    """A protocol that also learns whether the server closed the connection properly."""

    def connection_closed(self, *, is_clean: bool) -> None:
        """The server closed the connection: on TLS, `is_clean` if it sent the closing alert."""
        raise NotImplementedError


class TlsProtocol(SmallReads, asyncio.Transport):
    """The TLS layer between a transport and `receiver`: a protocol to one, a transport to the other.

    `handshake` is done once the receiver is connected, or fails with ssl.SSLError or ConnectionError.
    """

    def __init__(self, context: ssl.SSLContext, hostname: str, receiver: PlainReceiver) -> None:
        super().__init__()
        self.handshake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._is_over = False

    # -- protocol --------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._shake_hands()

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if not self.handshake.done():
            self._shake_hands()
        if self.handshake.done() and not self._is_over:
            self._read()

    def eof_received(self) -> None:
        self._end(is_clean=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(is_clean=False)

    def _shake_hands(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._flush()
            self._fail_handshake(error)
        else:
            self._flush()
            self._receiver.connection_made(self)
            if not self.handshake.done():
                self.handshake.set_result(None)

    def _fail_handshake(self, error: Exception) -> None:
        self._is_over = True
        if not self.handshake.done():
            self.handshake.set_exception(error)
        if self._transport is not None:
            self._transport.abort()

    def _read(self) -> None:
        pieces: list[bytes] = []
        is_closed = is_broken = False
        try:
            while piece := self._object.read(READ_SIZE):
                pieces.append(piece)
            is_closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            is_closed = True
        except ssl.SSLError:
            is_broken = True
        self._flush()
        if pieces:
            self._receiver.data_received(b"".join(pieces))
        if is_closed or is_broken:
            self._end(is_clean=is_closed)
            self.close()

    def _end(self, *, is_clean: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self.handshake.done():
            self._receiver.connection_closed(is_clean=is_clean)
        else:
            self.handshake.set_exception(ConnectionResetError("the connection was closed during the TLS handshake"))

    def _flush(self) -> None:
        if self._transport is not None and (data := self._outgoing.read()):
            self._transport.write(data)

    # -- transport -------------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._object.write(rest) :]
        self._flush()

    def is_closing(self) -> bool:
        return self._is_over or self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Send the closing alert and close the connection."""
        self._is_over = True
        if self._transport is None:
            return
        with suppress(ssl.SSLError):  # raised because the server's own alert is not awaited
            self._object.unwrap()
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()

    def get_extra_info(self, name: str, default: object = None) -> object:
        if name == "ssl_object":
            return self._object
        return self._transport.get_extra_info(name, default) if self._transport is not None else default
