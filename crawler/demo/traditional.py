"""Rewrites a page in Simplified Chinese as copying sites do: Traditional characters with pinyin glosses."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from pypinyin import Style, pinyin

_TABLE = Path(__file__).parent / "texts" / "traditional.txt"

#: Phrases in which the usual Traditional form of a character is wrong. Both sides have the same length.
_PHRASES = {
    "公里": "公里",
    "干粮": "乾糧",
    "饼干": "餅乾",
    "舍不得": "捨不得",
    "只鹤": "隻鶴",
    "两只": "兩隻",
    "几只": "幾隻",
    "制作": "製作",
    "采摘": "採摘",
    "每周": "每週",
    "周末": "週末",
    "周五": "週五",
    "周飞": "週飛",
    "口感面": "口感麵",
    "旅游": "旅遊",
    "游客": "遊客",
}

#: Characters that get no gloss, because the tables of copying sites have such gaps.
_UNGLOSSED = frozenset("難兒數體點電")

#: Makes pypinyin return other than Han characters one by one. It accepts any callable; its types do not say so.
_ONE_BY_ONE: Any = list

_TEXT = re.compile(r">([^<]+)<")


@cache
def _table() -> dict[int, str]:
    pairs = _TABLE.read_text(encoding="utf-8").split()
    return {ord(pair[0]): pair[1] for pair in pairs}


_PHRASE = re.compile("|".join(_PHRASES))


def to_traditional(text: str) -> str:
    """Return `text` in Traditional characters, one for each character."""
    pieces, end = [], 0
    for found in _PHRASE.finditer(text):
        pieces += [text[end : found.start()].translate(_table()), _PHRASES[found[0]]]
        end = found.end()
    return "".join([*pieces, text[end:].translate(_table())])


def gloss(text: str) -> str:
    """Return `text` in Traditional characters, with a gloss after those that changed: ``门`` becomes ``門(mén)``."""
    changed = to_traditional(text)
    if changed == text:
        return text
    # Readings depend on the phrase (行: háng or xíng). Other than Han characters are returned unchanged.
    readings = pinyin(text, style=Style.TONE, errors=_ONE_BY_ONE)
    return "".join(
        new if new == old or new in _UNGLOSSED else f"{new}({_reading(new, reading[0])})"
        for old, new, reading in zip(text, changed, readings, strict=True)
    )


@cache
def _reading(character: str, in_phrase: str) -> str:
    # A neutral tone in a phrase (个: ge) is not a reading of the character on its own.
    known: list[str] = pinyin(character, style=Style.TONE, heteronym=True)[0]
    return in_phrase if in_phrase in known else known[0]


def gloss_page(html: str) -> str:
    """Return `html` with its text glossed. Tags and attributes are unchanged, as on copying sites."""
    return _TEXT.sub(lambda found: f">{gloss(found[1])}<", html)
