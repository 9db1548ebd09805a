"""The anonymous signature of a WACZ (WACZ Signing and Verification 0.1.0): who holds the key made the package.

ECDSA over P-384 with SHA-256 of the hash as it is written, the signature as the two numbers side by side (IEEE P1363):
the form that ReplayWeb.page checks and ArchiveWeb.page makes.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from archive.errors import ArchiveError

#: The version of the signature's form.
VERSION = "0.1.0"

# Bytes of each of the signature's two numbers on this curve.
_NUMBER = 48
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """A private key of P-384. The signature says no name: readers know the maker by the public key alone."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> Self:
        """A key of chance."""
        return cls(ec.generate_private_key(ec.SECP384R1()))

    @classmethod
    def kept_in(cls, path: Path) -> Self:
        """The key in the PEM file `path`; made and kept there, readable by its owner alone, when there is none.

        Raises ArchiveError for a file that holds no such key or cannot be made.
        """
        try:
            return cls(_private_key(path.read_bytes(), path))
        except FileNotFoundError:
            made = cls.new()
        except OSError as error:
            raise ArchiveError(f"cannot read the key: {error.strerror}", file=path) from error
        pem = made._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(fd, "wb") as file:
                file.write(pem)
        except OSError as error:
            raise ArchiveError(f"cannot keep the key: {error.strerror}", file=path) from error
        return made

    @property
    def public(self) -> str:
        """The public key: SubjectPublicKeyInfo in base64."""
        spki = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(spki).decode("ascii")

    def signed_data(self, digest: str, *, created: str, software: str) -> dict[str, str]:
        """The ``signedData`` of a package whose ``datapackage.json`` has the labelled `digest`."""
        r, s = decode_dss_signature(self._key.sign(digest.encode(), _ALGORITHM))
        signature = r.to_bytes(_NUMBER, "big") + s.to_bytes(_NUMBER, "big")
        return {
            "hash": digest,
            "created": created,
            "software": software,
            "version": VERSION,
            "signature": base64.b64encode(signature).decode("ascii"),
            "publicKey": self.public,
        }


def is_signed_by(signed_data: Mapping[str, Any], public: str | None = None) -> bool:
    """Is the anonymous signature in `signed_data` sound, and made with the key `public` when one is given?"""
    try:
        named = str(signed_data["publicKey"])
        raw = base64.b64decode(str(signed_data["signature"]), validate=True)
        key = serialization.load_der_public_key(base64.b64decode(named, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(raw) != 2 * _NUMBER:
            return False
        numbers = int.from_bytes(raw[:_NUMBER], "big"), int.from_bytes(raw[_NUMBER:], "big")
        key.verify(encode_dss_signature(*numbers), str(signed_data["hash"]).encode(), _ALGORITHM)
    except (KeyError, ValueError, InvalidSignature):
        return False
    return public is None or public == named


def _private_key(pem: bytes, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ArchiveError("holds no private key", file=path, hint="name another file for the key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise ArchiveError("the key is not of the curve P-384", file=path, hint="name another file for the key")
    return key
