"""Timestamps of closed files (RFC 3161): proof by a time-stamping authority that a file existed at a time.

The whole answer of the authority is kept, so that ``openssl ts -verify -data FILE -in FILE.tsr`` reads it.
"""

import secrets
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from archive.errors import ArchiveError
from archive.trust.der import encode_request, sort_certificates

#: Longest answer of an authority read, in bytes, and longest wait for it, in seconds.
MAX_ANSWER, TIMEOUT = 1 << 20, 30.0

_SHA256 = "2.16.840.1.101.3.4.2.1"


class TimestampError(ArchiveError):
    """An authority gave no timestamp, or one that is not valid for the file."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A timestamp: the SHA-256 (hexadecimal) it was given for, and the time in UTC."""

    sha256: str
    at: datetime


def request_timestamp(authority: str, sha256: str, roots: Sequence[x509.Certificate] = ()) -> tuple[Timestamp, bytes]:
    """Ask the `authority` (an http or https URL) for a timestamp of a file, check it and return it with the answer.

    Checks status, digest, nonce and, if there are `roots`, signature and certificates. Raises TimestampError.
    """
    nonce = secrets.randbits(63)
    answer = _post(authority, encode_request(bytes.fromhex(sha256), nonce))
    return check_timestamp(answer, sha256, roots, nonce=nonce), answer


def check_timestamp(
    answer: bytes, sha256: str, roots: Sequence[x509.Certificate] = (), *, nonce: int | None = None
) -> Timestamp:
    """Return the timestamp in the answer of an authority. Raises TimestampError unless it is valid for the `sha256`.

    With `roots`, its signer must have a certificate for timestamps that leads to one of them, valid at that time.
    """
    timestamp, response = _parse(answer)
    if timestamp.sha256 != sha256:
        raise TimestampError(f"the timestamp is for another SHA-256: {timestamp.sha256}")
    if nonce is not None and response.tst_info.nonce != nonce:
        raise TimestampError("the timestamp has another nonce than the request: it is an answer to another one")
    if roots:
        from rfc3161_client import VerificationError, VerifierBuilder

        try:
            VerifierBuilder(roots=list(roots)).build().verify(response, bytes.fromhex(sha256))
        except VerificationError as error:
            raise TimestampError(f"the signature of the timestamp cannot be verified: {error}") from error
    return timestamp


def parse_timestamp(answer: bytes) -> Timestamp:
    """Return the timestamp in the answer of an authority, without checking who signed it. Raises TimestampError."""
    return _parse(answer)[0]


def read_certificates(answer: bytes) -> list[x509.Certificate]:
    """Return the certificates in the answer of an authority, in no order. Raises TimestampError."""
    return [x509.load_der_x509_certificate(one) for one in _parse(answer)[1].signed_data.certificates]


def _parse(answer: bytes) -> tuple[Timestamp, Any]:
    try:
        from rfc3161_client import decode_timestamp_response
    except ImportError as error:
        raise ArchiveError("timestamps need rfc3161-client", hint="pip install 'broadsheet[trust]'") from error
    try:
        response = decode_timestamp_response(sort_certificates(answer))
        if response.status not in (0, 1):
            texts = "; ".join(response.status_string) or f"status {response.status}"
            raise TimestampError(f"the authority refused: {texts}")
        info = response.tst_info
        algorithm, digest = info.message_imprint.hash_algorithm.dotted_string, info.message_imprint.message
        found = Timestamp(digest.hex(), info.gen_time)
    except ValueError as error:
        raise TimestampError("the answer is not a timestamp (RFC 3161)") from error
    if algorithm != _SHA256:
        raise TimestampError(f"the timestamp is not for a SHA-256, but for algorithm {algorithm}")
    return found, response


def load_roots(path: Path) -> list[x509.Certificate]:
    """Return the certificates in the PEM file `path`. Raises ArchiveError if it has none or cannot be read."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ArchiveError(f"cannot read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise ArchiveError("has no certificates", file=path, hint="give a PEM file of the authority's roots") from error


def _post(authority: str, query: bytes) -> bytes:
    if not authority.lower().startswith(("http://", "https://")):
        raise TimestampError(f"{authority} is not an http or https URL")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(authority, query, headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            answer: bytes = response.read(MAX_ANSWER)
            return answer
    except urllib.error.HTTPError as error:
        raise TimestampError(f"{authority} answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:  # URLError is an OSError
        reason = getattr(error, "reason", None) or error
        raise TimestampError(f"{authority} gave no answer: {reason}") from error
