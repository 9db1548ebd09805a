"""Login sessions. Pure: the time is an argument."""

import hashlib
import secrets
from dataclasses import dataclass, field

#: Seconds a session lasts.
LIFETIME = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """A login. `expires` is in seconds on the caller's clock; `replay_key` gives access to replay.

    Captures are shown in an opaque origin, from which browsers send no cookies. Requests made by such a page are
    recognized by this key in their path instead. The key gives access to replay only.
    """

    expires: float
    replay_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Sessions:
    """The sessions of one running desk, in memory only."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def open(self, now: float) -> str:
        """Open a session and return its token, of which only the hash is stored."""
        self._sessions = {key: one for key, one in self._sessions.items() if one.expires > now}
        token = secrets.token_urlsafe(32)
        self._sessions[_hash(token)] = Session(now + LIFETIME)
        return token

    def find(self, token: str, now: float) -> Session | None:
        """Return the session of `token`, or None if it does not exist or has expired."""
        session = self._sessions.get(_hash(token))
        return session if session is not None and session.expires > now else None

    def has_replay_key(self, key: str, now: float) -> bool:
        """Return True if `key` is the replay key of a session."""
        given = key.encode()
        return any(
            secrets.compare_digest(one.replay_key.encode(), given) and one.expires > now
            for one in self._sessions.values()
        )

    def close(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(_hash(token), None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
