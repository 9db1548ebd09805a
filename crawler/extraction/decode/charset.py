"""Detection of a page's character encoding: from its bytes first, then from its labels.

Browsers trust the HTTP header, then the meta tag. News portals mislabel often enough (UTF-8 as ``gb2312``, GB18030 as
``utf-8`` or without a label) that the bytes take precedence here, and one stray byte never changes the encoding of the
whole page. Labels are those of the WHATWG Encoding Standard, section 4.2.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

#: Number of bytes at the start of a page that are searched for a meta declaration. More than the 1024 that browsers
#: read, since the heads of portals are long.
PRESCAN = 8192
#: Number of non-ASCII bytes of a page that are read, size of the sample taken from them, and most bytes of one run.
READ, SAMPLE, LONGEST_RUN = 40_000, 8_000, 2_000
#: Number of bytes decoded at a time to check for UTF-8.
PIECE = 1 << 14

#: Python codecs of WHATWG labels: supersets that contain every character of the declared encoding.
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

#: Common names of encodings by Python codec.
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

#: Size of a sample (bytes) below which a label is trusted if the sample decodes.
_SMALL_SAMPLE = 24
#: Share of the best score from which a label is trusted.
_FITTING = 0.8
_CHARSET = re.compile(r"(?:cp|iso|koi8|mac|ibm|tis|gb|big5|euc|shift|hz|latin|l\d|windows|viscii|ptcp)[\w.:-]*$")
_MULTIBYTE = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"})
_UTF16 = re.compile(rb"(?:\s\0)*<\0[!?a-zA-Z]\0|(?:\0\s)*\0<\0[!?a-zA-Z]")

_PAIR_EUC = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")


class Encoding(NamedTuple):
    """An encoding: Python codec, common name and length (bytes) of the byte order mark.

    `is_valid_utf8` is true for valid UTF-8 without a byte order mark.
    """

    codec: str
    name: str
    mark: int = 0
    is_valid_utf8: bool = False


def decode(html: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Return the text of `html` and the name of its encoding (see `detect_encoding`); never raises.

    Bytes that are invalid in the encoding become U+FFFD. A byte order mark is not part of the text.
    """
    found = detect_encoding(html, content_type)
    return html[found.mark :].decode(found.codec, "replace"), found.name


def detect_encoding(html: bytes, content_type: str | None = None) -> Encoding:
    """Return the encoding of `html`; `content_type` is the value of that HTTP header, if any."""
    for mark, codec in _BOMS:
        if html.startswith(mark):
            return Encoding(codec, codec, len(mark))
    if utf16 := _find_utf16_without_mark(html):
        return Encoding(utf16, utf16)
    if _is_utf8(html):
        if b"\x1b" in html and b"\x1b$" in html and "iso-2022-jp" in _find_labels(html, content_type):
            return Encoding("iso2022_jp", "iso-2022-jp")
        return Encoding("utf-8", "utf-8", is_valid_utf8=True)
    if _is_damaged_utf8(html):
        return Encoding("utf-8", "utf-8")
    codec = _choose_codec(html, content_type)
    return Encoding(codec, _NAMES.get(codec, codec))


def _is_utf8(html: bytes) -> bool:
    """True if the bytes are valid UTF-8. Decoded in pieces, since most callers never need the whole text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(html), PIECE):
            decoder.decode(html[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _find_utf16_without_mark(html: bytes) -> str | None:
    """Return the UTF-16 codec if the page starts with a UTF-16 tag: ASCII markup has a zero in every second byte."""
    if not _UTF16.match(html):
        return None
    return "utf-16-le" if html.lstrip()[:1] == b"<" or html[1:2] == b"\0" else "utf-16-be"


def _is_damaged_utf8(html: bytes) -> bool:
    """True if valid UTF-8 sequences far outnumber broken ones (a truncated page, a stray byte, a GBK widget)."""
    text = html.decode("utf-8", "replace")
    broken = text.count("�")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    return sound >= 4 * broken


def _find_labels(html: bytes, content_type: str | None) -> list[str]:
    """Return the labels of the HTTP header, then of the page's first bytes, lower-case."""
    labels = [m.lower() for m in _HEADER.findall(content_type or "")]
    labels += [m.decode("ascii").lower() for m in _META.findall(html[:PRESCAN])]
    return labels


def _list_codecs(labels: Iterable[str]) -> list[str]:
    """Return the Python codecs of labels for single- and double-byte encodings; other labels are ignored."""
    found = []
    for label in labels:
        codec = _SUPERSETS.get(label, label.replace("windows-", "cp"))
        if not _CHARSET.match(codec):  # Python also has codecs that are not character encodings: base64, zlib, idna
            continue
        try:
            b"a".decode(codec)
        except (LookupError, ValueError):
            continue
        if codec not in found:
            found.append(codec)
    return found


def _choose_codec(html: bytes, content_type: str | None) -> str:
    """Return the codec of bytes that are not UTF-8: a declared one if the bytes fit it, else the best match."""
    sample = _take_sample(html)
    declared = _list_codecs(_find_labels(html, content_type))
    score_declared = _SCORES.get(declared[0]) if declared and len(sample) >= _SMALL_SAMPLE else None
    if score_declared is not None and score_declared(sample) >= _FITTING:
        return declared[0]  # no score is above 1, so that this label fits whatever the scores of the others
    scores = {codec: score(sample) for codec, score in _SCORES.items()}
    best = max(scores, key=lambda codec: scores[codec])
    for codec in declared:
        if _fits_label(codec, sample, scores, best):
            return codec
    return best


def _fits_label(codec: str, sample: bytes, scores: Mapping[str, float], best: str) -> bool:
    """True if the sample can be in the declared encoding; strict if it is large and another encoding fits well."""
    decodable = _decodable_share(sample, codec)
    if len(sample) < _SMALL_SAMPLE:
        return decodable > 0.9
    declared_score = scores.get(codec)
    if declared_score is not None:
        return declared_score >= _FITTING * scores[best] and declared_score > 0.1
    # An encoding without statistics: trusted if it decodes and no multi-byte encoding fits well.
    return decodable > 0.8 and not (best in _MULTIBYTE and scores[best] > 0.6)


def _take_sample(html: bytes) -> bytes:
    """Return non-ASCII runs from all over the page, joined by spaces: ASCII markup is no evidence of the encoding."""
    size, runs = 0, []
    for match in _HIGH_RUN.finditer(html):
        start, end = match.span()
        runs.append(html[start : min(end, start + LONGEST_RUN)])
        size += len(runs[-1])
        if size >= READ:
            break
    return b" ".join(runs[:: -(-size // SAMPLE) or 1])


def _decodable_share(sample: bytes, codec: str) -> float:
    """Return 1 if the codec decodes all of `sample`, down to 0 if a tenth of the text or more is broken."""
    text = sample.decode(codec, "replace")
    broken = text.count("�")
    return max(0.0, 1.0 - 10.0 * broken / max(1, len(text)))


def _high_share(text: str, first: str, last: str) -> float:
    """Return the share of characters from `first` to `last` among the non-ASCII ones."""
    high = [c for c in text if _is_high(c)]
    return sum(first <= c <= last for c in high) / max(1, len(high))


def _is_high(char: str) -> bool:
    return char > "\x7f"


def _score_gb(sample: bytes) -> float:
    """Score GB18030: the share of frequent hanzi (GB 2312 level 1, rows B0 to D7), less if all are in Hangul's rows."""
    pairs: list[bytes] = _PAIR_EUC.findall(sample)
    han = [p[0] for p in pairs if p[0] >= 0xB0]
    if not han:
        return 0.3 * _decodable_share(sample, "gb18030") if pairs else 0.0
    level1 = sum(row <= 0xD7 for row in han) / len(han)
    hangul_rows = sum(row <= 0xC8 for row in han) / len(han)
    korean = 0.6 if hangul_rows > 0.95 and len(han) > 20 else 0.0
    kana = sum(p[0] in (0xA4, 0xA5) for p in pairs) / len(pairs)
    return max(0.0, level1 - korean - 2 * kana) * _decodable_share(sample, "gb18030")


def _score_big5(sample: bytes) -> float:
    """Score Big5: the share of frequent hanzi (level 1, lead bytes A4 to C6), rare in text of other encodings."""
    text = sample.decode("big5hkscs", "replace")
    high = [c for c in text if _is_high(c)]
    if not high:
        return 0.0
    encoded = (c.encode("big5hkscs", "ignore") for c in high)
    level1 = sum(len(b) == 2 and 0xA1 <= b[0] <= 0xC6 for b in encoded) / len(high)
    return level1 * _decodable_share(sample, "big5hkscs")


def _score_sjis(sample: bytes) -> float:
    """Score Shift_JIS: the share of kana, less for half-width kana."""
    text = sample.decode("cp932", "replace")
    kana = _high_share(text, "ぁ", "ヿ")
    halfwidth = _high_share(text, "｡", "ﾟ")
    return max(0.0, min(1.0, 2.5 * kana) - 2 * halfwidth) * _decodable_share(sample, "cp932")


def _score_eucjp(sample: bytes) -> float:
    """Score EUC-JP: the share of kana."""
    text = sample.decode("euc_jp", "replace")
    return min(1.0, 2.5 * _high_share(text, "ぁ", "ヿ")) * _decodable_share(sample, "euc_jp")


def _score_euckr(sample: bytes) -> float:
    """Score EUC-KR: nearly all byte pairs are in the rows of Hangul."""
    pairs: list[bytes] = _PAIR_EUC.findall(sample)
    han = [p[0] for p in pairs if p[0] >= 0xB0]
    if len(han) < 2:
        return 0.0
    hangul_rows = sum(row <= 0xC8 for row in han) / len(han)
    return max(0.0, 10 * hangul_rows - 9) * _decodable_share(sample, "cp949")


def _make_letter_score(codec: str, first: str, last: str, usual: str) -> Callable[[bytes], float]:
    """Return the score of a single-byte encoding: the share of letters from `first` to `last` and `usual` characters.

    A capital after a small letter counts against it.
    """

    def score(sample: bytes) -> float:
        text = sample.decode(codec, "replace")
        high = [c for c in text if _is_high(c)]
        if not high:
            return 0.0
        fit = sum((first <= c <= last) or c in usual for c in high) / len(high)
        odd = sum(a.islower() and b.isupper() for a, b in pairwise(text)) / len(high)
        return max(0.0, fit - 2 * odd) * min(1.0, 0.45 * _mean_run_length(sample)) * _decodable_share(sample, codec)

    return score


def _mean_run_length(sample: bytes) -> float:
    """Return the mean length of runs of non-ASCII bytes: near 1 in Latin scripts, that of a word in others."""
    runs = _HIGH_BYTES.findall(sample)
    return sum(map(len, runs)) / max(1, len(runs))


def _score_central(sample: bytes) -> float:
    """Score windows-1250: its letters, above all those that windows-1252 does not have."""
    text = sample.decode("cp1250", "replace")
    high = [c for c in text if _is_high(c)]
    if not high:
        return 0.0
    usual = sum(c in _CENTRAL for c in high) / len(high)
    only_central = sum(c in _CENTRAL_ONLY for c in high) / len(high)
    return usual * min(1.0, 0.7 + only_central) * _decodable_share(sample, "cp1250")


def _score_western(sample: bytes) -> float:
    """Score windows-1252: single accented letters and typographic signs between ASCII; runs suggest another script."""
    high = len(_HIGH.findall(sample))
    if not high:
        return 0.0
    runs = len(_HIGH_BYTES.findall(sample))
    text = sample.decode("cp1252", "replace")
    usual = sum(c in _WESTERN for c in text) / high
    return 0.9 * usual * min(1.0, 1.15 * runs / high) * _decodable_share(sample, "cp1252")


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
    "cp1251": _make_letter_score("cp1251", "А", "я", "ёЁіїєґІЇЄ«»–—…№“”„\xa0"),
    "koi8_r": _make_letter_score("koi8_r", "А", "я", "ёЁ\xa0"),
    "cp1253": _make_letter_score("cp1253", "Α", "ώ", "ΆΈΉΊΌ«»–—…’\xa0"),
    "cp1255": _make_letter_score("cp1255", "א", "ת", "–—…’“”₪\xa0"),
    "cp1256": _make_letter_score("cp1256", "ء", "ي", "پچژگک،؛؟–—…’“”«»\xa0"),
    "cp874": _make_letter_score("cp874", "ก", "๛", "–—…’“”\xa0"),
}


def non_ascii_bytes(utf8: bytes) -> bytes:
    """Return the bytes of UTF-8 text that belong to non-ASCII characters, joined."""
    return utf8.translate(None, _ASCII)
