"""The language of a page: its declaration, checked against the script and the stop words of its text."""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from crawler.extraction.decode.charset import non_ascii_bytes

#: Characters of one line, and half of those of a page, that are sampled for the script; characters sampled for stop
#: words, about four hundred words.
SCRIPT_SAMPLE, STOP_WORD_SAMPLE = 4000, 2500

#: Unicode ranges by script, and the languages written in it, the likeliest first.
_SCRIPTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("kana", r"\u3040-\u30ff", ("ja",)),
    ("hangul", r"\uac00-\ud7af\u1100-\u11ff", ("ko",)),
    ("han", r"\u3400-\u9fff\uf900-\ufaff", ("zh", "ja", "yue", "wuu")),
    ("cyrillic", r"\u0400-\u04ff", ("ru", "uk", "bg", "sr", "be", "mk", "kk", "ky", "mn", "tg", "uz")),
    ("arabic", r"\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", ("ar", "fa", "ur", "ps", "ug", "ckb", "sd")),
    ("hebrew", r"\u0590-\u05ff", ("he", "yi")),
    ("greek", r"\u0370-\u03ff", ("el",)),
    ("thai", r"\u0e00-\u0e7f", ("th",)),
    ("lao", r"\u0e80-\u0eff", ("lo",)),
    ("khmer", r"\u1780-\u17ff", ("km",)),
    ("burmese", r"\u1000-\u109f", ("my",)),
    ("tibetan", r"\u0f00-\u0fff", ("bo", "dz")),
    ("devanagari", r"\u0900-\u097f", ("hi", "mr", "ne")),
    ("bengali", r"\u0980-\u09ff", ("bn", "as")),
    ("tamil", r"\u0b80-\u0bff", ("ta",)),
    ("telugu", r"\u0c00-\u0c7f", ("te",)),
    ("georgian", r"\u10a0-\u10ff", ("ka",)),
    ("armenian", r"\u0530-\u058f", ("hy",)),
    ("mongolian", r"\u1800-\u18af", ("mn",)),
    ("latin", r"A-Za-z\u00c0-\u024f", ()),
)
_PATTERNS = tuple((name, re.compile(f"[{span}]"), langs) for name, span, langs in _SCRIPTS)
_OWNED = {lang for _, _, langs in _SCRIPTS for lang in langs} - {"sr", "uz", "kk", "tg"}

#: Words that are frequent in one language and rare in the others.
_STOP_WORDS = {
    "en": "the and of to in is that for was with are this from have by",
    "de": "der die und das den von ist nicht mit dem ein auf eine auch sich",
    "fr": "le les des et est une dans pour que qui sur pas au du avec",
    "es": "el los las que del por con una para es su como más pero se",
    "it": "il di che è per un una sono della non con del gli dei nel",
    "pt": "o os que do da em um para uma com não dos no na por",
    "nl": "de het een van en dat niet voor met zijn op aan ook bij naar",
    "sv": "och att det som en på är av för med till den inte har ett",
    "da": "og at det er en til af på med for der ikke den har de",
    "no": "og det som er på til av med en for ikke at har den om",
    "fi": "ja on ei että se oli hän mutta myös kun ovat joka mukaan sekä",
    "pl": "i w na z się nie to że do jest o jak przez po od",
    "cs": "a se na je v že to s z do o i jako pro ale",
    "hu": "a az és hogy nem is egy meg de volt csak már mint ez el",
    "ro": "și de la în care cu din pe nu este un mai pentru sunt al",
    "tr": "ve bir bu da de için ile olarak olan çok daha gibi kadar sonra",
    "id": "yang dan di dengan untuk ini itu dari dalam pada tidak akan juga oleh ke",
    "vi": "và của là có được trong cho các một người không với này những đã",
}
#: The languages of each stop word.
_LANGUAGES_OF_WORD: dict[bytes, list[str]] = {}
for _language, _words in _STOP_WORDS.items():
    for _word in _words.encode().split():
        _LANGUAGES_OF_WORD.setdefault(_word, []).append(_language)
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
        language = re.split(r"[-_,;\s]", value.strip().lower())[0]
        if not re.fullmatch(r"[a-z]{2,3}", language):
            continue
        if script is None or language in owners or (script == "latin" and language not in _OWNED):
            if script == "latin" and language == "en" and (better := _guess_by_stop_words(sample)):
                return better
            return "zh" if language in ("yue", "wuu") else language
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
    counts = {name: 0 for name, _, _ in _SCRIPTS}
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
    hits = dict.fromkeys(_STOP_WORDS, 0)
    for word, times in Counter(filter(_LANGUAGES_OF_WORD.__contains__, words)).items():
        for language in _LANGUAGES_OF_WORD[word]:
            hits[language] += times
    best = max(hits, key=lambda language: hits[language])
    return best if hits[best] > 0.08 * len(words) else None
