"""Flags of an article: repairs made and reasons for caution."""

import re
from datetime import date as Day
from datetime import datetime, timedelta

from crawler.extraction.decode.charset import non_ascii_bytes
from crawler.extraction.document import Document
from crawler.extraction.fields.body import Body
from crawler.extraction.fields.dates import Dates

#: UTF-8 decoded as windows-1252 or GBK, and the traces of U+FFFD decoded that way.
_MOJIBAKE = re.compile(
    r"锟斤拷|烫烫烫|Ã[\x80-\xbf©¤¼¶±¡³º]|â€[™œ\x9d“”¦]|ï¿½|鈥|銆|锛|鐨勬|[æåçèé][\x80-\xbf¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾]{2}"
)
_NOARCHIVE = re.compile(r"\b(?:noarchive|none)\b", re.IGNORECASE)
#: Tolerance for wrong clocks before a date counts as a future date.
_CLOCK_TOLERANCE = timedelta(days=1)
#: Length of a body (characters) below which a page without a date is hardly an article.
_SHORT_BODY = 240
#: Day of the first public web server: no site is older.
_FIRST_DAY = Day(1991, 8, 6)


def find_flags(
    document: Document,
    dates: Dates,
    body: Body | None,
    *,
    site_language: str | None = None,
    site_since: Day | None = None,
) -> tuple[str, ...]:
    """Return the flags of an article in alphabetical order.

    ``injected_links``, ``pinyin_gloss``: found and removed. ``mojibake``: text decoded in a wrong encoding, repaired if
    that is certain. ``future_date``: dated after the capture. ``early_date``: dated before the site, or the web,
    existed. ``noarchive``: the page asks not to be archived. ``low_confidence``: the body may be incomplete or contain
    other text. ``other_language``: not the language of the site. ``oversized``: only the start of the page was read.
    """
    text = body.text if body else ""
    raised = {
        "injected_links": bool(document.injections.found),
        "pinyin_gloss": document.gloss_count > 0,
        "mojibake": document.is_mojibake_repaired or _has_mojibake(text),
        "future_date": _is_future(dates.date, document.captured_at),
        "early_date": dates.date is not None and dates.date[:10] < (site_since or _FIRST_DAY).isoformat(),
        "noarchive": any(
            _NOARCHIVE.search(value) for key in ("robots", "googlebot") for value in document.meta.get(key, ())
        ),
        "low_confidence": body is not None and (not body.is_confident or _is_notice(dates, body)),
        "other_language": bool(site_language and document.language and document.language != site_language),
        "oversized": document.is_truncated,
    }
    return tuple(sorted(flag for flag, is_raised in raised.items() if is_raised))


def _has_mojibake(text: str) -> bool:
    """True if parts of the text look like mojibake."""
    letters = non_ascii_bytes(text.encode("utf-8", "ignore")).decode()
    return (len(_MOJIBAKE.findall(letters)) >= 2 and len(_MOJIBAKE.findall(text)) >= 2) or letters.count("�") > 2


def _is_notice(dates: Dates, body: Body) -> bool:
    """True for a short page without a date, such as "not found" or "please log in"."""
    return dates.date is None and len(body.text) < _SHORT_BODY


def _is_future(date: str | None, captured_at: datetime | None) -> bool:
    """True if the date is after the capture; a date without a timezone is read in that of the capture."""
    if date is None or captured_at is None:
        return False
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=captured_at.tzinfo)
    return moment - captured_at > _CLOCK_TOLERANCE
