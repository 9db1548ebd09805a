"""Tests on short texts: the name of an outlet, of a person, or the text of a control. The words are in the tables."""

import re

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.scripts import characters_of, combining_marks
from crawler.extraction.data.tables import words_of_all

#: Ideographs, as a part of a character class.
HAN = characters_of("han")
#: Characters within words that are no letters: vowel signs, tone marks, the Tibetan syllable marks.
MARKS = combining_marks() + "་།\u200c\u200d"
#: Ends of outlets' names.
OUTLET_ENDINGS = words_of_all(lambda table: table.outlets.endings)
#: Whole texts of controls; never a name.
CONTROL_WORDS = frozenset(words_of_all(lambda table: table.controls.words))

_NO_VALUE = frozenset(words_of_all(lambda table: table.people.no_value))
_SURNAMES = frozenset("".join(words_of_all(lambda table: table.people.surnames.split())))
_CONTROL_BEGINNING = re.compile(
    any_of(words_of_all(lambda table: table.controls.beginnings))
    + rf"|\d+\s?{any_of(words_of_all(lambda table: table.controls.counted))}",
    re.IGNORECASE,
)
_CONTROL_ENDING = re.compile(
    any_of(words_of_all(lambda table: table.controls.endings)) + r"(?:[（(]\d*[)）]?)?$", re.IGNORECASE
)
_LAST_WORDS = frozenset(words_of_all(lambda table: table.outlets.last_words))
_FIRST_WORDS = frozenset(words_of_all(lambda table: table.outlets.first_words))
_WHOLE_NAMES = frozenset(words_of_all(lambda table: table.outlets.whole_names))
_NOT_OUTLETS = frozenset(words_of_all(lambda table: table.sections.topics))
#: Most words of an outlet's name.
_MOST_WORDS = 6
#: An outlet that prints the name of its host: Ecns.cn.
_HOST_NAME = re.compile(r"(?:www\.)?[\w-]+(?:\.[a-z]{2,4}){1,2}", re.IGNORECASE)
_SENTENCE_MARK = re.compile(r"[。，！？：]")
_HAN_NAME = re.compile(rf"[{HAN}·•‧]+|[{HAN}]\s[{HAN}]")


def cannot_be_name(text: str) -> bool:
    """True if a text is a control's whole text, replaces a missing name (佚名), or has no letters."""
    return text in CONTROL_WORDS or text.lower() in _NO_VALUE or not re.search(r"[^\W_]", text)


def looks_like_control(text: str) -> bool:
    """True if a text begins or ends like the text of a control: "下载客户端", "12条评论"."""
    return _CONTROL_BEGINNING.match(text) is not None or _CONTROL_ENDING.search(text) is not None


def is_outlet_name(text: str) -> bool:
    """True if a text has the ending of an outlet's name and nothing that speaks against it."""
    return (
        2 < len(text) <= 24
        and text.endswith(OUTLET_ENDINGS)
        and not cannot_be_name(text)
        and not _CONTROL_BEGINNING.match(text)
        and not _SENTENCE_MARK.search(text)
    )


def is_person_name(text: str) -> bool:
    """True if a text may be a person's name: a known Han surname and at most four characters, or a Latin capital."""
    if not _HAN_NAME.fullmatch(text):
        return bool(re.match(r"[A-Z]", text))
    return (text[0] in _SURNAMES and len(text) <= 4) or "·" in text


def is_western_outlet(text: str) -> bool:
    """True if a text is the name of an agency, or consists of capitalised words of which one says that it is an outlet.

    The name of a host is one too. "World News" and "Sports Weekly" name sections.
    """
    if text in _WHOLE_NAMES or _HOST_NAME.fullmatch(text):
        return True
    words = text.split()
    if not 2 <= len(words) <= _MOST_WORDS or any(char.isdigit() for char in text):
        return False
    if any(word.islower() and len(word) > 3 for word in words) or words[0].lower() in _NOT_OUTLETS:
        return False
    return words[-1] in _LAST_WORDS or words[0] in _FIRST_WORDS or " ".join(words[-2:]) in _LAST_WORDS
