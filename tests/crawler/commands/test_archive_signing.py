"""Exports signed with a domain's certificate or an anonymous key, and ``broadsheet archive verify-wacz``."""

import base64
import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from time_authority import serve_authority

pytestmark = pytest.mark.slow

KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with serve_authority(tmp_path_factory.mktemp("authority") / "tsa") as authority:
        yield authority


def issue(name, key, issuer=None):
    """Return a certificate as public authorities issue them: of a domain, or of an authority without `issuer`."""
    common = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(common if issuer is None else issuer[0].subject, common, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signing_key = key if issuer is None else issuer[1]
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
    )
    if issuer is None:
        usage = dict.fromkeys(KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


@pytest.fixture(scope="module")
def domain(tmp_path_factory):
    """The folder with key, certificate and root of the domain ``archive.example``, and others that do not fit."""
    folder = tmp_path_factory.mktemp("domain")
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root, other = issue("Root", keys[0]), issue("Root", keys[2])
    leaf = issue("archive.example", keys[1], (root, keys[0]))
    for name, certificates in (("cert", [leaf, root]), ("root", [root]), ("other-root", [other])):
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
        (folder / f"{name}.pem").write_bytes(pem)
    for name, key in (("key", keys[1]), ("other-key", keys[2])):
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(key.private_bytes(*form))
    return folder


@pytest.fixture
def signed(run, captured, domain, authority, tmp_path):
    keys = ("--domain-key", domain / "key.pem", "--domain-cert", domain / "cert.pem")
    out = tmp_path / "signed.wacz"
    time = ("--tsa", authority.url, "--ca", authority.root)
    done = run("archive", "export-wacz", "--out", out, *keys, *time, "--data", captured, "--json")
    assert done.code == 0, done.err
    return out


def signed_data(path):
    with zipfile.ZipFile(path) as package:
        return json.loads(package.read("datapackage-digest.json"))["signedData"]


def change(path, target, **values):
    """Write a copy of a package with other values in its signature; with `manifest`, with a longer manifest."""
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(target, "w") as copy:
        for name in package.namelist():
            data = package.read(name)
            if name == "datapackage-digest.json":
                stated = json.loads(data)
                stated["signedData"] |= values
                data = json.dumps(stated).encode()
            copy.writestr(name, data)
    return target


def test_domain_signature_is_as_the_specification_says(signed, domain, authority, tmp_path):
    data = signed_data(signed)
    with zipfile.ZipFile(signed) as package:
        digest = "sha256:" + sha256(package.read("datapackage.json")).hexdigest()
    assert (data["hash"], data["domain"], data["version"]) == (digest, "archive.example", "0.1.0")
    certificate = x509.load_pem_x509_certificates(data["domainCert"].encode())[0]
    signature = base64.b64decode(data["signature"])
    certificate.public_key().verify(signature, digest.encode(), ec.ECDSA(hashes.SHA256()))
    (tmp_path / "text").write_text(data["signature"])
    (tmp_path / "text.tsr").write_bytes(base64.b64decode(data["timeSignature"]))
    authority.verify(tmp_path / "text", tmp_path / "text.tsr")
    chain = x509.load_pem_x509_certificates(data["timestampCert"].encode())
    assert [one.subject.rfc4514_string() for one in chain] == ["CN=Authority of tests", "CN=Root of tests"]


def test_valid_signatures_are_verified(run, captured, signed, domain, authority, tmp_path):
    roots = ("--domain-ca", domain / "root.pem", "--ca", authority.root)
    done = run("archive", "verify-wacz", signed, *roots, "--json")
    report = json.loads(done.out)
    assert done.code == 0, done.err
    assert (report["signed_by"], report["not_checked"]) == ("archive.example", "")
    assert report["signed_at"]
    assert "who issued the certificate of archive.example" in run("archive", "verify-wacz", signed).text
    anonymous = tmp_path / "anonymous.wacz"
    exported = run("archive", "export-wacz", "--out", anonymous, "--sign", "--data", captured, "--json")
    key = json.loads(exported.out)["public_key"]
    assert run("archive", "verify-wacz", anonymous, "--key", key).code == 0
    assert "of another key" in run("archive", "verify-wacz", anonymous, "--key", "AAAA").err
    run("archive", "export-wacz", "--out", tmp_path / "plain.wacz", "--data", captured)
    plain = run("archive", "verify-wacz", tmp_path / "plain.wacz", "--json")
    assert (plain.code, json.loads(plain.out)["signed_by"]) == (0, None)


def test_changed_package_is_named(run, signed, tmp_path):
    target = tmp_path / "changed.wacz"
    with zipfile.ZipFile(signed) as package, zipfile.ZipFile(target, "w") as copy:
        for name in package.namelist():
            if not name.startswith("indexes/"):
                copy.writestr(
                    name, package.read(name).replace(b"pages", b"PAGES") if "pages/" in name else package.read(name)
                )
    done = run("archive", "verify-wacz", target)
    assert done.code == 1
    assert "pages/pages.jsonl: is not as datapackage.json states" in done.err
    assert "indexes/index.cdx.gz: is missing" in done.err


def other_signature(signed):
    return {"signature": base64.b64encode(base64.b64decode(signed["signature"])[:-1] + b"\0").decode()}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (other_signature, "was not made with the key of its certificate"),
        (lambda signed: {"domain": "other.example"}, "names other.example, but its certificate archive.example"),
        (lambda signed: {"created": "2020-01-01T00:00:00Z"}, "was made at 2020-01-01T00:00:00Z, but stamped at"),
        (lambda signed: {"hash": "sha256:" + "0" * 64}, "the signature is not for sha256:"),
        (lambda signed: {"timeSignature": "AAAA"}, "the timestamp of the signature is not valid"),
        (lambda signed: {"crossSignedCert": signed["timestampCert"]}, "cross-signed certificate is of another key"),
        (lambda signed: {"publicKey": "AAAA"}, "properties that are not allowed: publicKey"),
        (lambda signed: {"domainCert": "none"}, "the signature has no valid"),
    ],
    ids=["signature", "domain", "created", "hash", "timestamp", "crossed", "property", "certificate"],
)
def test_changed_signature_is_refused(run, signed, domain, authority, tmp_path, values, error):
    target = change(signed, tmp_path / "changed.wacz", **values(signed_data(signed)))
    done = run("archive", "verify-wacz", target, "--domain-ca", domain / "root.pem", "--ca", authority.root)
    assert done.code == 1
    assert error in done.err


def test_certificates_must_lead_to_the_given_roots(run, signed, domain, authority):
    for roots in (
        ("--domain-ca", domain / "other-root.pem", "--ca", authority.root),
        ("--domain-ca", domain / "root.pem", "--ca", domain / "root.pem"),
    ):
        assert run("archive", "verify-wacz", signed, *roots).code == 1


def test_wrong_keys_are_refused(run, captured, domain, authority, tmp_path):
    out = ("archive", "export-wacz", "--out", tmp_path / "x.wacz", "--data", captured, "--tsa", authority.url)
    keys = ("--domain-key", domain / "other-key.pem", "--domain-cert", domain / "cert.pem")
    assert "is not the key of the first certificate" in run(*out, *keys).err
    assert run(*out, "--domain-key", domain / "key.pem").code == 2
    assert run(*out, *keys, "--sign").code == 2
    assert not (tmp_path / "x.wacz").exists()
