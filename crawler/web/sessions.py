"""Who has logged in, and how often it was tried. Pure: the time is given."""

import hashlib
import secrets
from dataclasses import dataclass, field

#: Seconds a session lasts.
LIFETIME = 12 * 3600

#: Wrong passwords an address may give before it must wait, and all addresses together.
TRIES, TRIES_OF_ALL = 5, 50

#: Seconds until a wrong password is forgotten.
WINDOW = 300


@dataclass(frozen=True, slots=True)
class Session:
    """A login: `expires` in seconds on the clock in use, `replay_key` the name under which its captures are found.

    Captures are shown with an origin that is nobody's, from which browsers send no cookie: what such a page asks for
    is known by this key in its address instead. It opens replay alone.
    """

    expires: float
    replay_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Sessions:
    """The logins of one running desk; none outlives it."""

    def __init__(self) -> None:
        self._held: dict[str, Session] = {}

    def open(self, now: float) -> str:
        """The token of a new session, of which only the hash is kept."""
        self._held = {key: one for key, one in self._held.items() if one.expires > now}
        token = secrets.token_urlsafe(32)
        self._held[_hash(token)] = Session(now + LIFETIME)
        return token

    def find(self, token: str, now: float) -> Session | None:
        """The session of `token`; ``None`` when there is none, or none any more."""
        session = self._held.get(_hash(token))
        return session if session is not None and session.expires > now else None

    def has_replay_key(self, key: str, now: float) -> bool:
        """Whether `key` is that of a session."""
        given = key.encode()
        return any(
            secrets.compare_digest(one.replay_key.encode(), given) and one.expires > now for one in self._held.values()
        )

    def close(self, token: str) -> None:
        """End a session."""
        self._held.pop(_hash(token), None)


class LoginTries:
    """The wrong passwords of late, by address."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[float]] = {}

    def wait(self, address: str, now: float) -> float:
        """Seconds until `address` may try again; 0 where it may now."""
        self._wrong = {
            one: kept for one, times in self._wrong.items() if (kept := [at for at in times if at > now - WINDOW])
        }
        own = self._wrong.get(address, [])
        everyone = sorted(at for times in self._wrong.values() for at in times)
        waits = [
            times[-allowed] + WINDOW - now
            for times, allowed in ((own, TRIES), (everyone, TRIES_OF_ALL))
            if len(times) >= allowed
        ]
        return max([0.0, *waits])

    def wrong(self, address: str, now: float) -> None:
        """Note a wrong password."""
        self._wrong.setdefault(address, []).append(now)

    def right(self, address: str) -> None:
        """Forget the wrong ones of `address`."""
        self._wrong.pop(address, None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
