"""Addresses in replay: parsing the path of a request, and writing the path of a capture."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from archive.notes import is_note
from archive.replay.periods import start_of_period

#: Modifiers: what the browser needs the capture for. The codes are the same in other web archives.
PAGE = ""
FRAMED_PAGE = "mp_"  # a page in a frame of the application around replay
INNER_FRAME = "if_"  # an iframe or frame in a captured page
IMAGE = "im_"
STYLESHEET = "cs_"
STYLESHEET_RESOURCE = "ce_"  # an image or font that a style sheet uses
MEDIA = "oe_"  # sound and film
SCRIPT = "js_"  # shown as text
RAW = "id_"  # the bytes as received

#: Behind the pattern of a list of URLs, before the key of the last URL on the page before.
AFTER = "*?after="

#: Modifiers of whole documents.
DOCUMENTS = (PAGE, FRAMED_PAGE, INNER_FRAME)

_MODIFIERS = frozenset({FRAMED_PAGE, INNER_FRAME, IMAGE, STYLESHEET, STYLESHEET_RESOURCE, MEDIA, SCRIPT, RAW})
# Modifiers of other web archives for the same things. Any other is ignored, as they do.
_SYNONYMS = {"fw_": INNER_FRAME, "fr_": INNER_FRAME, "vi_": MEDIA, "av_": MEDIA, "au_": MEDIA}
_MEMENTO = re.compile(r"(\d{4,14})([a-z]{2,4}_)?/(.+)", re.DOTALL)
# All times, a period, or a period from the beginning of one to the end of another.
_LIST = re.compile(r"(?:(\d{4,14})?-(\d{4,14})?\*?|(\d{4,14})?\*)/(.+)", re.DOTALL)
_TIMEMAP = re.compile(r"timemap/(link|json)/(?:(\d{14})/)?(.+)", re.DOTALL)
_ENCODED_SCHEME = re.compile(r"(?:urn|https?)%3a", re.IGNORECASE)
_SCHEME = re.compile(r"(https?):/+", re.IGNORECASE)
# Characters that are safe in a path and in the <...> of a header. A per cent sign is already an escape.
_SAFE = "%/:=&?~+#!$,;'@()*[]"


class AddressKind(StrEnum):
    """The target of a replay address."""

    MEMENTO = "memento"  # a capture
    TIMEGATE = "timegate"  # the capture closest to the date in the request's headers
    TIMEMAP = "timemap"  # the list of captures for programs
    JSON_TIMEMAP = "json timemap"
    LIST = "list"  # the list of captures for people


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """An address below replay's prefix: ``20260522120000im_/http://www.example.org/a.png``.

    `timestamp` is UTC: 14 digits, or the first 4 to 13 of them if a person typed it. It is that of a capture, of the
    first on a page of a TimeMap, or with `until` the period of a list. Each is empty if the address has none.
    """

    kind: AddressKind
    url: str
    timestamp: str = ""
    modifier: str = PAGE
    until: str = ""

    @property
    def is_pattern(self) -> bool:
        """True if a list is that of the URLs of a prefix (``http://a.test/b*``) or domain (``http://*.a.test/``)."""
        return self.url.endswith("*") or AFTER in self.url or "://*." in self.url

    @property
    def moment(self) -> datetime | None:
        """The timestamp as a time, missing digits filled with the earliest; ``None`` if there is no such date."""
        try:
            return start_of_period(self.timestamp)
        except ValueError:
            return None


def parse_address(target: str) -> ReplayAddress | None:
    """Parse `target`, a percent-encoded path below the prefix with its query. ``None`` without a valid URL."""
    target = target.lstrip("/")
    if listed := _LIST.fullmatch(target):
        start, end, period, url = listed.groups()
        return _address(AddressKind.LIST, url, period or start or "", until=period or end or "")
    if page := _TIMEMAP.fullmatch(target):
        return _address(AddressKind.TIMEMAP if page[1] == "link" else AddressKind.JSON_TIMEMAP, page[3], page[2] or "")
    if found := _MEMENTO.fullmatch(target):
        modifier = _SYNONYMS.get(found[2] or PAGE, found[2] or PAGE)
        return _address(AddressKind.MEMENTO, found[3], found[1], modifier if modifier in _MODIFIERS else PAGE)
    return _address(AddressKind.TIMEGATE, target)


def _address(
    kind: AddressKind, url: str, timestamp: str = "", modifier: str = PAGE, *, until: str = ""
) -> ReplayAddress | None:
    # Some clients (cdx_toolkit) encode the whole URL; some proxies merge the two slashes; people leave out the scheme.
    if _ENCODED_SCHEME.match(url):
        url = quote_url(unquote(url))
    url = _SCHEME.sub(lambda scheme: f"{scheme[1].lower()}://", url, count=1)
    if is_note(url):
        return ReplayAddress(kind, url, timestamp, modifier, until)
    if "://" not in url.partition("?")[0]:
        url = f"http://{url}"
    if not url.startswith(("http://", "https://")) or not url.partition("://")[2].strip("/"):
        return None
    return ReplayAddress(kind, url, timestamp, modifier, until)


def timestamp_of(moment: datetime) -> str:
    """Return `moment` as 14 digits, UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}" + moment.strftime("%m%d%H%M%S")


def quote_url(url: str) -> str:
    """Percent-encode `url` for a replay address, a header or an attribute: ASCII, without delimiters of those."""
    return quote(url, safe=_SAFE)
