"""The language of a page: its declaration, checked against the letters and the small words of its text."""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from crawler.extraction.decode.charset import non_ascii_bytes

#: Characters of one line, half of those of a page, that are enough to tell a script by; those that tell a language by
#: its small words: some four hundred words.
SAMPLE, SPOKEN = 4000, 2500

#: Unicode ranges by script, and the languages that write in it, the likeliest first.
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

#: Small words that are frequent in one language and rare in the others.
_SMALL_WORDS = {
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
#: Of each small word the languages that have it.
_SPEAKERS: dict[bytes, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in _words.encode().split():
        _SPEAKERS.setdefault(_word, []).append(_language)
_LETTERS = string.ascii_letters.encode()
#: Bytes of UTF-8, those of ASCII in lower case and as spaces where they are no letters; marks between words beyond it.
_SPACED = bytes(byte if byte >= 0x80 or byte in _LETTERS else 0x20 for byte in range(256)).lower()
_MARKS = re.compile(rb"\xc2.|\xe2\x80.|\xe3\x80.|\xef\xbc.", re.DOTALL)


def detect_language(declared: Sequence[str], texts: Iterable[str]) -> str | None:
    """The primary subtag of the page's language; ``None`` where nothing tells it.

    A declaration holds unless the text is in a script that the language is not written in.
    """
    sample = _sample(texts)
    script, owners = _script(sample)
    for value in declared:
        language = re.split(r"[-_,;\s]", value.strip().lower())[0]
        if not re.fullmatch(r"[a-z]{2,3}", language):
            continue
        if script is None or language in owners or (script == "latin" and language not in _OWNED):
            if script == "latin" and language == "en" and (better := _small_words(sample)):
                return better
            return "zh" if language in ("yue", "wuu") else language
    if owners:
        return owners[0]
    return _small_words(sample) if script == "latin" else None


def _sample(texts: Iterable[str]) -> str:
    """Text to judge by: long lines first to hand, for menus are often in another language than the story."""
    size, short, chosen = 0, [], []
    for text in texts:
        if len(text) < 30:
            short.append(text)
            continue
        chosen.append(text[:SAMPLE])
        size += len(text)
        if size >= 2 * SAMPLE:
            break
    return " ".join(chosen)[: 2 * SAMPLE] if size >= 80 else " ".join(short + chosen)[:SAMPLE]


def _script(sample: str) -> tuple[str | None, tuple[str, ...]]:
    counts = _letters_by_script(sample)
    if sum(counts.values()) < 10:
        return None, ()
    if counts["kana"] * 8 > counts["han"] and counts["kana"] > 5:
        return "kana", ("ja",)
    counts["latin"] //= 4  # one ideograph or syllable says as much as a word of letters
    name = max(counts, key=lambda script: counts[script])
    return name, next(langs for script, _, langs in _PATTERNS if script == name)


def _letters_by_script(sample: str) -> dict[str, int]:
    """How many characters of each script a text has; ASCII, most of any page's, counted without a look at each."""
    counts = {name: 0 for name, _, _ in _SCRIPTS}
    octets = sample.encode("utf-8", "ignore")
    counts["latin"] = len(octets) - len(octets.translate(None, _LETTERS))
    for char, number in Counter(non_ascii_bytes(octets).decode()).items():
        if script := _script_of(char):
            counts[script] += number
    return counts


@lru_cache(maxsize=20_000)
def _script_of(char: str) -> str | None:
    return next((name for name, pattern, _ in _PATTERNS if pattern.match(char)), None)


def _small_words(sample: str) -> str | None:
    octets = sample[:SPOKEN].encode("utf-8", "ignore").translate(_SPACED)
    words = (octets if octets.isascii() else _MARKS.sub(b" ", octets)).split()
    if len(words) < 20:
        return None
    spoken = dict.fromkeys(_SMALL_WORDS, 0)
    for word, times in Counter(filter(_SPEAKERS.__contains__, words)).items():
        for language in _SPEAKERS[word]:
            spoken[language] += times
    best = max(spoken, key=lambda language: spoken[language])
    return best if spoken[best] > 0.08 * len(words) else None
