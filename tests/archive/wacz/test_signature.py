"""Anonymous signatures: valid for a browser's Web Crypto, and refused after any change."""

import base64
import stat

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from archive import ArchiveError
from archive.wacz import SigningKey, is_signed_by, write_wacz

DIGEST = "sha256:" + "ab" * 32


def test_signature_can_be_checked_with_only_the_public_key(collection, store, tmp_path, opened):
    store("one", "http://news.test/a")
    key = SigningKey.generate()
    write_wacz(tmp_path / "x.wacz", collection, software="Test/1.0", key=key)
    package = opened(tmp_path / "x.wacz")
    signed = package.digest["signedData"]
    assert set(signed) == {"hash", "created", "software", "version", "signature", "publicKey"}
    assert (signed["hash"], signed["created"]) == (package.digest["hash"], package.manifest["created"])
    # The same check as crypto.subtle.verify({name: "ECDSA", hash: "SHA-256"}, spki P-384, signature, hash).
    public = serialization.load_der_public_key(base64.b64decode(signed["publicKey"]))
    raw = base64.b64decode(signed["signature"])
    numbers = int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")
    public.verify(encode_dss_signature(*numbers), signed["hash"].encode(), ec.ECDSA(hashes.SHA256()))
    assert isinstance(public.curve, ec.SECP384R1)
    assert is_signed_by(signed, key.public)


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "sha256:" + "ac" * 32},
        {"signature": base64.b64encode(bytes(96)).decode()},
        {"signature": "not base64"},
        {"signature": ""},
        {"publicKey": SigningKey.generate().public},
        {"publicKey": "AAAA"},
    ],
    ids=["another hash", "zeros", "no base64", "empty", "another key", "no key"],
)
def test_changed_signed_data_is_refused(change):
    signed = SigningKey.generate().signed_data(DIGEST, created="2026-04-01T08:30:00Z", software="Test/1.0")
    assert is_signed_by(signed)
    assert not is_signed_by(signed | change)
    assert not is_signed_by({name: value for name, value in signed.items() if name not in change})


def test_another_public_key_is_refused():
    signed = SigningKey.generate().signed_data(DIGEST, created="2026-04-01T08:30:00Z", software="Test/1.0")
    assert not is_signed_by(signed, SigningKey.generate().public)


def test_key_file_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "keys" / "wacz.pem"
    created = SigningKey.load_or_create(path)
    assert SigningKey.load_or_create(path).public == created.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_without_a_p384_key_is_a_clear_error(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("hello")
    with pytest.raises(ArchiveError, match="has no private key; choose another file"):
        SigningKey.load_or_create(path)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for other in (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)):
        path.write_bytes(other.private_bytes(*form))
        with pytest.raises(ArchiveError, match="not on the curve P-384"):
            SigningKey.load_or_create(path)
    with pytest.raises(ArchiveError, match="cannot"):
        SigningKey.load_or_create(tmp_path / "key.pem" / "below")
