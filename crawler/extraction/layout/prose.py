"""Recognition of lines that read like sentences of a story."""

import re

from crawler.extraction.layout.lines import TextLine

_DENSE_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
#: Sentence punctuation. A dot or comma inside a word or number (``tibet.cn``, ``12,000``) does not count.
_SENTENCE = re.compile(r"[。！？，；!;؟۔।.,?](?:(?<![.,?])|(?![A-Za-z0-9]))")
#: Thai, which is written without sentence punctuation (a dot marks an abbreviation), and the least length (characters)
#: of its prose lines.
_THAI, _THAI_PROSE_LENGTH = frozenset(map(chr, range(0x0E00, 0x0F00))), 60


def is_prose(line: TextLine) -> bool:
    """True if a line reads like a sentence of a story: long enough, punctuated, mostly not link text."""
    if line.is_prose is None:
        line.is_prose = _reads_like_prose(line)
    return line.is_prose


def _reads_like_prose(line: TextLine) -> bool:
    text = line.text
    if len(text) < 35 or line.link_chars >= 0.4 * len(text):
        return False
    dense = None if text.isascii() else _DENSE_SCRIPT.search(text)
    if dense is not None and dense[0] in _THAI:
        return len(text) >= _THAI_PROSE_LENGTH
    return (len(text) >= 80 or dense is not None) and _SENTENCE.search(text) is not None
