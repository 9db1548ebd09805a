"""Labelled digests: ours equal those of the standard library, and the notations of other writers are understood."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.digest import matches, sha1_label


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=4))
def test_label_is_sha1_in_base32(pieces):
    digest = hashlib.sha1(b"".join(pieces), usedforsecurity=False).digest()
    assert sha1_label(pieces) == "sha1:" + base64.b32encode(digest).decode()


SHA256 = hashlib.sha256(b"hello").digest()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (sha1_label([b"hello"]), True),
        (sha1_label([b"hello"]).lower().replace("sha1", "SHA-1"), True),
        (sha1_label([b"other"]), False),
        ("sha256:" + SHA256.hex(), True),
        ("sha-256:" + SHA256.hex().upper(), True),
        ("sha256:" + base64.b32encode(SHA256).decode(), True),
        ("sha256:" + base64.b32encode(SHA256).decode().rstrip("="), True),
        ("md5:" + hashlib.md5(b"hello", usedforsecurity=False).hexdigest(), True),
        ("sha1:short", None),
        ("sha1:", None),
        ("crc32:3610a686", None),
        ("", None),
    ],
)
def test_labels_of_other_writers(label, expected):
    assert matches(label, [b"he", memoryview(b"llo")]) is expected
