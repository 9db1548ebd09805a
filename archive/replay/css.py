"""Rewrites the addresses in a style sheet. Parsed by CSS Syntax Level 3; everything else is left unchanged."""

import re
from collections.abc import Callable

from archive.replay.address import STYLESHEET, STYLESHEET_RESOURCE
from archive.replay.links import NOWHERE

#: Returns the new address for an address and a modifier, or ``None`` (`Links.resource_address`).
RewriteAddress = Callable[[str, str], str | None]

_ESCAPE = r"\\(?:[0-9a-fA-F]{1,6}(?:\r\n|\s)?|[^\n\r\f0-9a-fA-F])"
_TOKEN = re.compile(
    rf"""
    (?P<comment>/\*.*?(?:\*/|\Z) | <!--)
  | (?P<string>"(?:[^"\\\n\r\f]|\\(?:\r\n|.))*(?:"|(?=[\n\r\f])|\\?\Z)
             | '(?:[^'\\\n\r\f]|\\(?:\r\n|.))*(?:'|(?=[\n\r\f])|\\?\Z))
  | (?P<name>@?(?:[-\w\u0080-\U0010ffff]|{_ESCAPE})+)(?P<call>\(?)
  | (?P<mark>[(){{}};\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNQUOTED = re.compile(rf"\s*((?:[^\s\"'()\\]|{_ESCAPE})*)\s*(?:\)|\Z)")
# Unquoted and invalid: dropped up to its bracket, as browsers do (CSS Syntax, section 4.3.14).
_BAD_URL = re.compile(r"(?!\s*[\"'])(?:[^)\\]|\\.)*(?:\)|\\?\Z)", re.DOTALL)
_VENDOR_PREFIX = re.compile(r"-[a-z]+-")
_ESCAPE_SEQUENCE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|\s)?|(\r\n|[\n\r\f])|(.))", re.DOTALL)
_MAY_HAVE_ADDRESS = re.compile(r"url|src|image|import|\\", re.IGNORECASE)

#: Functions whose strings are addresses, without vendor prefix.
_FUNCTIONS = frozenset({"url", "src", "image", "image-set", "cross-fade"})
#: Closing mark of each block. Functions are closed by ")".
_CLOSES = {"(": ")", "[": "]", "{": "}"}


def rewrite_css(css: str, rewrite: RewriteAddress) -> str:
    """Return `css` with every address replaced by `rewrite`."""
    if not _MAY_HAVE_ADDRESS.search(css):
        return css
    return _CssRewriter(css, rewrite).run()


class _CssRewriter:
    """One pass over a style sheet, a style element or a style attribute."""

    def __init__(self, css: str, rewrite: RewriteAddress) -> None:
        self._css = css
        self._rewrite = rewrite
        self._out: list[str] = []
        self._open: list[str] = []  # open functions and blocks, the innermost last
        self._at_rule = ""

    def run(self) -> str:
        css, out, position = self._css, self._out, 0
        while match := _TOKEN.search(css, position):
            out.append(css[position : match.start()])
            position = match.end()
            if match["string"] is not None:
                out.append(self._rewrite_string(match["string"]))
            elif match["name"] is not None:
                position = self._write_name(match, position)
            else:
                if match["mark"] is not None:
                    self._track_nesting(match["mark"])
                out.append(match[0])
        out.append(css[position:])
        return "".join(out)

    def _track_nesting(self, mark: str) -> None:
        if mark in "([{":
            self._open.append(mark)
        elif self._open and mark == _CLOSES.get(self._open[-1], ")"):  # any other is a stray mark and closes nothing
            self._open.pop()
        if mark in ";{}":
            self._at_rule = ""

    def _write_name(self, match: re.Match[str], position: int) -> int:
        """Write a word or the start of a function, with the address of ``url(...)``. Return the next position."""
        name = _unescape(match["name"]).lower()
        if name.startswith("@"):
            self._at_rule = name
        if name.startswith("@") or not match["call"]:
            self._open += match["call"]  # the bracket after an at-rule is a block, not a function
            self._out.append(match[0])
            return position
        if name == "url" and (unquoted := _UNQUOTED.match(self._css, position)):
            self._out.append(f"url({self._new_string(unquoted[1])})")
            return unquoted.end()
        if name == "url" and (bad := _BAD_URL.match(self._css, position)):
            self._out.append(f'url("{NOWHERE}")')
            return bad.end()
        self._open.append(name)
        self._out.append(match[0])
        return position

    def _rewrite_string(self, literal: str) -> str:
        function = _VENDOR_PREFIX.sub("", self._open[-1]) if self._open else ""
        if function not in _FUNCTIONS and (self._at_rule != "@import" or (function and function not in _CLOSES)):
            return literal
        return self._new_string(literal[1:].removesuffix(literal[0]) if len(literal) > 1 else "")

    def _new_string(self, raw: str) -> str:
        """Return a quoted string with the new address for `raw`, an address that may have escapes."""
        modifier = STYLESHEET if self._at_rule == "@import" else STYLESHEET_RESOURCE
        address = _unescape(raw)
        new_address = self._rewrite(address, modifier) if address.strip() else None
        return f'"{new_address or NOWHERE}"'


def _unescape(text: str) -> str:
    return _ESCAPE_SEQUENCE.sub(_unescape_character, text) if "\\" in text else text


def _unescape_character(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return "" if match[2] else match[3]
