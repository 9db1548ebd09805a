"""Removal of pinyin glosses: readings in brackets that a copying site adds after the characters it converted.

Such a site converts Simplified to Traditional Chinese and adds the reading of each converted character: ``門(mén)``. A
gloss therefore follows a character that Simplified text does not use. An author's own reading aid (``亳(bó)州``,
``A股(gǔ)``), initials, English words, units and other scripts are not glosses and stay.
"""

import re
import unicodedata
from functools import lru_cache

#: A Han character followed by one bracketed syllable. Whether it is a gloss depends on the character's readings; for
#: syllables without a tone mark see `remove_glosses`.
_CANDIDATE = re.compile(
    r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af])[(（]\s*"
    r"([a-zA-ZüÜêÊàáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜńňǹḿ\u0300\u0301\u0304\u0308\u030c:]{1,9})\s*[)）]"
)
_TONES = str.maketrans("àáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_MARKED = frozenset("àáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜńňǹḿ")


#: Characters of GB 2312 that conversion to Traditional nevertheless produces from other characters.
_CONVERTED = frozenset("乾於著徵覆藉麽夥摺硃週裏吒彷後捱榘甯菸薹麴")


def remove_glosses(text: str, *, glossed: bool = False) -> tuple[str, int]:
    """Return `text` without its pinyin glosses, and their number.

    A syllable with a tone mark is removed if it is a reading of the converted character before it. A syllable without
    one (neutral tone: ``們(men)``) could be a word, so it is removed only if the text, or its page (`glossed`), has
    glosses with tone marks.
    """
    if "(" not in text and "（" not in text:
        return text, 0
    if not glossed and not has_glosses(text):
        return text, 0
    count = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal count
        if not _is_converted(match[1]) or not _is_reading(match[1], match[2]):
            return match[0]
        count += 1
        return match[1]

    return _CANDIDATE.sub(drop, text), count


def has_glosses(text: str) -> bool:
    """True if `text` has a certain gloss: a reading with a tone mark after a converted character."""
    return any(
        _has_tone_mark(m[2]) and _is_converted(m[1]) and _is_reading(m[1], m[2]) for m in _CANDIDATE.finditer(text)
    )


@lru_cache(maxsize=20_000)
def _is_converted(char: str) -> bool:
    """True if Simplified text does not use the character: not in GB 2312, or a known exception."""
    return char in _CONVERTED or not char.encode("gb2312", "ignore")


def _has_tone_mark(syllable: str) -> bool:
    return not _MARKED.isdisjoint(unicodedata.normalize("NFC", syllable.lower()))


@lru_cache(maxsize=20_000)
def _is_reading(char: str, syllable: str) -> bool:
    """True if `syllable` is a reading of the character in any tone: tone sandhi and older dictionaries differ."""
    if syllable != syllable.lower():
        return False
    return _strip_tone(syllable) in _look_up_readings(char)


def _strip_tone(syllable: str) -> str:
    return unicodedata.normalize("NFC", syllable).translate(_TONES).replace("u:", "v")


@lru_cache(maxsize=20_000)
def _look_up_readings(char: str) -> frozenset[str]:
    from pypinyin import Style, pinyin  # import takes 250 ms: only for the few pages with glosses

    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    return frozenset(reading.replace("ü", "v") for reading in found[0]) if found else frozenset()
