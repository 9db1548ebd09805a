"""The anonymous signature of a WACZ (WACZ Signing and Verification 0.1.0): it proves that the owner of a key made it.

ECDSA over P-384 with SHA-256. The signed message is the hash as written, ``sha256:...``; the signature is its two
numbers in sequence (IEEE P1363), as ArchiveWeb.page writes and ReplayWeb.page checks it.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from archive.errors import ArchiveError

#: Version of the signature format.
VERSION = "0.1.0"

# Bytes of each of the two numbers of a signature on this curve.
_NUMBER_SIZE = 48
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class Signer(Protocol):
    """A key that signs packages."""

    @property
    def name(self) -> str:
        """The signer, as readers identify it."""
        ...

    def signed_data(self, digest: str, *, created: str, software: str) -> dict[str, str]: ...


class SigningKey:
    """A private key on P-384. The signature has no name; readers identify the signer by the public key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(ec.generate_private_key(ec.SECP384R1()))

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Return the key in the PEM file `path`, or create that file with a new key, readable only by its owner.

        Raises ArchiveError if the file has no P-384 key or cannot be read or created.
        """
        try:
            return cls(_parse_private_key(path.read_bytes(), path))
        except FileNotFoundError:
            created = cls.generate()
        except OSError as error:
            raise ArchiveError(f"cannot read the key: {error.strerror}", file=path) from error
        pem = created._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(fd, "wb") as file:
                file.write(pem)
        except OSError as error:
            raise ArchiveError(f"cannot save the key: {error.strerror}", file=path) from error
        return created

    @property
    def name(self) -> str:
        """The public key."""
        return self.public

    @property
    def public(self) -> str:
        """The public key: SubjectPublicKeyInfo in base64."""
        spki = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(spki).decode("ascii")

    def signed_data(self, digest: str, *, created: str, software: str) -> dict[str, str]:
        """Return ``signedData`` for a package whose ``datapackage.json`` has this `digest` (``sha256:...``)."""
        r, s = decode_dss_signature(self._key.sign(digest.encode(), _ALGORITHM))
        signature = r.to_bytes(_NUMBER_SIZE, "big") + s.to_bytes(_NUMBER_SIZE, "big")
        return {
            "hash": digest,
            "created": created,
            "software": software,
            "version": VERSION,
            "signature": base64.b64encode(signature).decode("ascii"),
            "publicKey": self.public,
        }


#: All properties that the data of an anonymous signature may have.
PROPERTIES = frozenset(("hash", "created", "software", "version", "signature", "publicKey"))


def is_signed_by(signed_data: Mapping[str, Any], public: str | None = None) -> bool:
    """True if the signature in `signed_data` is valid and, if `public` is given, was made with that key."""
    try:
        stated = str(signed_data["publicKey"])
        raw = base64.b64decode(str(signed_data["signature"]), validate=True)
        key = serialization.load_der_public_key(base64.b64decode(stated, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(raw) != 2 * _NUMBER_SIZE:
            return False
        numbers = int.from_bytes(raw[:_NUMBER_SIZE], "big"), int.from_bytes(raw[_NUMBER_SIZE:], "big")
        key.verify(encode_dss_signature(*numbers), str(signed_data["hash"]).encode(), _ALGORITHM)
    except (KeyError, ValueError, InvalidSignature):
        return False
    return public is None or public == stated


def _parse_private_key(pem: bytes, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ArchiveError("has no private key", file=path, hint="choose another file for the key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise ArchiveError("the key is not on the curve P-384", file=path, hint="choose another file for the key")
    return key
