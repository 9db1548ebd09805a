"""The language of a page: its declaration, checked against the script and the stop words of its text."""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from crawler.extraction.data.scripts import scripts
from crawler.extraction.data.tables import by_precedence, language
from crawler.extraction.decode.charset import non_ascii_bytes

#: Characters of one line, and half of those of a page, that are sampled for the script; characters sampled for stop
#: words, about four hundred words.
SCRIPT_SAMPLE, STOP_WORD_SAMPLE = 4000, 2500


_TABLE = scripts()
_PATTERNS = tuple((one.name, re.compile(f"[{one.characters}]"), one.languages) for one in _TABLE.scripts)
_NOT_LATIN = {code for one in _TABLE.scripts for code in one.languages}.difference(_TABLE.also_latin)

#: Languages with stop words. If two have equally many in a text, the first is chosen.
_STOP_WORD_LANGUAGES = [code for code, one in by_precedence() if one.detection.stop_words]
#: The languages of each stop word.
_LANGUAGES_OF_WORD: dict[bytes, list[str]] = {}
for _code in _STOP_WORD_LANGUAGES:
    for _word in language(_code).detection.stop_words:
        _LANGUAGES_OF_WORD.setdefault(_word.encode(), []).append(_code)
_LETTERS = string.ascii_letters.encode()
#: Translation of UTF-8 bytes: ASCII letters to lower case, other ASCII to spaces. `_MARKS` are non-ASCII separators.
_WORDS_ONLY = bytes(byte if byte >= 0x80 or byte in _LETTERS else 0x20 for byte in range(256)).lower()
_MARKS = re.compile(rb"\xc2.|\xe2\x80.|\xe3\x80.|\xef\xbc.", re.DOTALL)


def detect_language(declared: Sequence[str], texts: Iterable[str]) -> str | None:
    """Return the primary subtag of the page's language, or ``None`` if it is unknown.

    The first declared language counts that can be written in the script of `texts`.
    """
    sample = _take_sample(texts)
    script, owners = _find_script(sample)
    for value in declared:
        code = re.split(r"[-_,;\s]", value.strip().lower())[0]
        if not re.fullmatch(r"[a-z]{2,3}", code):
            continue
        if script is None or code in owners or (script == "latin" and code not in _NOT_LATIN):
            if script == "latin" and language(code).detection.is_template_default:
                code = _guess_by_stop_words(sample) or code
            return _TABLE.reported_as.get(code, code)
    if owners:
        return owners[0]
    return _guess_by_stop_words(sample) if script == "latin" else None


def _take_sample(texts: Iterable[str]) -> str:
    """Return text to judge by, from long lines first: menus are often in another language than the story."""
    size, short, chosen = 0, [], []
    for text in texts:
        if len(text) < 30:
            short.append(text)
            continue
        chosen.append(text[:SCRIPT_SAMPLE])
        size += len(text)
        if size >= 2 * SCRIPT_SAMPLE:
            break
    return " ".join(chosen)[: 2 * SCRIPT_SAMPLE] if size >= 80 else " ".join(short + chosen)[:SCRIPT_SAMPLE]


def _find_script(sample: str) -> tuple[str | None, tuple[str, ...]]:
    counts = _count_letters_by_script(sample)
    if sum(counts.values()) < 10:
        return None, ()
    if counts["kana"] * 8 > counts["han"] and counts["kana"] > 5:
        return "kana", ("ja",)
    counts["latin"] //= 4  # one ideograph or syllable is worth a word of letters
    name = max(counts, key=lambda script: counts[script])
    return name, next(langs for script, _, langs in _PATTERNS if script == name)


def _count_letters_by_script(sample: str) -> dict[str, int]:
    """Count the characters of each script in a text. ASCII, most of any page, is counted without a loop."""
    counts = {name: 0 for name, _, _ in _PATTERNS}
    encoded = sample.encode("utf-8", "ignore")
    counts["latin"] = len(encoded) - len(encoded.translate(None, _LETTERS))
    for char, number in Counter(non_ascii_bytes(encoded).decode()).items():
        if script := _script_of(char):
            counts[script] += number
    return counts


@lru_cache(maxsize=20_000)
def _script_of(char: str) -> str | None:
    return next((name for name, pattern, _ in _PATTERNS if pattern.match(char)), None)


def _guess_by_stop_words(sample: str) -> str | None:
    encoded = sample[:STOP_WORD_SAMPLE].encode("utf-8", "ignore").translate(_WORDS_ONLY)
    words = (encoded if encoded.isascii() else _MARKS.sub(b" ", encoded)).split()
    if len(words) < 20:
        return None
    hits = dict.fromkeys(_STOP_WORD_LANGUAGES, 0)
    for word, times in Counter(filter(_LANGUAGES_OF_WORD.__contains__, words)).items():
        for code in _LANGUAGES_OF_WORD[word]:
            hits[code] += times
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] > 0.08 * len(words) else None
