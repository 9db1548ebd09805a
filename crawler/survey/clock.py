"""The time zone a portal's times are in, from the offsets it prints and from its country and language."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from crawler.extraction import Document
from crawler.extraction.data.date_words import COUNTRY_ZONES
from crawler.extraction.fields.timezone_inference import infer_zone

_ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:?\d\d\b")
_MAIL = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}\b")

#: Zones of many people, tried when only an offset is known: those of countries, the largest presses first.
_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", *COUNTRY_ZONES.values(),
          "Europe/Moscow", "America/Sao_Paulo", "America/Mexico_City", "Australia/Sydney")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name, how it was told, and whether that is a guess."""

    name: str
    found: str
    is_guess: bool


def offsets_in(text: str) -> list[datetime]:
    """The moments in a text that are printed with an offset from UTC, Z and +0000 apart: those are a machine's."""
    found = []
    for printed in (*_ISO.findall(text), *_MAIL.findall(text)):
        try:
            moment = parsedate_to_datetime(printed) if " " in printed else datetime.fromisoformat(printed)
        except ValueError:
            continue
        if moment.utcoffset():
            found.append(moment)
    return found


def zone_told(moments: Sequence[datetime], documents: Iterable[Document]) -> Zone | None:
    """The zone that printed offsets, else country and language, tell; ``None`` where nothing does."""
    likely = next((name for one in documents if (name := getattr(infer_zone(one), "key", None))), None)
    offsets = sorted({f"{moment:%z}" for moment in moments})
    printed = f"times are printed with {' and '.join(f'{one[:3]}:{one[3:]}' for one in offsets)}"
    if moments:
        fitting = [name for name in dict.fromkeys(filter(None, (likely, *_ZONES))) if _fits(name, moments)]
        if fitting:
            return Zone(fitting[0], printed, is_guess=fitting[0] != likely)
    if likely:
        told = "by the portal's country or language"
        return Zone(likely, f"{told}, though {printed}" if moments else told, is_guess=True)
    return None


def _fits(name: str, moments: Iterable[datetime]) -> bool:
    zone = ZoneInfo(name)
    return all(moment.astimezone(zone).utcoffset() == moment.utcoffset() for moment in moments)
