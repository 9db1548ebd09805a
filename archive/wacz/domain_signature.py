"""The signature of a WACZ by the owner of a domain, with a timestamp (WACZ Signing and Verification 0.1.0).

The key of the domain's TLS certificate signs the hash as written (ECDSA with SHA-256, DER in base64), and a
time-stamping authority (RFC 3161) stamps the signature as written, so that it stays valid after the certificate.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from archive.dates import parse_date
from archive.errors import ArchiveError
from archive.record import format_date
from archive.trust.timestamps import TimestampError, check_timestamp, read_certificates, request_timestamp
from archive.wacz.signature import VERSION

#: Longest time between the stated creation of a signature and its timestamp.
MAX_DELAY = timedelta(minutes=10)

#: All properties that the data of such a signature may have.
PROPERTIES = frozenset(
    [
        *("hash", "created", "software", "version", "signature", "domain"),
        *("domainCert", "timeSignature", "timestampCert", "crossSignedCert"),
    ]
)

_ALGORITHM = ec.ECDSA(hashes.SHA256())


class DomainKey:
    """The key of a domain's certificate, the certificate with its chain, and the authority that gives timestamps."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        chain: Sequence[x509.Certificate],
        authority: str,
        roots: Sequence[x509.Certificate] = (),
    ) -> None:
        self._key = key
        self._chain = chain
        self._authority = authority
        self._roots = roots
        self.domain = domain_of(chain[0])

    @classmethod
    def load(cls, key: Path, chain: Path, authority: str, roots: Sequence[x509.Certificate] = ()) -> Self:
        """Return the key in the PEM file `key`, with the certificates in `chain`, the domain's first.

        Raises ArchiveError if a file cannot be read, or if key and certificate do not belong together.
        """
        try:
            loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
            certificates = x509.load_pem_x509_certificates(chain.read_bytes())
        except OSError as error:
            raise ArchiveError(f"cannot read: {error.strerror}", file=error.filename) from error
        except (ValueError, TypeError) as error:
            raise ArchiveError(f"is not PEM of a key and certificates: {key}, {chain}") from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ArchiveError("is not an ECDSA key, which the signature of a WACZ needs", file=key)
        if certificates[0].public_key() != loaded.public_key():
            raise ArchiveError(f"is not the key of the first certificate in {chain}", file=key)
        return cls(loaded, certificates, authority, roots)

    @property
    def name(self) -> str:
        """The domain."""
        return self.domain

    def signed_data(self, digest: str, *, created: str, software: str) -> dict[str, str]:
        """Return ``signedData`` for a package whose ``datapackage.json`` has this `digest` (``sha256:...``).

        `created` is ignored: the time of the signature must be close to its timestamp. Raises ArchiveError if the
        certificate is not valid now or the authority gives no timestamp.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        leaf = self._chain[0]
        if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
            raise ArchiveError(f"the certificate of {self.domain} is not valid now", hint="renew it")
        signature = base64.b64encode(self._key.sign(digest.encode(), _ALGORITHM)).decode("ascii")
        _, answer = request_timestamp(self._authority, sha256(signature.encode()).hexdigest(), self._roots)
        return {
            "hash": digest,
            "created": format_date(now),
            "software": software,
            "version": VERSION,
            "signature": signature,
            "domain": self.domain,
            "domainCert": _to_pem(self._chain),
            "timeSignature": base64.b64encode(answer).decode("ascii"),
            "timestampCert": _to_pem(order_chain(read_certificates(answer))),
        }


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """The result of checking a signature: the signer, the time of its timestamp (``None`` for an anonymous one).

    `unchecked` says what was not checked for lack of root certificates.
    """

    signer: str
    signed_at: datetime | None
    unchecked: tuple[str, ...] = ()


def check_domain_signature(
    signed: Mapping[str, Any], domain_roots: Sequence[x509.Certificate], time_roots: Sequence[x509.Certificate]
) -> SignatureCheck:
    """Check a signature by a domain as the specification demands, and return who made it. Raises ArchiveError.

    Without `domain_roots` or `time_roots`, the signatures are checked, but not who issued the certificates.
    """
    unchecked = []
    try:
        chain = x509.load_pem_x509_certificates(str(signed["domainCert"]).encode())
        signature, domain = str(signed["signature"]), str(signed["domain"])
        answer = base64.b64decode(str(signed["timeSignature"]), validate=True)
        _check_signature(chain[0], base64.b64decode(signature, validate=True), str(signed["hash"]))
        created = parse_date(str(signed["created"]))
        crossed = x509.load_pem_x509_certificates(str(signed.get("crossSignedCert") or _to_pem(chain)).encode())
    except (KeyError, ValueError) as error:
        raise ArchiveError(f"the signature has no valid {error.args[0] if error.args else 'value'}") from error
    if domain != domain_of(chain[0]):
        raise ArchiveError(f"the signature names {domain}, but its certificate {domain_of(chain[0])}")
    if crossed[0].public_key() != chain[0].public_key():
        raise ArchiveError("the cross-signed certificate is of another key")
    try:
        stamp = check_timestamp(answer, sha256(signature.encode()).hexdigest(), time_roots)
    except TimestampError as error:
        raise ArchiveError(f"the timestamp of the signature is not valid: {error.what}") from error
    if created is None or abs(stamp.at - created) > MAX_DELAY:
        raise ArchiveError(f"the signature was made at {signed['created']}, but stamped at {format_date(stamp.at)}")
    if not time_roots:
        unchecked.append("who issued the certificate of the timestamp")
    if domain_roots:
        _check_chain(chain, domain, domain_roots, stamp.at)
    else:
        unchecked.append(f"who issued the certificate of {domain}")
    return SignatureCheck(domain, stamp.at, tuple(unchecked))


def _check_signature(certificate: x509.Certificate, signature: bytes, message: str) -> None:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ArchiveError("the certificate of the domain has no ECDSA key")
    try:
        key.verify(signature, message.encode(), _ALGORITHM)
    except InvalidSignature as error:
        raise ArchiveError("the signature was not made with the key of its certificate, or for another file") from error


def _check_chain(
    chain: Sequence[x509.Certificate], domain: str, roots: Sequence[x509.Certificate], when: datetime
) -> None:
    """Raise ArchiveError unless the chain leads to one of the roots and was valid for the domain at that time."""
    builder = PolicyBuilder().store(Store(list(roots))).time(when)
    try:
        builder.build_server_verifier(x509.DNSName(domain)).verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError) as error:
        raise ArchiveError(f"the certificate of {domain} does not lead to a trusted root: {error}") from error


def domain_of(certificate: x509.Certificate) -> str:
    """Return the domain of a certificate: its common name, else its first alternative name; empty without one."""
    if names := certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        return str(names[0].value)
    try:
        names_of = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(names_of.get_values_for_type(x509.DNSName)), "")


def order_chain(certificates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """Return the certificates from the signer's to the root's, each followed by that of its issuer."""
    left = list(certificates)
    issuers = {one.issuer for one in left if one.issuer != one.subject}
    ordered = [one for one in left if one.subject not in issuers][:1]
    while ordered and (issuer := next((one for one in left if one.subject == ordered[-1].issuer), None)):
        if issuer in ordered:
            break
        ordered.append(issuer)
    return ordered or left


def _to_pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode("ascii") for one in certificates)
