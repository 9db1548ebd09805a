"""Repair of mojibake: UTF-8 that was decoded as windows-1252 or GBK, GBK that was decoded as ISO 8859-1.

The bytes of such a page are valid UTF-8, but the text they contain is wrong. It is repaired only if that is certain:
nearly all of the page's suspicious characters must be valid in the other encoding.
"""

import re
from collections.abc import Callable

from crawler.extraction.decode.charset import non_ascii_bytes

#: Bytes by the character that windows-1252 or ISO 8859-1 decodes them to.
_BYTES = {}
for _byte in range(0x80, 0x100):
    _BYTES[bytes([_byte]).decode("cp1252", "replace").replace("�", chr(_byte))] = _byte
    _BYTES.setdefault(chr(_byte), _byte)
_HIGH = "".join(re.escape(char) for char in _BYTES)
_CONTINUATION = "".join(re.escape(char) for char, byte in _BYTES.items() if byte < 0xC0)

_HIGH_RUN = re.compile(f"[{_HIGH}]+")
#: A lead byte of UTF-8 and its continuation bytes, as windows-1252 decodes them.
_SEQUENCE = re.compile(f"[Â-ß][{_CONTINUATION}]|[à-ï][{_CONTINUATION}]{{2}}|[ð-ô][{_CONTINUATION}]{{3}}")
#: Frequent hanzi and punctuation of GB 2312, as ISO 8859-1 decodes them.
_PAIR = re.compile("[°-×][¡-þ]|[¡-£][¡-þ]")
#: Results of decoding the most frequent Chinese characters and punctuation from UTF-8 as GBK.
_GBK_SIGNS = ("锛", "鐨", "銆", "鈥", "鍦", "涓", "鏂", "浠", "璇")
#: The first bytes of these signs in UTF-8. (Those of windows-1252 letters are C2 and C3.)
_LEADS = tuple({sign.encode()[:1] for sign in _GBK_SIGNS})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

#: Least number of UTF-8 sequences, and of GBK pairs, for a repair to be certain.
_MIN_SEQUENCES, _MIN_PAIRS = 4, 20
#: Least share of the suspicious characters that must be valid in the other encoding.
_MIN_SHARE = 0.85
#: Number of bytes at the start of a page that are checked: if the story is mojibake, the title is too.
_SAMPLE = 150_000


def may_be_mojibake(html: bytes) -> bool:
    """Return False if a page in valid UTF-8 is certainly not mojibake; nearly all pages are not even decoded for it."""
    sample = html[:_SAMPLE]
    # Each misread UTF-8 sequence starts with a character whose first byte is C3; both characters of a misread GBK pair
    # start with C2 or C3.
    if not (
        _occurs(sample, b"\xc3", _MIN_SEQUENCES)
        or _occurs(sample, b"\xc2", _MIN_PAIRS)
        or any(map(sample.__contains__, _LEADS))
    ):
        return False
    high = non_ascii_bytes(sample)
    letters = high.decode("utf-8", "ignore")
    if any(sign in letters for sign in _GBK_SIGNS):
        return True
    # Without the ASCII between them, unrelated characters may seem adjacent: `repair_mojibake` checks the whole text.
    return high.count(b"\xc2") + high.count(b"\xc3") >= _MIN_SEQUENCES and _find_original_codec(letters) is not None


def _occurs(data: bytes, byte: bytes, times: int) -> bool:
    """True if `byte` occurs at least `times` times: a few searches take a tenth of the time of a full count."""
    position = -1
    for _ in range(times):
        position = data.find(byte, position + 1)
        if position < 0:
            return False
    return True


def repair_mojibake(text: str) -> str | None:
    """Return the original text if `text` is certainly mojibake, else ``None``."""
    if any(sign in text for sign in _GBK_SIGNS):
        return _repair_gbk(text)
    codec = _find_original_codec(text)
    return _HIGH_RUN.sub(_make_decoder(codec), text) if codec else None


def _find_original_codec(text: str) -> str | None:
    """Return the encoding in which nearly all non-ASCII windows-1252 characters of `text` are valid bytes, if any."""
    runs = _HIGH_RUN.findall(text)
    characters = sum(map(len, runs))
    sequences = _SEQUENCE.findall(text)
    if len(sequences) >= _MIN_SEQUENCES and sum(map(len, sequences)) >= _MIN_SHARE * characters:
        return "utf-8"
    pairs = sum(len(_PAIR.findall(run)) for run in runs)
    return "gb18030" if pairs >= _MIN_PAIRS and 2 * pairs >= _MIN_SHARE * characters else None


def _make_decoder(codec: str) -> Callable[[re.Match[str]], str]:
    """Return a substitution that decodes the bytes of a run in `codec`; a run that is invalid stays as it is."""

    def decode(run: re.Match[str]) -> str:
        try:
            return bytes(_BYTES[char] for char in run[0]).decode(codec)
        except UnicodeDecodeError:
            return run[0]

    return decode


def _repair_gbk(text: str) -> str | None:
    """Return the text if it was UTF-8 decoded as GBK: nearly all non-ASCII runs must be valid UTF-8 again."""
    valid, invalid = 0, 0

    def decode(run: re.Match[str]) -> str:
        nonlocal valid, invalid
        try:
            original = run[0].encode("gb18030").decode("utf-8")
        except UnicodeError:
            invalid += len(run[0])
            return run[0]
        valid += len(run[0])
        return original

    repaired = _NOT_ASCII.sub(decode, text)
    return repaired if valid >= _MIN_SEQUENCES and valid >= _MIN_SHARE * (valid + invalid) else None
