"""The desk's password: stored as a salted hash (scrypt, RFC 7914) and compared in constant time."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self

from crawler.web.errors import WebError

#: scrypt parameters: about 50 ms and 16 MiB per attempt.
_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1
_MARK = "scrypt"


@dataclass(frozen=True, slots=True)
class Password:
    """A hashed password. Its text form, ``scrypt$<salt>$<hash>`` in base64, belongs in settings."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, plain: str) -> Self:
        """Hash a plain password. Raises WebError if it is empty."""
        if not plain:
            raise WebError("the password is empty; choose one of several words")
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(plain, salt))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a setting: the text form of a hash, or a plain password. Raises WebError for a malformed hash."""
        if not text.startswith(f"{_MARK}$"):
            return cls.of(text)
        try:
            _, salt, digest = text.split("$")
            return cls(base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True))
        except (ValueError, binascii.Error) as error:
            raise WebError(
                "the password's hash is malformed; create one with `broadsheet serve --hash-password`"
            ) from error

    def matches(self, plain: str) -> bool:
        """Return True if `plain` is the password. Takes the same time either way."""
        return hmac.compare_digest(self.digest, _digest(plain, self.salt))

    def __str__(self) -> str:
        return "$".join((_MARK, base64.b64encode(self.salt).decode(), base64.b64encode(self.digest).decode()))


def _digest(plain: str, salt: bytes) -> bytes:
    return hashlib.scrypt(plain.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=32)
