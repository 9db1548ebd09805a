"""The addresses in a style sheet: read as CSS Syntax Level 3 has it, written anew, all else left as it is."""

import re
from collections.abc import Callable

from archive.replay.address import DRAWN, STYLE
from archive.replay.links import NOWHERE

#: Where the part of a page at an address is found, by address and modifier (`Links.part`).
Part = Callable[[str, str], str | None]

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
# Neither quoted nor sound: dropped up to its bracket, as browsers do (CSS Syntax, section 4.3.14).
_BAD_URL = re.compile(r"(?!\s*[\"'])(?:[^)\\]|\\.)*(?:\)|\\?\Z)", re.DOTALL)
_MAKER = re.compile(r"-[a-z]+-")
_UNESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|\s)?|(\r\n|[\n\r\f])|(.))", re.DOTALL)
_WORTH_READING = re.compile(r"url|src|image|import|\\", re.IGNORECASE)

#: Functions whose strings are addresses; the prefix of a browser's maker is taken off before.
_FUNCTIONS = frozenset({"url", "src", "image", "image-set", "cross-fade"})
#: What closes the blocks; a function is closed by a bracket.
_CLOSES = {"(": ")", "[": "]", "{": "}"}


def rewrite_css(css: str, part: Part) -> str:
    """`css` with every address replaced by what `part` gives for it."""
    if not _WORTH_READING.search(css):
        return css
    return _Sheet(css, part).rewritten()


class _Sheet:
    """One pass over a sheet, a style element or a style attribute."""

    def __init__(self, css: str, part: Part) -> None:
        self._css = css
        self._part = part
        self._out: list[str] = []
        self._calls: list[str] = []  # the functions and blocks that are open, the innermost last
        self._at_rule = ""

    def rewritten(self) -> str:
        css, out, position = self._css, self._out, 0
        while match := _TOKEN.search(css, position):
            out.append(css[position : match.start()])
            position = match.end()
            if match["string"] is not None:
                out.append(self._string(match["string"]))
            elif match["name"] is not None:
                position = self._name(match, position)
            else:
                if match["mark"] is not None:
                    self._nest(match["mark"])
                out.append(match[0])
        out.append(css[position:])
        return "".join(out)

    def _nest(self, mark: str) -> None:
        if mark in "([{":
            self._calls.append(mark)
        elif self._calls and mark == _CLOSES.get(self._calls[-1], ")"):  # others are strays, and close nothing
            self._calls.pop()
        if mark in ";{}":
            self._at_rule = ""

    def _name(self, match: re.Match[str], position: int) -> int:
        """Write a word, or the start of a function, and the address of ``url(...)``. Where reading goes on."""
        name = _unescaped(match["name"]).lower()
        if name.startswith("@"):
            self._at_rule = name
        if name.startswith("@") or not match["call"]:
            self._calls += match["call"]  # a bracket of its own behind a rule's name
            self._out.append(match[0])
            return position
        if name == "url" and (unquoted := _UNQUOTED.match(self._css, position)):
            self._out.append(f"url({self._written(unquoted[1])})")
            return unquoted.end()
        if name == "url" and (bad := _BAD_URL.match(self._css, position)):
            self._out.append(f'url("{NOWHERE}")')
            return bad.end()
        self._calls.append(name)
        self._out.append(match[0])
        return position

    def _string(self, literal: str) -> str:
        call = _MAKER.sub("", self._calls[-1]) if self._calls else ""
        if call not in _FUNCTIONS and (self._at_rule != "@import" or (call and call not in _CLOSES)):
            return literal
        return self._written(literal[1:].removesuffix(literal[0]) if len(literal) > 1 else "")

    def _written(self, raw: str) -> str:
        """The string for the address written as `raw`."""
        modifier = STYLE if self._at_rule == "@import" else DRAWN
        address = _unescaped(raw)
        found = self._part(address, modifier) if address.strip() else None
        return f'"{found or NOWHERE}"'


def _unescaped(text: str) -> str:
    return _UNESCAPE.sub(_escaped_character, text) if "\\" in text else text


def _escaped_character(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return "" if match[2] else match[3]
