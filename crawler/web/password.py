"""The desk's password: stored as a salted hash (scrypt, RFC 7914) and compared in constant time."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self

from crawler.web.errors import WebError

_MARK = "scrypt"


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """The parameters of scrypt: `n` is its cost, `r` its block size, `p` its parallelism. It uses 128·n·r bytes."""

    n: int
    r: int
    p: int

    def __str__(self) -> str:
        return f"{self.n}:{self.r}:{self.p}"


#: OWASP's minimum (Password Storage Cheat Sheet): 128 MiB and about 0.3 s per attempt.
COST = ScryptCost(1 << 17, 8, 1)
#: The cost of hashes without one, which earlier versions created.
_OLD_COST = ScryptCost(1 << 14, 8, 1)
#: The highest values accepted, so that a mistyped hash cannot use up the memory.
_HIGHEST = ScryptCost(1 << 20, 16, 16)


@dataclass(frozen=True, slots=True)
class Password:
    """A hashed password.

    Its text form, ``scrypt$<n>:<r>:<p>$<salt>$<hash>`` with the last two in base64, belongs in settings.
    """

    salt: bytes
    digest: bytes
    cost: ScryptCost = COST

    @classmethod
    def of(cls, plain: str, cost: ScryptCost = COST) -> Self:
        """Hash a plain password. Raises WebError if it is empty."""
        if not plain:
            raise WebError("the password is empty; choose one of several words")
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(plain, salt, cost), cost)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a setting: the text form of a hash, or a plain password. Raises WebError for a malformed hash."""
        if not text.startswith(f"{_MARK}$"):
            return cls.of(text)
        try:
            _, *cost, salt, digest = text.split("$")
            return cls(
                base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True), _parse_cost(cost)
            )
        except (ValueError, binascii.Error) as error:
            raise WebError(
                "the password's hash is malformed; create one with `broadsheet serve --hash-password`"
            ) from error

    @property
    def is_weak(self) -> bool:
        """True if the hash costs an attacker less than `COST` to guess."""
        return self.cost.n * self.cost.r * self.cost.p < COST.n * COST.r * COST.p

    def matches(self, plain: str) -> bool:
        """Return True if `plain` is the password. Takes the same time either way."""
        return hmac.compare_digest(self.digest, _digest(plain, self.salt, self.cost))

    def __str__(self) -> str:
        return "$".join(
            (_MARK, str(self.cost), base64.b64encode(self.salt).decode(), base64.b64encode(self.digest).decode())
        )


def _parse_cost(parts: list[str]) -> ScryptCost:
    """Return the cost in the text form of a hash, whose parts before the salt are `parts`. Raises ValueError."""
    if not parts:
        return _OLD_COST
    (text,) = parts
    n, r, p = (int(number) for number in text.split(":"))
    if not (1 < n <= _HIGHEST.n and n & (n - 1) == 0 and 0 < r <= _HIGHEST.r and 0 < p <= _HIGHEST.p):
        raise ValueError(f"scrypt parameters out of range: {text}")
    return ScryptCost(n, r, p)


def _digest(plain: str, salt: bytes, cost: ScryptCost) -> bytes:
    memory = 128 * cost.r * (cost.n + cost.p + 2) + (1 << 20)
    data = plain.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=32)
