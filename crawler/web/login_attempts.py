"""Limits on login attempts, by client and for all clients together. Pure: the time is an argument."""

import hashlib
import hmac
import ipaddress
import secrets
from collections import deque
from dataclasses import dataclass, field

#: Attempts a client may make without waiting. Each further one doubles the wait before the next, in seconds.
FREE_ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = 10.0, 900.0

#: Seconds after which a client's failed attempts are forgotten.
FORGET_AFTER = 3600.0

#: Attempts of unknown clients within `WINDOW` seconds after which each further one is delayed by `SLOWED_BY` seconds.
MAX_ATTEMPTS, WINDOW, SLOWED_BY = 50, 300.0, 2.0

#: Seconds a client is known after a login, and the number of clients remembered.
KNOWN_FOR, MAX_KNOWN = 30 * 86_400.0, 1000


@dataclass(slots=True)
class _Failures:
    number: int = 0
    latest: float = 0.0


@dataclass
class LoginAttempts:
    """Login attempts that are not known to have succeeded, by client.

    An attempt is counted before its password is compared, so that attempts made at the same time are limited too. Only
    a client's own attempts make it wait. Attempts of all unknown clients together slow each other down but lock
    no client out; clients that logged in before are not slowed.
    """

    _failures: dict[str, _Failures] = field(default_factory=dict)
    _known: dict[str, float] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_ATTEMPTS))

    def wait(self, client: str, now: float) -> float:
        """Return the seconds until `client` may try again, 0 if it may now."""
        failures = self._failures.get(client)
        if failures is None or failures.number < FREE_ATTEMPTS or failures.latest + FORGET_AFTER <= now:
            return 0.0
        doublings = min(failures.number - FREE_ATTEMPTS, 20)
        wait = min(FIRST_WAIT * float(1 << doublings), LONGEST_WAIT)
        return max(failures.latest + wait - now, 0.0)

    def add(self, client: str, now: float) -> None:
        """Count an attempt, before its password is compared."""
        self._failures = {
            one: failures for one, failures in self._failures.items() if failures.latest + FORGET_AFTER > now
        }
        failures = self._failures.setdefault(client, _Failures())
        failures.number += 1
        failures.latest = now
        if not self.is_known(client, now):
            self._recent.append(now)

    def succeed(self, client: str, now: float) -> None:
        """Forget the attempts of `client`, whose password was right, and remember it as known."""
        self._failures.pop(client, None)
        self._known.pop(client, None)
        self._known[client] = now
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def is_known(self, client: str, now: float) -> bool:
        """True if `client` logged in recently."""
        return client in self._known and self._known[client] + KNOWN_FOR > now

    def slowdown(self, now: float) -> float:
        """Return the seconds by which to delay each comparison for an unknown client."""
        is_busy = len(self._recent) == MAX_ATTEMPTS and self._recent[0] > now - WINDOW
        return SLOWED_BY if is_busy else 0.0


class DeviceMarks:
    """Cookies that identify browsers which have logged in before ("device cookies" of OWASP).

    The attempts of such a browser are counted by themselves: others that share its address, behind one router or one
    proxy, cannot make it wait. A mark opens nothing. It is valid as long as the password stays the same.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"device mark", "sha256")

    def create(self) -> str:
        """Return a new mark."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._sign(name)}"

    def read(self, mark: str) -> str | None:
        """Return the name of the browser with `mark`, or None if we did not create the mark."""
        name, _, signature = mark.partition(".")
        given = signature.encode("utf-8", "surrogatepass")
        return name if hmac.compare_digest(self._sign(name).encode(), given) else None

    def _sign(self, name: str) -> str:
        return hmac.new(self._key, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def client_of(address: str) -> str:
    """Return the client that `address` belongs to: an IPv4 address, or the /64 network of an IPv6 address.

    One customer of a provider has at least a /64 (RFC 6177), so it can use any number of addresses in it.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
