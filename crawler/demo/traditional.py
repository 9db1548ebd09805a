"""How a copying site rewrites a Simplified page: Traditional characters, each changed one glossed with its reading."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from pypinyin import Style, pinyin

_TABLE = Path(__file__).parent / "texts" / "traditional.txt"

#: Where a character's usual Traditional form is not the right one. Same length on both sides.
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

#: Changed without a gloss: the copying sites' own tables have such holes.
_UNGLOSSED = frozenset("難兒數體點電")

#: What pypinyin is to do with runs that are no Han characters. It takes a list as well, though its types do not say so.
_ONE_BY_ONE: Any = list

_TEXT = re.compile(r">([^<]+)<")


@cache
def _table() -> dict[int, str]:
    pairs = _TABLE.read_text(encoding="utf-8").split()
    return {ord(pair[0]): pair[1] for pair in pairs}


_PHRASE = re.compile("|".join(_PHRASES))


def to_traditional(text: str) -> str:
    """`text` in Traditional characters, of the same length: one character for each."""
    pieces, end = [], 0
    for found in _PHRASE.finditer(text):
        pieces += [text[end : found.start()].translate(_table()), _PHRASES[found[0]]]
        end = found.end()
    return "".join([*pieces, text[end:].translate(_table())])


def gloss(text: str) -> str:
    """`text` in Traditional characters with pinyin in brackets after those that changed: ``门`` becomes ``門(mén)``."""
    changed = to_traditional(text)
    if changed == text:
        return text
    # The reading in its phrase (行: háng or xíng); what is no Han character comes back as it is, one by one.
    readings = pinyin(text, style=Style.TONE, errors=_ONE_BY_ONE)
    return "".join(
        new if new == old or new in _UNGLOSSED else f"{new}({_reading(new, reading[0])})"
        for old, new, reading in zip(text, changed, readings, strict=True)
    )


@cache
def _reading(character: str, in_phrase: str) -> str:
    # A neutral tone in a phrase (个: ge) is no reading of the character itself.
    known: list[str] = pinyin(character, style=Style.TONE, heteronym=True)[0]
    return in_phrase if in_phrase in known else known[0]


def gloss_page(html: str) -> str:
    """`html` with its text glossed; tags and attributes stay, as on the sites that do this."""
    return _TEXT.sub(lambda found: f">{gloss(found[1])}<", html)
