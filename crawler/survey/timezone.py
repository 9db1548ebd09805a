"""Inference of a portal's time zone from the UTC offsets it prints and from its country and language."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from crawler.extraction import Document
from crawler.extraction.data.date_words import time_zones
from crawler.extraction.fields.timezone_inference import infer_zone

_ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:?\d\d\b")
_MAIL = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}\b")

#: Zones to try when only an offset is known, those with the largest press first.
_ZONES = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *time_zones().countries.values(),
    *("Europe/Moscow", "America/Sao_Paulo", "America/Mexico_City", "Australia/Sydney"),
)


@dataclass(frozen=True, slots=True)
class InferredZone:
    """A time zone (IANA name), the evidence for it, and whether it is a guess."""

    name: str
    origin: str
    is_guess: bool


def find_offset_times(text: str) -> list[datetime]:
    """Return the times in `text` that have a UTC offset other than zero: servers often print UTC anyway."""
    found = []
    for printed in (*_ISO.findall(text), *_MAIL.findall(text)):
        try:
            moment = parsedate_to_datetime(printed) if " " in printed else datetime.fromisoformat(printed)
        except ValueError:
            continue
        if moment.utcoffset():
            found.append(moment)
    return found


def infer_portal_zone(moments: Sequence[datetime], documents: Iterable[Document]) -> InferredZone | None:
    """Infer the zone from printed offsets, else from country and language; ``None`` without evidence."""
    likely = next((name for document in documents if (name := getattr(infer_zone(document), "key", None))), None)
    offsets = sorted({f"{moment:%z}" for moment in moments})
    printed = f"times are printed with {' and '.join(f'{offset[:3]}:{offset[3:]}' for offset in offsets)}"
    if moments:
        matching = [name for name in dict.fromkeys(filter(None, (likely, *_ZONES))) if _matches(name, moments)]
        if matching:
            return InferredZone(matching[0], printed, is_guess=matching[0] != likely)
    if likely:
        origin = "by the portal's country or language"
        return InferredZone(likely, f"{origin}, though {printed}" if moments else origin, is_guess=True)
    return None


def _matches(name: str, moments: Iterable[datetime]) -> bool:
    zone = ZoneInfo(name)
    return all(moment.astimezone(zone).utcoffset() == moment.utcoffset() for moment in moments)
