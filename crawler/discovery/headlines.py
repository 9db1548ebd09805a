"""Texts of links: a headline leads to an article, a label to a section."""

import re

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def has_cjk(text: str) -> bool:
    """True if `text` has a Chinese, Japanese or Korean character."""
    return _CJK.search(text) is not None


def is_headline(text: str) -> bool:
    """True if the text of a link reads like the title of an article."""
    cjk = len(_CJK.findall(text))
    return cjk >= 8 or (cjk == 0 and len(_WORD.findall(text)) >= 4) or (cjk > 0 and len(text) >= 14)
