"""The HTTP server of the desk."""

import ipaddress
import logging
import time
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp

from crawler.web.connections import LimitedProtocol, accept_backlog
from crawler.web.errors import WebError

#: Messages logged per minute. A client that causes errors must not be able to fill the disk.
_MESSAGES_PER_MINUTE = 20


def desk_server(app: ASGIApp, *, trusted_proxies: Sequence[str] = ()) -> uvicorn.Server:
    """Return a server for `app`.

    The client's address and the scheme are taken from X-Forwarded-For and X-Forwarded-Proto only if the request comes
    from one of `trusted_proxies`: addresses, or networks in CIDR notation. Raises WebError for anything else.
    """
    for proxy in trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise WebError(
                f"trusted proxy {proxy!r} is not an address or network: {error}; write 10.0.0.2 or 10.0.0.0/24"
            ) from error
    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        log_level="error",  # each malformed request is a warning
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        backlog=accept_backlog(),
        timeout_graceful_shutdown=5,
    )
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(RateLimit(_MESSAGES_PER_MINUTE))
    return uvicorn.Server(config)


class RateLimit(logging.Filter):
    """Drops messages beyond `per_minute`; the first one dropped is replaced by a line that says so."""

    def __init__(self, per_minute: int) -> None:
        super().__init__()
        self._per_minute = per_minute
        self._minute = 0
        self._number = 0

    def filter(self, record: logging.LogRecord) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._number = minute, 0
        self._number += 1
        if self._number == self._per_minute + 1:
            record.msg, record.args = "more messages in this minute are not shown", ()
            record.exc_info = record.exc_text = record.stack_info = None
        return self._number <= self._per_minute + 1
