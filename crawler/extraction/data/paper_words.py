"""Words around the pages of newspapers, compiled from ``paper_words.toml``."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.table_file import Table, load_table

_CODE = r"[A-Z]{0,2}-?\d{1,3}"
_JOINT = r"[\s:\uff1a\xb7\u2022.\u2013\u2014|\uff5c_-]*"
_COLON = r"[:\uff1a]"
_OPEN, _CLOSE = r"[(\uff08:\uff1a\[\u3010]", r"[)\uff09\]\u3011]"
#: Letters of scripts without blanks, which may follow a number directly.
_UNSPACED = r"[^\W\dA-Za-z_]"


class _PaperTable(Table, frozen=True):
    signs: tuple[str, ...]
    ordinal: tuple[str, ...]
    numerals: str
    words: tuple[str, ...]
    keys: tuple[str, ...]
    beside: tuple[str, ...]
    controls: tuple[str, ...]
    files: tuple[str, ...]


class PaperWords(NamedTuple):
    """Compiled patterns. Those of labels have the groups ``page`` and ``name``.

    `sure` match texts that say that they are the label of a page, `likely` those of links that are known to lead to
    pages, `numbered` the rest of a page's URL behind that of its issue. `printed` finds labels within a text; ``code``
    is the number of one without an ordinal. `signs` are the letters that one of them has.
    """

    sure: tuple[re.Pattern[str], ...]
    likely: tuple[re.Pattern[str], ...]
    numbered: re.Pattern[str]
    printed: re.Pattern[str]
    signs: tuple[str, ...]
    beside: re.Pattern[str]
    controls: re.Pattern[str]
    file: re.Pattern[str]


@cache
def paper_words() -> PaperWords:
    """Return the patterns."""
    table = load_table(Path(__file__).with_suffix(".toml"), _PaperTable)
    sign, ordinal, word = any_of(table.signs), any_of(table.ordinal), any_of(table.words)
    number = rf"(?:{_CODE}|[{table.numerals}]{{1,3}})"
    sure = (
        rf"\W*{ordinal}?\s*(?P<page>{number})\s*{sign}{_JOINT}(?P<name>[^:\uff1a]*?)\W*",
        rf"\W*(?P<name>[^\d:\uff1a]{{1,16}}?)\s*{_OPEN}?\s*{ordinal}?\s*(?P<page>{_CODE})\s*{sign}\W*",
        rf"\W*{word}\s*(?P<page>{_CODE}){_JOINT}(?P<name>.*?)\W*",
    )
    likely = (
        rf"\W*(?P<page>{_CODE})(?:\s*{_COLON}\s*|\s*[\xb7\u2022.\u2013\u2014|\uff5c_-]\s*|\s*{_CLOSE}\s*|\s+"
        rf"|(?={_UNSPACED}))(?P<name>\D*?)\W*",
        rf"\W*(?P<page>{_CODE})\W*(?P<name>)",
        rf"\W*(?P<name>\D{{1,30}}?)(?:\s|{_OPEN})+(?P<page>{_CODE})\W*",
    )
    printed = (
        rf"(?:{ordinal}\s*(?P<page>{number})\s*{sign}|(?<![\w-])(?P<code>{_CODE})\s*{sign}\s*(?={_COLON}))"
        rf"\s*{_COLON}?\s*(?P<name>[^\W\d_]{{1,12}}(?![^\W\d_]))?"
    )
    keys = any_of(table.keys)
    numbered = rf"[?&]{keys}=\w{{1,12}}|(?:{keys}[-_/]?)?[A-Z]{{0,2}}\d{{1,3}}(?:\.\w{{1,5}})?/?"
    return PaperWords(
        sure=tuple(re.compile(one, re.IGNORECASE) for one in sure),
        likely=tuple(map(re.compile, likely)),
        numbered=re.compile(numbered, re.IGNORECASE),
        printed=re.compile(printed),
        signs=table.signs,
        beside=re.compile(rf"\W*{any_of(table.beside)}\W*", re.IGNORECASE),
        controls=re.compile(any_of(table.controls), re.IGNORECASE),
        file=re.compile(rf"\.{any_of(table.files)}$", re.IGNORECASE),
    )
