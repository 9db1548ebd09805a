"""URLs in a page's scripts: assignments to ``location``, calls of small functions that go to a page, and variables.

Nothing is executed. Only constants joined by ``+`` are read, so a script that computes more gives no URL.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

_STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
#: A string constant.
STRING = re.compile(_STRING)
#: Constants and names joined by plus signs.
_EXPRESSION = rf"(?:{_STRING}|[\w$.]+)(?:\s*\+\s*(?:{_STRING}|[\w$.]+|\([\w$.\s+-]*\)))*"
_TOKEN = re.compile(rf"{_STRING}|[\w$.]+")
_GO_TO = re.compile(
    r"(?:(?:window|self|top|parent|document)\s*\.\s*)*location(?:\s*\.\s*href)?\s*="
    rf"(?!=)\s*({_EXPRESSION})"
    rf"|location\s*\.\s*(?:replace|assign)\s*\(\s*({_EXPRESSION})\s*\)"
    rf"|(?:window\s*\.\s*)?\bopen\s*\(\s*({_EXPRESSION})",
    re.IGNORECASE,
)
_VARIABLE = re.compile(rf"(?:\b(?:var|let|const)\s+|[;,{{\s])([A-Za-z_$][\w$]*)\s*=\s*({_STRING}|\d+)\s*(?=[;,\n/]|$)")
_FUNCTION = re.compile(r"function\s+([A-Za-z_$][\w$]*)\s*\(([^)]*)\)\s*\{")
_CALL = re.compile(r"([A-Za-z_$][\w$.]*)\s*\(([^()]*)\)")
_URL_LIKE = re.compile(r"^(?:https?:)?/|[?]\w+=|\.(?:s?html?|php|aspx?|jsp|do)(?:$|[?#])", re.IGNORECASE)

#: Most characters of a function's body, and of the code of a link, that are searched for their target.
_MAX_BODY, _MAX_CODE = 600, 2_000


class Call(NamedTuple):
    """A call in a script: the function's name and its arguments as written."""

    name: str
    arguments: tuple[str, ...]


def split_arguments(text: str) -> tuple[str, ...]:
    """Split the arguments of a call at the commas outside of strings."""
    parts = re.findall(rf"(?:{_STRING}|[^,'\"])+", text)
    return tuple(part.strip() for part in parts)


def unquote(token: str) -> str | None:
    """Return the text of a string constant, ``None`` for anything else."""
    if len(token) >= 2 and token[0] in "'\"" and token[-1] == token[0]:
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return None


def read_variables(script: str) -> dict[str, str]:
    """Return the variables with a constant value; of several assignments the first counts."""
    found: dict[str, str] = {}
    for name, value in _VARIABLE.findall(script):
        text = unquote(value)
        found.setdefault(name, value if text is None else text)
    return found


def evaluate(expression: str, values: Mapping[str, str]) -> str | None:
    """Return the text of constants and variables joined by ``+``; ``None`` if one of them is unknown."""
    parts = []
    for token in _TOKEN.findall(expression):
        text = unquote(token)
        if text is None:
            text = values.get(token) if not token.isdecimal() else token
        if text is None:
            return None
        parts.append(text)
    return "".join(parts)


def find_target(code: str, values: Mapping[str, str]) -> str | None:
    """Return the URL that `code` goes to by setting ``location`` or opening a window, as written."""
    for found in _GO_TO.finditer(code):
        expression = next(filter(None, found.groups()))
        if target := evaluate(expression, values):
            return target
    return None


class PageFunctions:
    """The functions in a page's scripts that go to a URL, called by the page's buttons and links."""

    def __init__(self, script: str) -> None:
        self._script = script

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return read_variables(self._script)

    @cached_property
    def _functions(self) -> Mapping[str, tuple[list[str], str]]:
        """The parameters and the beginning of the body of each function."""
        functions: dict[str, tuple[list[str], str]] = {}
        for found in _FUNCTION.finditer(self._script):
            parameters = [name.strip() for name in found[2].split(",") if name.strip()]
            body = self._script[found.end() : found.end() + _MAX_BODY]
            functions.setdefault(found[1], (parameters, body.partition("\nfunction ")[0]))
        return functions

    def resolve(self, code: str) -> str | None:
        """Return the URL that the code of a button or link leads to, as written; ``None`` if it cannot be read."""
        code = code[:_MAX_CODE]
        if target := find_target(code, self._values):
            return target
        for name, text in _CALL.findall(code):
            arguments = [unquote(one) if one[:1] in "'\"" else one for one in split_arguments(text)]
            if name in self._functions and (target := self._resolve_call(name, arguments)):
                return target
            for argument in arguments:
                if argument and _URL_LIKE.search(argument):
                    return argument
        return None

    def _resolve_call(self, name: str, arguments: list[str | None]) -> str | None:
        parameters, body = self._functions[name]
        given = {key: value for key, value in zip(parameters, arguments, strict=False) if value is not None}
        return find_target(body, {**self._values, **given})


#: Most characters of a bracketed piece of a script that is read.
_MAX_BRACKETED = 3_000
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def balanced(script: str, start: int) -> str:
    """Return the text inside of the brackets that open at `start`; empty if they are too long or do not close."""
    text = script[start : start + _MAX_BRACKETED]
    depth, position = 0, 0
    while position < len(text):
        char = text[position]
        if char in "'\"`":
            found = text.find(char, position + 1)
            while found > 0 and text[found - 1] == "\\":
                found = text.find(char, found + 1)
            if found < 0:
                return ""
            position = found
        elif char in _BRACKETS:
            depth += 1
        elif char in _BRACKETS.values():
            depth -= 1
            if depth == 0:
                return text[1:position]
        position += 1
    return ""


def split_top_level(text: str) -> list[str]:
    """Split `text` at its commas outside of brackets and strings."""
    parts, start, position = [], 0, 0
    while position < len(text):
        char = text[position]
        if char in "'\"`":
            end = text.find(char, position + 1)
            position = len(text) if end < 0 else end
        elif char in _BRACKETS:
            inner = balanced(text, position)
            position += len(inner) + 1
        elif char == ",":
            parts.append(text[start:position].strip())
            start = position + 1
        position += 1
    return [part for part in (*parts, text[start:].strip()) if part]


def parse_object(text: str) -> dict[str, str]:
    """Return the values of an object literal, as written, by key; `text` is what is inside of its braces."""
    values = {}
    for part in split_top_level(text):
        found = re.match(r"(['\"]?)([\w$.-]+)\1\s*(?::\s*(.*))?$", part, re.DOTALL)
        if found:
            values[found[2]] = (found[3] or found[2]).strip()
    return values
