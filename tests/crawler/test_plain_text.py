"""Control characters in printed text, logs and JSON."""

import json
import sys
import unicodedata

import pytest

from crawler.plain_text import escape_cell, escape_json, escape_line, escape_text

ESC = "\x1b]0;title\x07\x1b[31mred"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ESC, r"\x1b]0;title\x07\x1b[31mred"),
        ("a\r\n  b\tc", "a b c"),
        ("\x9b31m", r"\x9b31m"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\ud83d", r"\ud83d"),
        ("图书馆 — é 👩\u200d👧 نص", "图书馆 — é 👩\u200d👧 نص"),
    ],
)
def test_line(text, line):
    assert escape_line(text) == line


def test_text_keeps_line_breaks():
    assert escape_text(f"a\n\tb\r\nc\rd{ESC[:1]}") == "a\n\tb\nc\\x0dd\\x1b"


def test_cell_keeps_line_breaks_and_marks_of_right_to_left_words():
    assert escape_cell(f"a\n\tb\r\nc\u200f{ESC[:1]}\u202e\x9b") == "a\n\tb\nc\u200f\\x1b\\u202e\\x9b"


def test_json_reads_as_before():
    value = {"".join(map(chr, range(0x300))): "\u202e\u2028\u2066" + ESC}
    text = escape_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert escape_line(text) == text


def test_every_control_and_direction_mark_is_escaped():
    directions = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        is_control = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        if is_control or unicodedata.bidirectional(character) in directions:
            assert character not in escape_line(character), hex(code)
            assert character not in escape_json(character) or character == "\n", hex(code)


def test_long_blanks_take_no_time():
    escape_line(" " * 1_000_000 + "\n" * 1_000_000)
