"""Text that a portal stored in a wrong encoding: UTF-8 read as windows-1252 or GBK, GBK read as ISO 8859-1.

The bytes of such a page are sound UTF-8; what they spell is not. A reading is undone only when it is certain: when
nearly all of the page's letters of that kind spell something else, and spell it without a fault.
"""

import re
from collections.abc import Callable

from crawler.extraction.decode.charset import non_ascii_bytes

#: Characters that windows-1252 reads out of bytes from 80 on; ISO 8859-1 controls where it has none.
_BYTES = {}
for _byte in range(0x80, 0x100):
    _BYTES[bytes([_byte]).decode("cp1252", "replace").replace("�", chr(_byte))] = _byte
    _BYTES.setdefault(chr(_byte), _byte)
_HIGH = "".join(re.escape(char) for char in _BYTES)
_FOLLOW = "".join(re.escape(char) for char, byte in _BYTES.items() if byte < 0xC0)

_HIGH_RUN = re.compile(f"[{_HIGH}]+")
#: A lead byte of UTF-8 with what must follow it.
_SEQUENCE = re.compile(f"[Â-ß][{_FOLLOW}]|[à-ï][{_FOLLOW}]{{2}}|[ð-ô][{_FOLLOW}]{{3}}")
#: The usual hanzi and the marks of GB 2312, as ISO 8859-1 reads them.
_PAIR = re.compile("[°-×][¡-þ]|[¡-£][¡-þ]")
#: What the commonest characters and marks of UTF-8 become when they are read as GBK.
_GBK_SIGNS = ("锛", "鐨", "銆", "鈥", "鍦", "涓", "鏂", "浠", "璇")
#: The bytes they begin with in UTF-8, in which the letters of windows-1252 begin with C2 and C3.
_LEADS = tuple({sign.encode()[:1] for sign in _GBK_SIGNS})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

#: Places from which a reading can be certain, and the share of letters of its kind that it must explain.
_LEAST, _SHARE, _PAIRS = 4, 0.85, 20
#: Bytes of a page that are asked whether anything is wrong: its title is misread where its story is.
_SAMPLE = 150_000


def may_be_mojibake(octets: bytes) -> bool:
    """Whether a page whose bytes are sound UTF-8 may spell something else: told of nearly all without their text."""
    sample = octets[:_SAMPLE]
    # each sequence begins with a letter of C3, and both letters of a pair are of C2 or C3
    if not (_has(sample, b"\xc3", _LEAST) or _has(sample, b"\xc2", _PAIRS) or any(map(sample.__contains__, _LEADS))):
        return False
    high = non_ascii_bytes(sample)
    letters = high.decode("utf-8", "ignore")
    if any(sign in letters for sign in _GBK_SIGNS):
        return True
    # With the ASCII between them left out letters may meet that do not stand together: asked again of the whole text.
    return high.count(b"\xc2") + high.count(b"\xc3") >= _LEAST and _codec_of(letters) is not None


def _has(octets: bytes, octet: bytes, times: int) -> bool:
    """Whether bytes have an octet so many times at least: a few searches cost a tenth of a count."""
    at = -1
    for _ in range(times):
        at = octets.find(octet, at + 1)
        if at < 0:
            return False
    return True


def repair_mojibake(text: str) -> str | None:
    """`text` as it was meant, where that is certain; ``None`` where nothing is wrong or nothing is sure."""
    if any(sign in text for sign in _GBK_SIGNS):
        return _mended_han(text)
    codec = _codec_of(text)
    return _HIGH_RUN.sub(_reading(codec), text) if codec else None


def _codec_of(text: str) -> str | None:
    """The encoding that nearly all of the letters windows-1252 has beyond ASCII are bytes of, if there is one."""
    runs = _HIGH_RUN.findall(text)
    letters = sum(map(len, runs))
    sequences = _SEQUENCE.findall(text)
    if len(sequences) >= _LEAST and sum(map(len, sequences)) >= _SHARE * letters:
        return "utf-8"
    pairs = sum(len(_PAIR.findall(run)) for run in runs)
    return "gb18030" if pairs >= _PAIRS and 2 * pairs >= _SHARE * letters else None


def _reading(codec: str) -> Callable[[re.Match[str]], str]:
    """What a run of letters spells when its bytes are read in `codec`; the run itself where that fails."""

    def read(run: re.Match[str]) -> str:
        try:
            return bytes(_BYTES[char] for char in run[0]).decode(codec)
        except UnicodeDecodeError:
            return run[0]

    return read


def _mended_han(text: str) -> str | None:
    """UTF-8 that was read as GBK: runs of rare hanzi that spell UTF-8, all but a few of the page's."""
    sound, odd = 0, 0

    def read(run: re.Match[str]) -> str:
        nonlocal sound, odd
        try:
            spelt = run[0].encode("gb18030").decode("utf-8")
        except UnicodeError:
            odd += len(run[0])
            return run[0]
        sound += len(run[0])
        return spelt

    spelt = _NOT_ASCII.sub(read, text)
    return spelt if sound >= _LEAST and sound >= _SHARE * (sound + odd) else None
