"""Lists of names in bylines of any usual form: "By Jane Doe and John Roe, Harbour Herald"."""

import html
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from crawler.extraction.data import tables
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import BylineWords
from crawler.extraction.fields.names import CONTROL_WORDS
from crawler.extraction.fields.reporters import REPORTER


def byline_words(select: Callable[[BylineWords], Iterable[str]]) -> tuple[str, ...]:
    """Return the words that `select` takes from the byline words of each language."""
    return tables.words_of_all(lambda table: select(table.bylines))


#: Words before a name; each is followed by a blank or a colon.
_OPENERS = any_of(byline_words(lambda words: words.openers))
#: An opener and the names behind it.
BYLINE = re.compile(rf"^{_OPENERS}\s?:?\s+(?P<names>.+)$", re.IGNORECASE)
_OPENER = re.compile(rf"(?:\w+\s)?{_OPENERS}", re.IGNORECASE)
#: The end of a printed byline: a word such as "updated", a number, another label, a separator.
BYLINE_END = re.compile(
    rf"\s{any_of(byline_words(lambda words: words.end_words))}\b|\s\(?\d|\s[^\W\d]+\s?[:：]|\s[|•·–—]\s|\s-\s",
    re.IGNORECASE,
)
_NOT_LETTERS = re.compile(r"\W")
_AND_WORD = rf"{any_of(byline_words(lambda words: words.and_words))}\s"
_NAME_SEPARATOR = re.compile(rf"\s*(?:[,;|、，&•·](?:\s{_AND_WORD})?|\s/\s|\s{_AND_WORD})\s*", re.IGNORECASE)
_PREFIX = any_of(byline_words(lambda words: words.job_prefixes), written_as={"*": r"\w*"})
_TITLE = any_of(byline_words(lambda words: words.job_titles), written_as={"*": r"\w*"})
_JOB_TITLE = re.compile(rf"^(?:{_PREFIX}\s)*{_TITLE}\b.*$", re.IGNORECASE)
#: A job title at the end of a text: "Harbour Herald staff writer".
_ENDS_AS_JOB = re.compile(rf"\s(?:{_PREFIX}\s)*{_TITLE}$", re.IGNORECASE)
#: Addresses, brackets, and the outlet behind a name.
_NOISE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\s*[(\[（【].*?[)\]）】]\s*"
    rf"|\b{any_of(byline_words(lambda words: words.outlet_words))}\s.*$",
    re.IGNORECASE,
)
#: The title of a reporter behind a stated name: 홍길동 기자.
_TITLE_BEHIND = re.compile(rf"\s(?:{REPORTER}|{any_of(byline_words(lambda words: words.titles_behind))})$")
#: Marks around a name, bullets among them.
_FRINGE = ' .,:;-–—|/*"“”„□■●◎○▲◆'
#: A name that begins like the opener of a byline.
_PARTICLE_NAME = re.compile(rf"{any_of(byline_words(lambda words: words.name_particles))}\s\S+$")


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names without those that differ from an earlier one in case or punctuation only."""
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(_NOT_LETTERS.sub("", name).casefold(), name)
    return tuple(seen.values())


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a byline of any usual form, without its opener, job titles, addresses and outlets."""
    return _split_names(text) if len(text) <= 400 else ()


@lru_cache(maxsize=500)
def _split_names(text: str) -> tuple[str, ...]:
    text = html.unescape(html.unescape(text)).strip()
    if re.match(r"(?i)https?://|www\.", text):
        return ()
    opened = BYLINE.match(text)
    text = opened["names"] if opened and not _starts_with_name(text) else text
    names: list[str] = []
    for piece in _NAME_SEPARATOR.split(_NOISE.sub(" ", text)):
        name = _TITLE_BEHIND.sub("", re.sub(r"\s+", " ", piece or "").strip()).strip(_FRINGE)
        if not name or _JOB_TITLE.match(name) or _OPENER.fullmatch(name) or not _could_be_name(name):
            continue
        if names and _ENDS_AS_JOB.search(name):
            continue  # "Jane Doe, Harbour Herald reporter"
        names.append(name)
    return tuple(names)


def _starts_with_name(text: str) -> bool:
    """True if a word that is also an opener begins a name: "Di Stefano", "Da Silva", "De Gaulle"."""
    return _PARTICLE_NAME.match(text) is not None


def _could_be_name(text: str) -> bool:
    if not 2 <= len(text) <= 60 or len(text.split()) > 7 or text in CONTROL_WORDS:
        return False
    return not re.search(r"[<>{}=?!]|\d{3,}", text)
