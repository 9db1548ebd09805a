"""Media types as servers write them, and the one rule for which responses are HTML pages.

The rule holds for crawls, rebuilt items, imports, exports and replay alike: a page has a status of 2xx and a media type
of HTML. If its type is missing, malformed or says nothing, or if it is XML or plain text, its first bytes decide.
"""

import re

#: Bytes at the start of a body that decide if its type says nothing.
SNIFFED_BYTES = 1024

_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
# Types of other documents too: only a document type or a root element of HTML decides.
_GENERAL = frozenset({"application/xml", "text/plain", "text/xml"})
# Types that servers send for files they do not know (WHATWG, MIME Sniffing, section 7), misspellings of HTML, and the
# types of scripts whose output is sent.
_MEANINGLESS = frozenset(
    {
        "",
        "application/force-download",
        "application/html",
        "application/octet-stream",
        "application/unknown",
        "application/x-httpd-php",
        "application/x-unknown",
        "application/x-unknown-content-type",
        "application/xhtml",
        "binary/octet-stream",
        "content/unknown",
        "httpd/unix-directory",
        "text/htm",
        "text/xhtml",
        "unknown/unknown",
    }
)
_TEXTUAL = re.compile(r"text/.+|application/(?:.+\+)?(?:json|xml|javascript|x-javascript|ecmascript)")
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_SEPARATORS = re.compile(r"[;,\s\"']+")
_XHTML_START = re.compile(
    rb"(?>\xef\xbb\xbf|\s|<!--.*?-->|<\?[^>]*>)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_PAGE_START = re.compile(
    rb"(?>\xef\xbb\xbf|\s|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|base"
    rb"|div|p|table|h[1-6]|a|b|br|ul|ol|font|center|iframe|article|section|header|main|nav|span|form|img)\b",
    re.IGNORECASE | re.DOTALL,
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def normalize_media_type(value: str | bytes | None) -> str:
    """Return the first valid media type in a Content-Type header, in lower case; empty without one.

    Accepts any case, quotes, parameters, and types repeated with commas, as in ``text/html,text/html``.
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
    found = (word for word in _SEPARATORS.split(text) if _TYPE.fullmatch(word))
    return next(found, "").lower()


def is_success(status: int | None) -> bool:
    """True for the statuses with which a page can come: 200 to 299."""
    return status is not None and 200 <= status < 300


def may_be_html(content_type: str | bytes | None) -> bool:
    """True if a body of this type is HTML or may prove to be HTML, see `is_html`."""
    kind = normalize_media_type(content_type)
    return kind in _HTML or kind in _MEANINGLESS or kind in _GENERAL


def is_html(content_type: str | bytes | None, start: bytes) -> bool:
    """True if a body is HTML by its Content-Type or, if that says nothing, by its decoded `start`."""
    kind = normalize_media_type(content_type)
    if kind in _MEANINGLESS:
        return looks_like_html(start)
    return kind in _HTML or (kind in _GENERAL and _begins(_XHTML_START, start))


def is_textual(content_type: str | bytes | None) -> bool:
    """True if a body of this type is text."""
    kind = normalize_media_type(content_type)
    return kind in _HTML or _TEXTUAL.fullmatch(kind) is not None


def looks_like_html(start: bytes) -> bool:
    """True if a body that begins with `start` begins as HTML does."""
    return _begins(_XHTML_START, start) or _begins(_PAGE_START, start)


def _begins(pattern: re.Pattern[bytes], start: bytes) -> bool:
    start = start[:SNIFFED_BYTES]
    return pattern.match(start[2:].replace(b"\0", b"") if start.startswith(_UTF16) else start) is not None
