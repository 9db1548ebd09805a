"""What a captured body is served as: few kinds, none of which can run."""

import re
from enum import Enum

from archive.cdxj import media_type
from archive.http import Head
from archive.replay.address import DOCUMENTS, STYLE


class Served(Enum):
    """A way to serve a body: rewritten as a page or a sheet, as text, as the media it is, or for download."""

    HTML = "text/html"
    CSS = "text/css"
    TEXT = "text/plain"
    MEDIA = "media"
    DOWNLOAD = "application/octet-stream"


_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_MEDIA = re.compile(
    r"(?:image|audio|video|font)/[a-z0-9.+-]+|application/(?:x-)?(?:font[a-z-]*|vnd\.ms-fontobject|ogg)"
)
_TEXT = re.compile(r"text/.+|application/(?:.+\+)?(?:json|xml|javascript|x-javascript|ecmascript|rss|atom).*")
_TAG = re.compile(
    rb"(?>\xef\xbb\xbf|\s|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body|title|meta|div|p|table)\b", re.I | re.S
)
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.S), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.S), "image/avif"),
    (re.compile(rb"\x00\x00\x01\x00"), "image/x-icon"),
    (re.compile(rb"BM....\0\0\0\0", re.S), "image/bmp"),
    (re.compile(rb"(?>\xef\xbb\xbf|\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)*+<svg[\s>]", re.S), "image/svg+xml"),
)


def served_as(head: Head, start: bytes, modifier: str) -> tuple[Served, str]:
    """How a body is served, and its media type; `start` is how it begins, `modifier` what the page wants it for.

    An image is known by its bytes where its label says something else, as servers often do. A drawing is a page of its
    own where it is no part of one: as a page it is written anew, since it may hold links and scripts.
    """
    label = (media_type(head) or "").lower()
    if modifier == STYLE and label not in _HTML:
        return Served.CSS, "text/css"
    seen = next((kind for sign, kind in _SIGNS if sign.match(start)), "")
    if modifier in DOCUMENTS:
        if label in _HTML or "image/svg+xml" in (label, seen) or (not label and _TAG.match(start)):
            return Served.HTML, "text/html"
        if label == "text/css":
            return Served.TEXT, "text/plain"
    if modifier not in DOCUMENTS or not label:
        label = seen or label
    if _MEDIA.fullmatch(label):
        return Served.MEDIA, label
    if _TEXT.fullmatch(label) or (not label and b"\0" not in start):
        return Served.TEXT, "text/plain"
    return Served.DOWNLOAD, "application/octet-stream"
