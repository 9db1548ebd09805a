"""What an article's flags say of its page: things mended, things to beware of."""

import re
from datetime import date as Day
from datetime import datetime, timedelta

from crawler.extraction.decode.charset import non_ascii_bytes
from crawler.extraction.document import Document
from crawler.extraction.fields.body import Body
from crawler.extraction.fields.dates import Dates

#: UTF-8 read as windows-1252 or GBK, and what such reading makes of U+FFFD.
_MOJIBAKE = re.compile(
    r"锟斤拷|烫烫烫|Ã[\x80-\xbf©¤¼¶±¡³º]|â€[™œ\x9d“”¦]|ï¿½|鈥|銆|锛|鐨勬|[æåçèé][\x80-\xbf¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾]{2}"
)
_NOARCHIVE = re.compile(r"\b(?:noarchive|none)\b", re.IGNORECASE)
#: How far a clock may be wrong before a date counts as one of the future.
_AHEAD = timedelta(days=1)
#: Characters of a body without a date below which it is hardly an article.
_NOTICE = 240
#: No site is older: the web's first public server.
_FIRST_DAY = Day(1991, 8, 6)


def find_flags(
    document: Document,
    dates: Dates,
    body: Body | None,
    *,
    site_language: str | None = None,
    site_since: Day | None = None,
) -> tuple[str, ...]:
    """The flags of an article, in alphabetic order.

    ``injected_links`` and ``pinyin_gloss``: found and taken out; ``mojibake``: letters read in a wrong encoding, put
    right where that was certain; ``future_date``: dated after its capture; ``early_date``: before the site's life, or
    the web's; ``noarchive``: the page asks not to be kept; ``low_confidence``: the body may be cut or have more than
    the story in it; ``other_language``: not the site's; ``oversized``: only the page's beginning was read.
    """
    text = body.text if body else ""
    raised = {
        "injected_links": bool(document.injections.found),
        "pinyin_gloss": document.gloss_count > 0,
        "mojibake": document.is_mojibake_repaired or _is_misread(text),
        "future_date": _is_ahead(dates.date, document.captured_at),
        "early_date": dates.date is not None and dates.date[:10] < (site_since or _FIRST_DAY).isoformat(),
        "noarchive": any(
            _NOARCHIVE.search(value) for key in ("robots", "googlebot") for value in document.meta.get(key, ())
        ),
        "low_confidence": body is not None and (not body.confident or _is_notice(dates, body)),
        "other_language": bool(site_language and document.language and document.language != site_language),
        "oversized": document.is_truncated,
    }
    return tuple(sorted(flag for flag, is_raised in raised.items() if is_raised))


def _is_misread(text: str) -> bool:
    """Whether letters of the text were read in a wrong encoding, here and there."""
    letters = non_ascii_bytes(text.encode("utf-8", "ignore")).decode()
    return (len(_MOJIBAKE.findall(letters)) >= 2 and len(_MOJIBAKE.findall(text)) >= 2) or letters.count("�") > 2


def _is_notice(dates: Dates, body: Body) -> bool:
    """Whether a page without a date says hardly anything: that nothing was found, that one must log in."""
    return dates.date is None and len(body.text) < _NOTICE


def _is_ahead(date: str | None, captured_at: datetime | None) -> bool:
    if date is None or captured_at is None:
        return False
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=captured_at.tzinfo)
    return moment - captured_at > _AHEAD
