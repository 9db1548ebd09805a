"""Recognition of lines that read like sentences of a story."""

import re

from crawler.extraction.layout.lines import TextLine

_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
#: A stop; a dot or a comma inside a word or a number (``tibet.cn``, ``12,000``) is none.
_SENTENCE = re.compile(r"[。！？，；!;؟۔।.,?](?:(?<![.,?])|(?![A-Za-z0-9]))")
#: Scripts set without stops (a dot stands for an abbreviation), and the length from which their lines are prose.
_UNSTOPPED, _UNSTOPPED_PROSE = frozenset(map(chr, range(0x0E00, 0x0F00))), 60


def is_prose(line: TextLine) -> bool:
    """Whether a line reads like a sentence of a story: long enough, with a stop in it, not made of links."""
    if line.prose is None:
        line.prose = _reads_like_prose(line)
    return line.prose


def _reads_like_prose(line: TextLine) -> bool:
    text = line.text
    if len(text) < 35 or line.link_chars >= 0.4 * len(text):
        return False
    dense = None if text.isascii() else _HAN.search(text)
    if dense is not None and dense[0] in _UNSTOPPED:
        return len(text) >= _UNSTOPPED_PROSE
    return (len(text) >= 80 or dense is not None) and _SENTENCE.search(text) is not None
