"""Checks a WACZ: that its files are as its manifest states, and who signed the manifest."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from cryptography import x509

from archive.errors import ArchiveError
from archive.reading.wacz_manifest import MANIFEST, MANIFEST_DIGEST, normalize_path, read_digests
from archive.wacz import domain_signature, signature
from archive.wacz.domain_signature import SignatureCheck, check_domain_signature
from archive.wacz.package import CHUNK_SIZE

COPY_HINT = "get the file again from whoever made it"


def find_changes(path: Path) -> Iterator[ArchiveError]:
    """Yield an error for each file of the WACZ that is missing or not as the manifest states.

    Raises ArchiveError if it is no ZIP file or has no manifest.
    """
    with _open(path) as package:
        digests, wrong = read_digests(package)
        if not digests:
            raise ArchiveError(f"has no {MANIFEST} with digests", file=path, hint=COPY_HINT)
        if wrong:
            yield ArchiveError(wrong, file=path, hint=COPY_HINT)
        names = {normalize_path(name): name for name in package.namelist()}
        for name, stated in digests.items():
            where = f"{path}!/{name}"
            if name not in names:
                yield ArchiveError(f"is missing, but {MANIFEST} lists it", file=where, hint=COPY_HINT)
            elif _digest(package, names[name]) != stated:
                yield ArchiveError(f"is not as {MANIFEST} states", file=where, hint=COPY_HINT)


def check_signature(
    path: Path,
    *,
    public_key: str | None = None,
    domain_roots: Sequence[x509.Certificate] = (),
    time_roots: Sequence[x509.Certificate] = (),
) -> SignatureCheck | None:
    """Return who signed the manifest of the WACZ; ``None`` if it is not signed. Raises ArchiveError.

    An anonymous signature must be of `public_key`, if given. See `check_domain_signature` for the roots.
    """
    with _open(path) as package:
        try:
            stated = json.loads(package.read(MANIFEST_DIGEST))
            digest = f"sha256:{sha256(package.read(MANIFEST)).hexdigest()}"
        except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ArchiveError(f"has no readable {MANIFEST_DIGEST}", file=path, hint=COPY_HINT) from error
    signed = stated.get("signedData") if isinstance(stated, Mapping) else None
    if signed is None:
        return None
    try:
        return _check_signed(signed, digest, public_key, domain_roots, time_roots)
    except ArchiveError as error:
        raise ArchiveError(error.what, file=path, hint=error.hint or COPY_HINT) from error


def _check_signed(
    signed: object,
    digest: str,
    public_key: str | None,
    domain_roots: Sequence[x509.Certificate],
    time_roots: Sequence[x509.Certificate],
) -> SignatureCheck:
    if not isinstance(signed, Mapping) or signed.get("hash") != digest:
        raise ArchiveError(f"the signature is not for {digest}, which {MANIFEST} has")
    is_domain = "domainCert" in signed
    allowed = domain_signature.PROPERTIES if is_domain else signature.PROPERTIES
    if unknown := sorted(signed.keys() - allowed):
        raise ArchiveError(f"the signature has properties that are not allowed: {', '.join(map(str, unknown))}")
    if is_domain:
        return check_domain_signature(signed, domain_roots, time_roots)
    if not signature.is_signed_by(signed):
        raise ArchiveError("the signature was not made with its public key, or for another file")
    if not signature.is_signed_by(signed, public_key):
        raise ArchiveError(f"the signature is of another key: {signed['publicKey']}")
    return SignatureCheck(str(signed["publicKey"]), None, () if public_key else ("whose public key it is",))


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=path) from error
    except zipfile.BadZipFile as error:
        raise ArchiveError("is no WACZ: not a ZIP file, or cut short", file=path, hint=COPY_HINT) from error


def _digest(package: zipfile.ZipFile, name: str) -> str | None:
    """Return the SHA-256 of a file in the package, or ``None`` if it cannot be read."""
    digest = sha256()
    try:
        with package.open(name) as file:
            while piece := file.read(CHUNK_SIZE):
                digest.update(piece)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return None
    return digest.hexdigest()
