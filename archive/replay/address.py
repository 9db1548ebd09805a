"""The addresses of replay: what a request asks for, and where a capture is found."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote

#: What an address is asked for as, by its modifier: a page, one in a frame of its owner's, a frame within a page; an
#: image, a style sheet, what a sheet draws with (images, fonts), sound and film. The names are those of other archives.
PAGE, FRAMED, INNER, IMAGE, STYLE, DRAWN, MEDIA = "", "mp_", "if_", "im_", "cs_", "ce_", "oe_"

#: Modifiers of whole documents, as against parts of a page.
DOCUMENTS = (PAGE, FRAMED, INNER)

_MEMENTO = re.compile(r"(\d{4,14})((?:mp|if|im|cs|ce|oe)_)?/(.+)", re.DOTALL)
_SCHEME = re.compile(r"(https?):/+", re.IGNORECASE)
# What may stand in a path of ours and in a header's <...>; a per cent sign is one that was sent so.
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class Wanted(StrEnum):
    """What a request asks for: a capture, the nearest to a date it names, a machine's list of all, a person's."""

    MEMENTO = "memento"
    TIMEGATE = "timegate"
    TIMEMAP = "timemap"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """An address below the prefix of replay: ``20260522120000im_/http://www.example.org/a.png``.

    `timestamp` is UTC, 14 digits or, in what people type, the first 4 to 13 of them; it and `modifier` are empty unless
    a capture is `wanted`.
    """

    wanted: Wanted
    url: str
    timestamp: str = ""
    modifier: str = PAGE

    @property
    def moment(self) -> datetime | None:
        """The timestamp as a time, the start of what fewer digits leave open; ``None`` for one no calendar has."""
        filled = self.timestamp + "00000101000000"[len(self.timestamp) :]
        try:
            return datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None


def parse_address(target: str) -> ReplayAddress | None:
    """What `target` asks for, a path below the prefix with its query, percent-encoded; ``None`` for nothing of ours."""
    target = target.lstrip("/")
    if target.startswith("*/"):
        return _address(Wanted.LIST, target[2:])
    if target.startswith("timemap/link/"):
        return _address(Wanted.TIMEMAP, target[len("timemap/link/") :])
    if found := _MEMENTO.fullmatch(target):
        return _address(Wanted.MEMENTO, found[3], found[1], found[2] or PAGE)
    return _address(Wanted.TIMEGATE, target)


def _address(wanted: Wanted, url: str, timestamp: str = "", modifier: str = PAGE) -> ReplayAddress | None:
    # Some proxies make one slash of two; people leave the scheme out.
    url = _SCHEME.sub(lambda scheme: f"{scheme[1].lower()}://", url, count=1)
    if "://" not in url.partition("?")[0]:
        url = f"http://{url}"
    if not url.startswith(("http://", "https://")) or not url.partition("://")[2].strip("/"):
        return None
    return ReplayAddress(wanted, url, timestamp, modifier)


def timestamp_of(moment: datetime) -> str:
    """The 14 digits of `moment`, UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}" + moment.strftime("%m%d%H%M%S")


def quoted(url: str) -> str:
    """`url` as it stands in an address of ours, a header or an attribute: ASCII, nothing that could end it."""
    return quote(url, safe=_SAFE)
