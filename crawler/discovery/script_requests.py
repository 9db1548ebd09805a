"""Requests that a page's scripts make for the numbered pages of a JSON list: ``$.getJSON('/api/list?page=' + page)``.

Nothing is executed. Calls of the usual functions are read, with URLs and parameters that are constants, variables with
a constant value, or the page number. The names are in ``script_requests.toml``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

from crawler.discovery.page_scripts import STRING, balanced, parse_object, read_variables, split_top_level, unquote
from crawler.discovery.pager_scripts import is_page_key
from crawler.extraction.data.table_file import Table, load_table
from crawler.extraction.document import resolve
from crawler.sites import JsonList
from crawler.sites.model import JSON_PAGE_NUMBER

#: Most requests read from one script.
_MAX_REQUESTS = 8
_CALL = re.compile(r"(?P<object>[\w$.]+\.)?\b(?P<name>get|post|getJSON|ajax|request|open|fetch|axios)\s*\(")
_SEND = re.compile(r"\.send\s*\(")
_CHANGED = re.compile(r"([\w$]+)\s*(?:\+\+|\+=)|\+\+\s*([\w$]+)|\b([\w$]+)\s*=\s*\3\s*\+")
_TERM = re.compile(
    rf"{STRING.pattern}|`[^`]*`|(?:\((?:[^()]|\([^()]*\))*\)|[\w$.]+(?:\([^()]*\))?)(?:\s*\*\s*[\w$.]+)?"
)
_IN_LITERAL = re.compile(r"\$\{([^{}]*)\}")
_ARITHMETIC = re.compile(
    r"\(*\s*(?:\+\+)?(?P<name>[\w$.]+)(?:\+\+)?\s*(?:(?P<sign>[+-])\s*1)?\s*\)*(?:\s*\*\s*(?P<factor>[\w$.]+))?\s*\)*"
)
_KEY_AT_END = re.compile(r"(?:^|[?&])([\w.]+)=$")
_VALUE = re.compile(r"([\w.]+)=(\d+)")
#: A URL that a page number is added to: "/api/list?page=" + number.
_NUMBERED_URL = re.compile(r"""["'`]([^"'`\s<>]{1,300}[?&]([\w.]+)=)(?:["']\s*\+|\$\{)""")
#: A call that writes an object as JSON or as a query.
_ENCODED = re.compile(
    r"^(?:JSON\.stringify|new\s+(?:URLSearchParams|FormData)|\$\.param|Qs\.stringify)\((.*)\)$",
    re.IGNORECASE | re.DOTALL,
)
_NO_LIST = re.compile(r"\.(?:s?html?|js|css|png|jpe?g|gif|svg)(?:$|[?#])", re.IGNORECASE)


class _RequestNames(Table, frozen=True):
    """The tables of ``script_requests.toml``."""

    offset_keys: tuple[str, ...]
    size_keys: tuple[str, ...]
    free_keys: tuple[str, ...]
    page_variables: tuple[str, ...]
    libraries: tuple[str, ...]


@cache
def _names() -> _RequestNames:
    return load_table(Path(__file__).with_suffix(".toml"), _RequestNames)


def find_json_requests(script: str, base: str) -> list[JsonList]:
    """Return the requests for numbered pages that `script` makes; URLs are resolved against `base`, its page."""
    reader = _ScriptReader(script)
    found: dict[JsonList, None] = {}
    for described in reader.read():
        url = resolve(base, described.url)
        if url and described.is_numbered and not _NO_LIST.search(url):
            found.setdefault(JsonList(url, described.post))
        if len(found) >= _MAX_REQUESTS:
            break
    return list(found)


def is_library(name: str) -> bool:
    """True if the file name of a script is that of a library, statistics or buttons, which load no list."""
    return any(word in name.lower() for word in _names().libraries)


def find_numbered_url(script: str) -> str | None:
    """Return the first URL, as written, that `script` adds a page number to, even if the rest cannot be read."""
    return next((found[1] for found in _NUMBERED_URL.finditer(script) if is_page_key(found[2])), None)


class _ScriptReader:
    """The text of a script, its variables, and those that it changes."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._values = read_variables(script)
        self._changed = {name for found in _CHANGED.findall(script) for name in found if name}

    def read(self) -> Iterator[JsonList]:
        """Yield the requests, whether numbered or not."""
        for found in _CALL.finditer(self._script):
            text = balanced(self._script, found.end() - 1)
            arguments = split_top_level(text) if text else []
            if not arguments:
                continue
            if found["name"] == "open":
                sent = _SEND.search(self._script, found.end())
                body = balanced(self._script, sent.end() - 1) if sent else ""
                options: Mapping[str, str] = {
                    "method": arguments[0],
                    "url": arguments[1] if len(arguments) > 1 else "",
                    "data": body,
                }
            else:
                options = self._options(found["object"] or "", found["name"], arguments)
            if request := self._make_request(options, text):
                yield request

    def _options(self, owner: str, name: str, arguments: list[str]) -> Mapping[str, str]:
        """Return the URL, method and data of a call."""
        first = self._object(arguments[0])
        if first is not None:
            return first
        options: dict[str, str] = {"url": arguments[0], "method": "'post'" if name == "post" else "'get'"}
        second = self._object(arguments[1]) if len(arguments) > 1 else None
        if second is not None and (name == "fetch" or second.keys() & {"params", "method", "body"}):
            return {**options, **second}
        is_data = second is not None or (len(arguments) > 1 and re.match(r"['\"`]", arguments[1]))
        if is_data:
            is_json = name == "post" and "axios" in owner and second is not None
            options["data"] = f"JSON.stringify({arguments[1]})" if is_json else arguments[1]
        return options

    def _object(self, text: str) -> Mapping[str, str] | None:
        """Return the values of an object literal, or of the variable that holds one."""
        text = text.strip()
        if re.fullmatch(r"[A-Za-z_$][\w$]*", text):
            found = re.search(rf"\b{re.escape(text)}\s*[=:]\s*(?=\{{)", self._script)
            text = f"{{{balanced(self._script, found.end())}}}" if found else text
        return parse_object(text[1:-1]) if text.startswith("{") and text.endswith("}") else None

    def _make_request(self, options: Mapping[str, str], call: str) -> JsonList | None:
        method = (unquote(options.get("method") or options.get("type") or "'get'") or "get").lower()
        url = self._fill(options.get("url", ""))
        data = (options.get("data") or options.get("params") or options.get("body") or "").strip()
        if not url or not re.match(r"https?://|[/.\w]", url):
            return None
        is_json = "JSON.stringify" in data or "application/json" in call
        data = _ENCODED.sub(r"\1", data)
        fields = self._object(data) if data else {}
        body = self._fill(data) if fields is None else self._join(fields, is_json=is_json and method == "post")
        if body is None:
            return None
        if method == "post":
            return JsonList(url, body)
        return JsonList(f"{url}{'&' if '?' in url else '?'}{body}" if body else url)

    def _join(self, fields: Mapping[str, str], *, is_json: bool) -> str | None:
        """Return parameters as a query, or as JSON; ``None`` if one has an unknown value."""
        size = next((self._constant(fields[key]) for key in fields if key.lower() in _names().size_keys), None)
        values = {}
        for key, expression in fields.items():
            value = self._value(key, expression, size)
            if value is None:
                return None
            values[key] = value
        if not is_json:
            return "&".join(f"{key}={value}" for key, value in values.items())
        return "{" + ", ".join(f"{json.dumps(key)}: {_to_json(value)}" for key, value in values.items()) + "}"

    def _value(self, key: str, expression: str, size: str | None = None) -> str | None:
        """Return a parameter's value: a constant, or a placeholder for the page number."""
        expression = expression.strip()
        if is_page_key(key) or key.lower() in _names().offset_keys:
            return self._placeholder(key, expression, size)
        constant = self._constant(expression)
        if constant is not None:
            return quote(constant, safe="/:,%")
        if key.lower() in _names().free_keys:
            return "1"
        return self._placeholder(key, expression, size) if "*" in expression else None

    def _constant(self, expression: str) -> str | None:
        expression = expression.strip()
        text = unquote(expression)
        if text is not None or expression.isdecimal():
            return expression if text is None else text
        return None if expression in self._changed else self._values.get(expression)

    def _placeholder(self, key: str, expression: str, size: str | None) -> str | None:
        """Return the placeholder for a page number that is computed like `expression`."""
        found = _ARITHMETIC.fullmatch((unquote(expression) or expression).strip())
        if found is None:
            return None
        factor = self._constant(found["factor"]) if found["factor"] else None
        if found["factor"] or (key.lower() in _names().offset_keys and not is_page_key(key)):
            factor = factor or size
            return f"{{n*{factor}-{factor}}}" if factor and factor.isdecimal() and factor != "0" else None
        if found["sign"] == "-":
            return "{n-1}"
        first = found["name"] if found["name"].isdecimal() else self._values.get(found["name"].rpartition(".")[2])
        return "{n-1}" if first == "0" and not found["sign"] else "{n}"

    def _fill(self, expression: str) -> str | None:
        """Return a URL or query written as joined constants and variables, ``None`` if something is unknown."""
        text, expression = "", expression.strip()
        if re.fullmatch(r"[A-Za-z_$][\w$]*", expression) and self._constant(expression) is None:
            found = re.search(rf"\b{re.escape(expression)}\s*=\s*(['\"`][^;\n]+)", self._script)
            expression = found[1] if found else expression
        size = next((value for key, value in _VALUE.findall(expression) if key.lower() in _names().size_keys), None)
        for term in _TERM.findall(expression):
            if term.startswith("`"):
                for number, part in enumerate(_IN_LITERAL.split(term[1:-1])):
                    value = part if number % 2 == 0 else self._fill_in(text, part, size)
                    if value is None:
                        return None
                    text += value
                continue
            constant = self._constant(term)
            is_written = constant is not None and (term[:1] in "'\"" or not _page_key_at_end(text))
            value = constant if is_written else self._fill_in(text, term, size)
            if value is None:
                return None
            text += value
        return text or None

    def _fill_in(self, before: str, expression: str, size: str | None) -> str | None:
        """Return the value of a variable behind the text `before` of a URL; a page has `size` entries."""
        if found := _KEY_AT_END.search(before):
            return self._value(found[1], expression, size)
        if (constant := self._constant(expression)) is not None:
            return constant
        name = re.sub(r"[^\w$.]", "", expression).rpartition(".")[2].lower()
        is_number = is_page_key(name) or name in _names().page_variables
        return self._placeholder(name, expression, None) if is_number and before[-1:] in ("/", "_", "-") else None


def _page_key_at_end(text: str) -> bool:
    found = _KEY_AT_END.search(text)
    return found is not None and is_page_key(found[1])


def _to_json(value: str) -> str:
    return value if value.isdecimal() or JSON_PAGE_NUMBER.fullmatch(value) else json.dumps(value)
