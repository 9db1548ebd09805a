"""Decides how a captured body is served: in one of a few ways, so that nothing in it can run."""

import re
from enum import Enum

from archive.http import Head
from archive.media import is_html, normalize_media_type
from archive.replay.address import DOCUMENTS, STYLESHEET


class BodyHandling(Enum):
    """The way a body is served."""

    HTML = "text/html"  # rewritten as a page
    CSS = "text/css"  # rewritten as a style sheet
    TEXT = "text/plain"
    MEDIA = "media"  # unchanged, with its media type
    PDF = "application/pdf"  # unchanged, shown by the browser's viewer
    DOWNLOAD = "application/octet-stream"  # unchanged, to be saved


_MEDIA = re.compile(
    r"(?:image|audio|video|font)/[a-z0-9.+-]+|application/(?:x-)?(?:font[a-z-]*|vnd\.ms-fontobject|ogg)"
)
_TEXT = re.compile(r"text/.+|application/(?:.+\+)?(?:json|xml|javascript|x-javascript|ecmascript|rss|atom).*")
_PDF = b"%PDF-"
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.S), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.S), "image/avif"),
    (re.compile(rb"\x00\x00\x01\x00"), "image/x-icon"),
    (re.compile(rb"BM....\0\0\0\0", re.S), "image/bmp"),
    (re.compile(rb"(?>\xef\xbb\xbf|\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)*+<svg[\s>]", re.S), "image/svg+xml"),
)


def choose_handling(head: Head, start: bytes, modifier: str) -> tuple[BodyHandling, str]:
    """Return how to serve a body that begins with `start`, and its media type. `modifier` is that of the request.

    Images are recognized by their first bytes, because servers often label them wrongly. An SVG image that is requested
    as a document is rewritten like a page, because it may have links and scripts.
    """
    label = normalize_media_type(head.get(b"content-type"))
    if modifier == STYLESHEET and not is_html(label, b""):
        return BodyHandling.CSS, "text/css"
    detected = next((name for signature, name in _SIGNATURES if signature.match(start)), "")
    if modifier in DOCUMENTS:
        if is_html(label, start) or "image/svg+xml" in (label, detected):
            return BodyHandling.HTML, "text/html"
        if label == "text/css":
            return BodyHandling.TEXT, "text/plain"
    if modifier not in DOCUMENTS or not label:
        label = detected or label
    if start.startswith(_PDF) and label in ("application/pdf", "application/x-pdf", "application/octet-stream", ""):
        return BodyHandling.PDF, "application/pdf"
    if _MEDIA.fullmatch(label):
        return BodyHandling.MEDIA, label
    if _TEXT.fullmatch(label) or (not label and b"\0" not in start):
        return BodyHandling.TEXT, "text/plain"
    return BodyHandling.DOWNLOAD, "application/octet-stream"
