"""Pinyin glosses: readings that a copying site put in brackets behind the characters it changed.

Such a site turns Simplified text into Traditional and glosses each character it changed: ``門(mén)``. A gloss is
therefore a reading, behind a character that Simplified text does not have. An author's own reading aid (``亳(bó)州``,
``A股(gǔ)``), initials, English words, units and other scripts are no glosses and stay.
"""

import re
import unicodedata
from functools import lru_cache

#: A Han character, a bracket after it, and in it one syllable that bears a tone mark: a sequence so rare in print that
#: the reading decides the rest. Toneless syllables are weighed in `remove_glosses`.
_GLOSS = re.compile(
    r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af])[(（]\s*"
    r"([a-zA-ZüÜêÊàáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜńňǹḿ\u0300\u0301\u0304\u0308\u030c:]{1,9})\s*[)）]"
)
_TONES = str.maketrans("àáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_MARKED = frozenset("àáāǎèéēěìíīǐòóōǒùúūǔǖǘǚǜńňǹḿ")


#: Characters that GB 2312 has and that conversion to Traditional nevertheless puts in the place of another.
_CONVERTED = frozenset("乾於著徵覆藉麽夥摺硃週裏吒彷後捱榘甯菸薹麴")


def remove_glosses(text: str, *, glossed: bool = False) -> tuple[str, int]:
    """`text` without its pinyin glosses, and how many there were.

    A syllable with a tone mark goes where it is a reading of the changed character before it. One without a mark
    (light tones: ``們(men)``) could be a word; it goes only where the text, or by `glossed` its page, has marked ones.
    """
    if "(" not in text and "（" not in text:
        return text, 0
    if not glossed and not has_glosses(text):
        return text, 0
    count = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal count
        if not _is_changed(match[1]) or not _is_reading(match[1], match[2]):
            return match[0]
        count += 1
        return match[1]

    return _GLOSS.sub(drop, text), count


def has_glosses(text: str) -> bool:
    """Whether `text` has a gloss beyond doubt: a reading with its tone mark behind a changed character."""
    return any(_bears_tone(m[2]) and _is_changed(m[1]) and _is_reading(m[1], m[2]) for m in _GLOSS.finditer(text))


@lru_cache(maxsize=20_000)
def _is_changed(char: str) -> bool:
    """Whether the character is none of Simplified print: not in GB 2312, or a known exception."""
    return char in _CONVERTED or not char.encode("gb2312", "ignore")


def _bears_tone(syllable: str) -> bool:
    return not _MARKED.isdisjoint(unicodedata.normalize("NFC", syllable.lower()))


@lru_cache(maxsize=20_000)
def _is_reading(char: str, syllable: str) -> bool:
    """Whether `syllable` is one of the character's readings; its tone must match where it bears one.

    A mark that is one of the character's syllables in another tone still counts: sandhi and older dictionaries differ.
    """
    if syllable != syllable.lower():
        return False
    return _toneless(syllable) in _readings(char)


def _toneless(syllable: str) -> str:
    return unicodedata.normalize("NFC", syllable).translate(_TONES).replace("u:", "v")


@lru_cache(maxsize=20_000)
def _readings(char: str) -> frozenset[str]:
    from pypinyin import Style, pinyin  # a quarter of a second, for the few pages that have glosses

    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    return frozenset(reading.replace("ü", "v") for reading in found[0]) if found else frozenset()
