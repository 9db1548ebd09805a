"""Escapes for characters that terminals and viewers act on instead of showing them.

Items keep the text of pages as it is; it is escaped where it is printed, logged or written as JSON.
"""

import re

# C0 and C1 controls and DEL; marks that change the direction of text (Unicode Bidirectional Algorithm, UAX #9); line
# and paragraph separators; halves of surrogate pairs, which cannot be encoded.
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_BREAK = re.compile(r"[\r\n\t][\r\n\t ]*")
_IN_LINE = re.compile(f"[{_CONTROLS}]")
_IN_TEXT = re.compile(f"(?![\n\t])[{_CONTROLS}]")
# Right-to-left text is written with U+061C, U+200E and U+200F; the others could show a cell in another order.
_IN_CELL = re.compile(f"(?![\n\t\u061c\u200e\u200f])[{_CONTROLS}]")
_IN_JSON = re.compile(f"(?![\n])[{_CONTROLS}]")


def escape_line(text: str) -> str:
    r"""Return `text` on one line: line breaks and tabs as a blank, other controls as ``\x1b`` or ``\u202e``."""
    return _IN_LINE.sub(_escape, _BREAK.sub(" ", text))


def escape_text(text: str) -> str:
    r"""Return `text` with its line breaks and tabs, and other control characters as ``\x1b`` or ``\u202e``."""
    return _IN_TEXT.sub(_escape, text.replace("\r\n", "\n"))


def escape_cell(text: str) -> str:
    """Return `text` with its line breaks, tabs and marks of right-to-left words, other control characters escaped."""
    return _IN_CELL.sub(_escape, text.replace("\r\n", "\n"))


def escape_json(text: str) -> str:
    r"""Return the JSON `text` with every control character in its strings as ``\u001b``, which reads as the same."""
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
