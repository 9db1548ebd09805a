"""The character encoding of a page: what its bytes say, before what its labels say.

A browser trusts the HTTP header, then the meta tag. News portals mislabel often enough (UTF-8 under ``gb2312``,
GB18030 under ``utf-8`` or under nothing) that the bytes are asked first, and one stray byte never changes the answer
for the whole page. Labels are those of the WHATWG Encoding Standard, section 4.2.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

#: Bytes at the head of a page in which a browser looks for a meta declaration; ours are longer, as portals' heads are.
PRESCAN = 8192
#: Non-ASCII bytes of a page among which a sample is taken, the sample's size, and the most that one run gives to it.
READ, SAMPLE, LONGEST_RUN = 40_000, 8_000, 2_000
#: Bytes that are tried at a time whether they are UTF-8.
PIECE = 1 << 14

#: WHATWG labels whose Python codec is another one: supersets that lose nothing of the declared set.
_SUPERSETS = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "gb18030": "gb18030", "hz-gb-2312": "hz", "euc-cn": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cp950": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "korean": "cp949", "windows-949": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "unicode": "utf-8", "utf8": "utf-8", "utf-8": "utf-8", "x-user-defined": "cp1252", "windows-1252": "cp1252",
}  # fmt: skip

#: Names as a reader knows them, by Python codec.
_NAMES = {"big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc-kr"}

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_META = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_ASCII = bytes(range(0x80))
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_HIGH_RUN = re.compile(rb"[\x80-\xff](?:[\x00-\xff]?[\x80-\xff])*[\x30-\x7e]?")

#: Bytes of non-ASCII text under which a label is believed if only it decodes.
_FEW = 24
_CHARSET = re.compile(r"(?:cp|iso|koi8|mac|ibm|tis|gb|big5|euc|shift|hz|latin|l\d|windows|viscii|ptcp)[\w.:-]*$")
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"})
_UTF16 = re.compile(rb"(?:\s\0)*<\0[!?a-zA-Z]\0|(?:\0\s)*\0<\0[!?a-zA-Z]")

_PAIR_EUC = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")


class Encoding(NamedTuple):
    """How the bytes of a page are read: Python's codec, the encoding's usual name, the length in bytes of the mark
    before the text, and whether they are UTF-8 without such a mark and without a fault."""

    codec: str
    name: str
    mark: int = 0
    is_sound_utf8: bool = False


def decode(html: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of `html` and the name of the encoding it was read in (see `detect_encoding`); never raises.

    Bytes that the encoding does not know become U+FFFD. A byte order mark is not part of the text.
    """
    found = detect_encoding(html, content_type)
    return html[found.mark :].decode(found.codec, "replace"), found.name


def detect_encoding(html: bytes, content_type: str | None = None) -> Encoding:
    """The encoding of `html`; `content_type` is the value of the HTTP header of that name, if there was one."""
    for mark, codec in _BOMS:
        if html.startswith(mark):
            return Encoding(codec, codec, len(mark))
    if wide := _utf16_without_mark(html):
        return Encoding(wide, wide)
    if _is_utf8(html):
        if b"\x1b" in html and b"\x1b$" in html and "iso-2022-jp" in _declared(html, content_type):
            return Encoding("iso2022_jp", "iso-2022-jp")
        return Encoding("utf-8", "utf-8", is_sound_utf8=True)
    if _is_damaged_utf8(html):
        return Encoding("utf-8", "utf-8")
    codec = _choose(html, content_type)
    return Encoding(codec, _NAMES.get(codec, codec))


def _is_utf8(html: bytes) -> bool:
    """Whether the bytes are sound UTF-8: tried by pieces, for the text of most pages is never wanted whole."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(html), PIECE):
            decoder.decode(html[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(html: bytes) -> str | None:
    """UTF-16 told by its first tag: markup is ASCII, so every second byte of it is zero."""
    if not _UTF16.match(html):
        return None
    return "utf-16-le" if html.lstrip()[:1] == b"<" or html[1:2] == b"\0" else "utf-16-be"


def _is_damaged_utf8(html: bytes) -> bool:
    """Whether good sequences of UTF-8 far outnumber broken ones (a cut, a stray byte, a GBK widget)."""
    text = html.decode("utf-8", "replace")
    broken = text.count("�")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    return sound >= 4 * broken


def _declared(html: bytes, content_type: str | None) -> list[str]:
    """Labels the header and the head of the page declare, in that order, lower-case."""
    labels = [m.lower() for m in _HEADER.findall(content_type or "")]
    labels += [m.decode("ascii").lower() for m in _META.findall(html[:PRESCAN])]
    return labels


def _codecs(labels: Iterable[str]) -> list[str]:
    """Python codecs of declared labels that stand for single- or double-byte sets, other labels left out."""
    found = []
    for label in labels:
        codec = _SUPERSETS.get(label, label.replace("windows-", "cp"))
        if not _CHARSET.match(codec):  # Python has codecs that are no character sets: base64, zlib, idna
            continue
        try:
            b"a".decode(codec)
        except (LookupError, ValueError):
            continue
        if codec not in found:
            found.append(codec)
    return found


def _choose(html: bytes, content_type: str | None) -> str:
    """The codec of bytes that are not UTF-8: a declared one where the bytes bear it out, else the likeliest."""
    sample = _sample(html)
    scores = {codec: score(sample) for codec, score in _SCORES.items()}
    best = max(scores, key=lambda codec: scores[codec])
    for codec in _codecs(_declared(html, content_type)):
        if _is_borne_out(codec, sample, scores, best):
            return codec
    return best


def _is_borne_out(codec: str, sample: bytes, scores: Mapping[str, float], best: str) -> bool:
    """Whether the bytes can be what the page declares: strictly where they are many, and another set fits well."""
    decodable = _decodable(sample, codec)
    if len(sample) < _FEW:
        return decodable > 0.9
    own = scores.get(codec)
    if own is not None:
        return own >= 0.8 * scores[best] and own > 0.1
    # A set we have no statistics of: believed while it decodes, and no set of many bytes a character fits well.
    return decodable > 0.8 and not (best in _MULTIBYTE and scores[best] > 0.6)


def _sample(html: bytes) -> bytes:
    """Non-ASCII runs of a page, a space between them, from all over it: markup says nothing of the encoding."""
    size, runs = 0, []
    for match in _HIGH_RUN.finditer(html):
        start, end = match.span()
        runs.append(html[start : min(end, start + LONGEST_RUN)])
        size += len(runs[-1])
        if size >= READ:
            break
    return b" ".join(runs[:: -(-size // SAMPLE) or 1])


def _decodable(sample: bytes, codec: str) -> float:
    """0 to 1: how little of `sample` the codec fails on; one failure in fifty already counts heavily."""
    text = sample.decode(codec, "replace")
    broken = text.count("�")
    return max(0.0, 1.0 - 10.0 * broken / max(1, len(text)))


def _share(text: str, first: str, last: str, among: Callable[[str], bool]) -> float:
    whole = [c for c in text if among(c)]
    return sum(first <= c <= last for c in whole) / max(1, len(whole))


def _is_high(char: str) -> bool:
    return char > "\x7f"


def _score_gb(sample: bytes) -> float:
    """GB18030: pairs of the first level of GB 2312 (rows B0 to D7, by frequency), and not all in Hangul's rows."""
    pairs: list[bytes] = _PAIR_EUC.findall(sample)
    han = [p[0] for p in pairs if p[0] >= 0xB0]
    if not han:
        return 0.3 * _decodable(sample, "gb18030") if pairs else 0.0
    level1 = sum(row <= 0xD7 for row in han) / len(han)
    hangul_rows = sum(row <= 0xC8 for row in han) / len(han)
    korean = 0.6 if hangul_rows > 0.95 and len(han) > 20 else 0.0
    kana = sum(p[0] in (0xA4, 0xA5) for p in pairs) / len(pairs)
    return max(0.0, level1 - korean - 2 * kana) * _decodable(sample, "gb18030")


def _score_big5(sample: bytes) -> float:
    """Big5: characters of its first level (lead bytes A4 to C6), which a foreign text seldom keeps to."""
    text = sample.decode("big5hkscs", "replace")
    high = [c for c in text if _is_high(c)]
    if not high:
        return 0.0
    encoded = (c.encode("big5hkscs", "ignore") for c in high)
    level1 = sum(len(b) == 2 and 0xA1 <= b[0] <= 0xC6 for b in encoded) / len(high)
    return level1 * _decodable(sample, "big5hkscs")


def _score_sjis(sample: bytes) -> float:
    text = sample.decode("cp932", "replace")
    kana = _share(text, "ぁ", "ヿ", _is_high)
    halfwidth = _share(text, "｡", "ﾟ", _is_high)
    return max(0.0, min(1.0, 2.5 * kana) - 2 * halfwidth) * _decodable(sample, "cp932")


def _score_eucjp(sample: bytes) -> float:
    text = sample.decode("euc_jp", "replace")
    return min(1.0, 2.5 * _share(text, "ぁ", "ヿ", _is_high)) * _decodable(sample, "euc_jp")


def _score_euckr(sample: bytes) -> float:
    pairs: list[bytes] = _PAIR_EUC.findall(sample)
    han = [p[0] for p in pairs if p[0] >= 0xB0]
    if len(han) < 2:
        return 0.0
    hangul_rows = sum(row <= 0xC8 for row in han) / len(han)
    return max(0.0, 10 * hangul_rows - 9) * _decodable(sample, "cp949")


def _score_letters(codec: str, first: str, last: str, usual: str) -> Callable[[bytes], float]:
    """A score for a single-byte set: its letters lie in a row of one script, small after small, not capital after."""

    def score(sample: bytes) -> float:
        text = sample.decode(codec, "replace")
        high = [c for c in text if _is_high(c)]
        if not high:
            return 0.0
        fit = sum((first <= c <= last) or c in usual for c in high) / len(high)
        odd = sum(a.islower() and b.isupper() for a, b in pairwise(text)) / len(high)
        return max(0.0, fit - 2 * odd) * min(1.0, 0.45 * _run_length(sample)) * _decodable(sample, codec)

    return score


def _run_length(sample: bytes) -> float:
    """Mean length of the runs of non-ASCII bytes: near 1 in Latin scripts, a word's in others."""
    runs = _HIGH_BYTES.findall(sample)
    return sum(map(len, runs)) / max(1, len(runs))


def _score_central(sample: bytes) -> float:
    """windows-1250: letters that windows-1252 does not have, among those that both have."""
    text = sample.decode("cp1250", "replace")
    high = [c for c in text if _is_high(c)]
    if not high:
        return 0.0
    usual = sum(c in _CENTRAL for c in high) / len(high)
    own = sum(c in _CENTRAL_ONLY for c in high) / len(high)
    return usual * min(1.0, 0.7 + own) * _decodable(sample, "cp1250")


def _score_western(sample: bytes) -> float:
    """windows-1252: lone accented letters and typographic signs between ASCII; runs of them are another script."""
    high = len(_HIGH.findall(sample))
    if not high:
        return 0.0
    runs = len(_HIGH_BYTES.findall(sample))
    text = sample.decode("cp1252", "replace")
    usual = sum(c in _WESTERN for c in text) / high
    return 0.9 * usual * min(1.0, 1.15 * runs / high) * _decodable(sample, "cp1252")


_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøùúûüÿßÀÂÄÁÃÅÆÇÈÉÊËÍÎÑÓÔÖØÚÜ‘’“”„«»–—…€£©®°·\xa0¡¿ºª•š")
_CENTRAL_ONLY = frozenset("ďěľłńňőřśťůűżźąćęĄČĆĘŁŃŘŚŤŮŻŹčžŽšŠ")
_CENTRAL = _CENTRAL_ONLY | frozenset("áäéíôóöúüýÁÉÍÓÚÝ‘’“”„–—…\xa0«»")

_SCORES: dict[str, Callable[[bytes], float]] = {
    "gb18030": _score_gb,
    "big5hkscs": _score_big5,
    "cp932": _score_sjis,
    "euc_jp": _score_eucjp,
    "cp949": _score_euckr,
    "cp1252": _score_western,
    "cp1250": _score_central,
    "cp1251": _score_letters("cp1251", "А", "я", "ёЁіїєґІЇЄ«»–—…№“”„\xa0"),
    "koi8_r": _score_letters("koi8_r", "А", "я", "ёЁ\xa0"),
    "cp1253": _score_letters("cp1253", "Α", "ώ", "ΆΈΉΊΌ«»–—…’\xa0"),
    "cp1255": _score_letters("cp1255", "א", "ת", "–—…’“”₪\xa0"),
    "cp1256": _score_letters("cp1256", "ء", "ي", "پچژگک،؛؟–—…’“”«»\xa0"),
    "cp874": _score_letters("cp874", "ก", "๛", "–—…’“”\xa0"),
}


def non_ascii_bytes(utf8: bytes) -> bytes:
    """Return the bytes of UTF-8 text that belong to characters beyond ASCII, joined."""
    return utf8.translate(None, _ASCII)
