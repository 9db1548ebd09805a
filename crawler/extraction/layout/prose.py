"""Recognition of lines that read like sentences of a story."""

import re

from crawler.extraction.data.scripts import scripts
from crawler.extraction.layout.lines import TextLine

#: A character of a script in which a sentence has few characters.
_DENSE_SCRIPT = re.compile(f"[{''.join(one.characters for one in scripts().scripts if one.is_dense)}]")
#: Sentence punctuation. A dot or comma inside a word or number (``tibet.cn``, ``12,000``) does not count.
_SENTENCE = re.compile(r"[。！？，；!;؟۔।.,?](?:(?<![.,?])|(?![A-Za-z0-9]))")
#: A character of a script without sentence punctuation (a dot marks an abbreviation there), and the least length
#: (characters) of prose lines in it.
_UNPUNCTUATED = re.compile(f"[{''.join(one.characters for one in scripts().scripts if not one.has_punctuation)}]")
_UNPUNCTUATED_PROSE_LENGTH = 60
#: Least length (characters) of prose in scripts with few characters per sentence, and in others. A shorter line has at
#: least so many of these characters, unlike one of figures and labels: 입력 2024.05.22. 오전 9:22 수정 2024.05.23.
_DENSE_PROSE_LENGTH, _PROSE_LENGTH = 35, 80
_DENSE_CHARACTERS = 15


def is_prose(line: TextLine) -> bool:
    """True if a line reads like a sentence of a story: long enough, punctuated, mostly not link text."""
    if line.is_prose is None:
        line.is_prose = _reads_like_prose(line)
    return line.is_prose


def _reads_like_prose(line: TextLine) -> bool:
    text = line.text
    if len(text) < _DENSE_PROSE_LENGTH or line.link_chars >= 0.4 * len(text):
        return False
    dense = None if text.isascii() else _DENSE_SCRIPT.search(text)
    if dense is not None and _UNPUNCTUATED.match(dense[0]):
        return len(text) >= _UNPUNCTUATED_PROSE_LENGTH
    if len(text) < _PROSE_LENGTH and (dense is None or len(_DENSE_SCRIPT.findall(text)) < _DENSE_CHARACTERS):
        return False
    return _SENTENCE.search(text) is not None
