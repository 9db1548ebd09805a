"""Sign-offs at the ends of a story's paragraphs, compiled from the language tables."""

import re
from collections.abc import Callable, Iterable
from functools import cache

from msgspec import Struct

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import SignOffs, words_of_all

#: Pattern that matches nothing, for a list without words.
_NOTHING = "(?!)"
_OPENERS, _CLOSERS = "（([【〔［〖『「《{<＜", "）)]】〕］〗』」》}>＞"
#: An escaped sign or class in a pattern, and the first letter of a word.
_ESCAPE, _FIRST_LETTER = re.compile(r"\\."), re.compile(r"(?<![^\W\d_])[^\W\d_]")


class SignOffPatterns(Struct, frozen=True):
    """Expressions for the original title at the start of a paragraph and the sign-off at its end.

    Every end contains one of the `first_letters` and one of the `signs`, which are much faster to look for.
    """

    start: re.Pattern[str]
    end: re.Pattern[str]
    first_letters: re.Pattern[str]
    signs: re.Pattern[str]
    may_be_ascii: bool  #: false if no end consists of ASCII characters only


@cache
def sign_off_patterns() -> SignOffPatterns:
    """Return the expressions, with the words of all languages."""
    prefix = f"(?:{_any(lambda words: words.prefixes)})?"
    label, title = _any(lambda words: words.labels), _any(lambda words: words.original_title_labels)
    editor, copula = _any(lambda words: words.editor_labels), _any(lambda words: words.copulas)
    home_page = _any(lambda words: words.home_page)
    bracketed = "|".join(_words(lambda words: words.bracketed_patterns)) or _NOTHING
    ends = [
        rf"[{re.escape(_OPENERS)}]{prefix}(?:{label}|{title}(?:{copula})?)\s*(?:[:：]|{copula}).{{1,60}}?"
        rf"[{re.escape(_CLOSERS)}]",
        rf"(?<=[。！？!?”’」』…）)])[\s●○◎■□◆◇★▲▼▶—–_-]*{prefix}{label}\s*[:：|｜丨/／]\s*[^。！？；，]{{1,60}}",
        rf"[—–-]*{editor}\s*[:：]\s*\S{{2,12}}",
        rf"(?:>+\s*)?{_any(lambda words: words.back_to)}.{{1,12}}{home_page}\s*[>》»]*",
        r"(?:【\d{1,2}】\s*)+",
        f"【?(?:{bracketed})】",
        *_words(lambda words: words.end_patterns),
    ]
    listed = _words(lambda words: (*words.labels, *words.editor_labels, *words.original_title_labels, *words.back_to))
    patterns = _words(lambda words: (*words.bracketed_patterns, *words.end_patterns))
    letters = {word[0] for word in listed}.union(*(_FIRST_LETTER.findall(_ESCAPE.sub("", one)) for one in patterns))
    return SignOffPatterns(
        start=re.compile(
            rf"^\s*[（(\[【]{prefix}{title}\s*(?:{copula})?\s*[:：《].{{1,80}}?[）)\]】]\s*",
        ),
        end=re.compile(rf"\s*(?:{'|'.join(ends)})\s*$"),
        first_letters=re.compile(f"[{re.escape(''.join(sorted(letters)))}【]"),
        signs=re.compile(rf"[:：|｜丨/／】]|{copula}|{home_page}"),
        may_be_ascii=any(word.isascii() for word in listed),
    )


def _words(select: Callable[[SignOffs], Iterable[str]]) -> tuple[str, ...]:
    return words_of_all(lambda table: select(table.sign_offs))


def _any(select: Callable[[SignOffs], Iterable[str]]) -> str:
    return any_of(_words(select)) or _NOTHING
