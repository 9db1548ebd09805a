"""The anonymous signature: what a browser's Web Crypto checks, and what it refuses."""

import base64
import stat

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from archive import ArchiveError
from archive.wacz import SigningKey, is_signed_by, write_wacz

DIGEST = "sha256:" + "ab" * 32


def test_a_stranger_checks_it_with_the_public_key_alone(collection, store, tmp_path, opened):
    store("one", "http://news.test/a")
    key = SigningKey.new()
    write_wacz(tmp_path / "x.wacz", collection, software="Test/1.0", key=key)
    package = opened(tmp_path / "x.wacz")
    signed = package.digest["signedData"]
    assert set(signed) == {"hash", "created", "software", "version", "signature", "publicKey"}
    assert (signed["hash"], signed["created"]) == (package.digest["hash"], package.manifest["created"])
    # As crypto.subtle.verify({name: "ECDSA", hash: "SHA-256"}, spki P-384, signature, hash) has it.
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
        {"publicKey": SigningKey.new().public},
        {"publicKey": "AAAA"},
    ],
    ids=["another hash", "zeros", "no base64", "empty", "another key", "no key"],
)
def test_what_was_changed_is_refused(change):
    signed = SigningKey.new().signed_data(DIGEST, created="2026-04-01T08:30:00Z", software="Test/1.0")
    assert is_signed_by(signed)
    assert not is_signed_by(signed | change)
    assert not is_signed_by({name: value for name, value in signed.items() if name not in change})


def test_another_makers_key_is_another_maker():
    signed = SigningKey.new().signed_data(DIGEST, created="2026-04-01T08:30:00Z", software="Test/1.0")
    assert not is_signed_by(signed, SigningKey.new().public)


def test_the_key_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "wacz.pem"
    made = SigningKey.kept_in(path)
    assert SigningKey.kept_in(path).public == made.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_such_key_is_a_clear_error(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("hello")
    with pytest.raises(ArchiveError, match="holds no private key; name another file"):
        SigningKey.kept_in(path)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for other in (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)):
        path.write_bytes(other.private_bytes(*form))
        with pytest.raises(ArchiveError, match="not of the curve P-384"):
            SigningKey.kept_in(path)
    with pytest.raises(ArchiveError, match="cannot"):
        SigningKey.kept_in(tmp_path / "key.pem" / "below")
