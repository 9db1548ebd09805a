"""Captures as they were received (modifier ``id_``): bytes and headers, but nothing that a browser would run."""

import re
from collections.abc import Mapping

from archive.capture import Capture
from archive.http import Head
from archive.media import normalize_media_type
from archive.replay.bodies import StoredBody, stored_body

#: Prefix of the headers as received, as in other web archives.
ORIGINAL = "X-Archive-Orig-"

#: Headers that describe the body and are sent unchanged too.
_DESCRIPTIVE = ("content-type", "content-language", "last-modified")
#: Codings that HTTP clients know.
_KNOWN_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})
# Types that browsers show without running or requesting anything.
_INERT = re.compile(
    r"(?:image/(?!svg)|audio/|video/|font/)[a-z0-9.+-]+|text/(?:plain|css|csv)|application/(?:json|pdf)"
)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def raw_body(capture: Capture, accepted: str | None) -> tuple[StoredBody, str]:
    """Return the body as received and its content coding, empty if it has none.

    It is decoded if the client does not accept the coding (`accepted` is its Accept-Encoding header), or if the body is
    not in the coding that its head states.
    """
    codings = capture.head.codings(b"content-encoding")
    if not codings:
        return stored_body(capture), ""
    is_known = all(coding in _KNOWN_CODINGS for coding in codings)
    is_accepted = accepted is None or all(_accepts(accepted, coding) for coding in codings)
    if is_known and is_accepted and capture.body() != capture.payload():
        return stored_body(capture, decoded=False), ", ".join(codings)
    return stored_body(capture), ""


def raw_headers(head: Head) -> Mapping[str, str]:
    """Return the headers of a capture as received, each with the prefix `ORIGINAL`, and those that describe its body.

    A body that a browser would run or whose links it would follow is marked for saving.
    """
    headers: dict[str, str] = {}
    for name, value in head.fields:
        if _NAME.fullmatch(name):
            text = _to_text(value)
            key = f"{ORIGINAL}{name.decode('ascii')}"
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    for described in _DESCRIPTIVE:
        if first := head.get(described.encode()):
            headers[described] = _to_text(first)
    if not _INERT.fullmatch(normalize_media_type(head.get(b"content-type"))):
        headers["Content-Disposition"] = "attachment"
    return headers


def _to_text(value: bytes) -> str:
    return _CONTROL.sub(b" ", value).decode("latin-1")


def _accepts(accepted: str, coding: str) -> bool:
    """True if an Accept-Encoding header allows `coding`."""
    for word in accepted.lower().split(","):
        name, _, quality = word.partition(";")
        if name.strip() in (coding.removeprefix("x-"), coding, "*"):
            return not re.fullmatch(r"\s*q\s*=\s*0(?:\.0*)?\s*", quality)
    return False
