"""Pagers printed by a script: ``createPageHTML(5, 0, 'index', 'html')``, ``Pager({...})``, ``var countPage = 5``.

The names of functions, options and variables are in ``pager_scripts.toml``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from crawler.discovery.page_scripts import read_variables, split_arguments, unquote
from crawler.extraction.data.table_file import Table, load_table
from crawler.extraction.document import Document, resolve

#: Most pages that a script may announce; a larger number counts something else.
_MAX_COUNT = 20_000

_FILE_NAME = re.compile(r"[\w./~%-]+")
_EXTENSION = re.compile(r"\.?(s?html?|php|aspx?|jsp|do)", re.IGNORECASE)
#: File name and extension that a script writes around a number: "index" + "_" + n + "." + "html".
_WRITTEN_NAME = re.compile(
    r"""([A-Za-z][\w-]{0,40}?)\\?["']?\s*\+\s*\\?["']_\\?["']|=\\?["']?([A-Za-z][\w-]{0,40}?)_["']\s*\+"""
)
_WRITTEN_EXTENSION = re.compile(
    r"""\+\s*\\?["'](?:\.\\?["']\s*\+\s*\\?["'])?\.?(s?html?|php|aspx?|jsp)\b""", re.IGNORECASE
)
_COMMENTED = re.compile(r"(?<![:\"'])//")


class _Names(Table, frozen=True):
    count: tuple[str, ...]
    current: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    extension: tuple[str, ...] = ()
    url: tuple[str, ...] = ()


class _PagerTable(Table, frozen=True):
    """The tables of ``pager_scripts.toml``."""

    calls: tuple[str, ...]
    option_calls: tuple[str, ...]
    placeholders: tuple[str, ...]
    page_keys: tuple[str, ...]
    names: _Names
    idioms: _Names


@cache
def _table() -> _PagerTable:
    return load_table(Path(__file__).with_suffix(".toml"), _PagerTable)


@dataclass(frozen=True, slots=True)
class ScriptPager:
    """A pager printed by a script.

    `count` is the number of pages, `current` the number of the page as its script counts, `pattern` the relative URL of
    a further page with ``{}`` for its number, `origin` the beginning of the script for people.
    """

    count: int
    current: int
    pattern: str
    origin: str

    def first_number(self, index: int) -> int:
        """Return the number of the first page, 0 or 1, if this is the page `index` pages behind it."""
        return 1 if self.current == index + 1 else 0

    def page_name(self, number: int) -> str:
        """Return the relative URL of the page with `number`."""
        return self.pattern.replace("{}", str(number))

    def next_name(self, index: int) -> str | None:
        """Return the relative URL of the page after that which is `index` pages behind the first, if there is one."""
        return self.page_name(index + 1 + self.first_number(index)) if index + 1 < self.count else None

    def template(self) -> str:
        """Return the URL template of the pages after the first, as in `crawler.sites.Section`."""
        return self.pattern.replace("{}", "{n+1}" if self.current == 1 else "{n}")


def find_script_pager(document: Document) -> ScriptPager | None:
    """Return the pager that a script of the page prints, or ``None``. Pagers of one page are ignored."""
    text = document.text
    if not _any_name().search(text):
        return None
    variables = read_variables(text)
    found = (*_find_calls(text, variables), *_find_option_calls(text, variables))
    pager = next(iter(found), None) or _read_variable_pager(document, variables)
    return pager if pager and 1 < pager.count <= _MAX_COUNT else None


def find_next_by_script(document: Document, pager: ScriptPager, index: int) -> str | None:
    """Return the URL of the next page by a script's pager; ``None`` on the last page."""
    name = pager.next_name(index)
    return resolve(document.base_url, urljoin(document.base_url, name)) if name else None


def is_page_key(name: str) -> bool:
    """True if a parameter of a query with this name holds a page number."""
    return name.lower() in _table().page_keys


@cache
def _any_name() -> re.Pattern[str]:
    table = _table()
    names = (*table.calls, *table.option_calls, *map(re.escape, table.idioms.count), *map(re.escape, table.names.count))
    return re.compile("|".join(name.removeprefix(r"\w*") for name in names), re.IGNORECASE)


@cache
def _call_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{'|'.join(_table().calls)})\s*\(([^()]*)\)", re.IGNORECASE)


@cache
def _option_call_pattern() -> re.Pattern[str]:
    names = "|".join(_table().option_calls)
    options = r"\{([^{}]*(?:\{\w*\}[^{}]*)*)\}"
    return re.compile(rf"(?<![\w$])(?:[\w$()'\"#.]{{1,60}}\.)?(?:{names})\s*\(\s*[^(){{}}]*{options}", re.IGNORECASE)


def _find_calls(text: str, variables: Mapping[str, str]) -> Iterator[ScriptPager]:
    for found in _call_pattern().finditer(text):
        if _is_commented(text, found.start()) or text[: found.start()].rstrip().endswith("function"):
            continue
        values = [_value_of(token, variables) for token in split_arguments(found[1])]
        if pager := _read_arguments([value for value in values if value is not None], found[0][:14]):
            yield pager


def _read_arguments(values: list[str], origin: str) -> ScriptPager | None:
    """Read count, current page, and then file name and extension or a URL with a placeholder, in this order."""
    numbers = [position for position, value in enumerate(values) if value.isdecimal()]
    if len(numbers) < 2:
        return None
    texts = [value for value in values[numbers[0] + 1 :] if not value.isdecimal()]
    if pattern := next(filter(None, map(_fill_placeholder, texts)), None):
        return ScriptPager(int(values[numbers[0]]), int(values[numbers[1]]), pattern, origin)
    if len(texts) < 2 or not (pattern := _file_pattern(texts[0], texts[1])):
        return None
    return ScriptPager(int(values[numbers[0]]), int(values[numbers[1]]), pattern, origin)


def _find_option_calls(text: str, variables: Mapping[str, str]) -> Iterator[ScriptPager]:
    for found in _option_call_pattern().finditer(text):
        if _is_commented(text, found.start()):
            continue
        options: dict[str, str] = {}
        for part in split_arguments(found[1]):
            key, _, token = part.partition(":")
            if (value := _value_of(token.strip(), variables)) is not None:
                options.setdefault(key.strip().strip("'\"").lower(), value)
        if pager := _read_options(options, found[0].partition("(")[0]):
            yield pager


def _read_options(options: Mapping[str, str], origin: str) -> ScriptPager | None:
    names = _table().names
    count, current = _pick(options, names.count), _pick(options, names.current)
    if not count or not count.isdecimal():
        return None
    pattern = _fill_placeholder(_pick(options, names.url) or "")
    if pattern is None:
        name, extension = _pick(options, names.name), _pick(options, names.extension)
        pattern = _file_pattern(name, extension) if name and extension else None
    number = int(current) if current and current.isdecimal() else 0
    return ScriptPager(int(count), number, pattern, origin) if pattern else None


def _read_variable_pager(document: Document, variables: Mapping[str, str]) -> ScriptPager | None:
    """Read variables such as countPage, with the file name that the script writes or that of the page itself."""
    table = _table()
    lowered = {name.lower(): value for name, value in variables.items()}
    idiom, count = _pick(lowered, table.idioms.count), _pick(lowered, table.names.count)
    if not (idiom or count or "").isdecimal():
        return None
    written = _WRITTEN_NAME.search(document.text)
    if not idiom and not written:
        return None
    own_name, _, own_extension = urlsplit(document.url).path.rpartition("/")[2].partition(".")
    name = (written[1] or written[2]) if written else None
    ending = _WRITTEN_EXTENSION.search(document.text)
    pattern = _file_pattern(
        _pick(lowered, table.names.name) or name or re.sub(r"_\d+$", "", own_name) or "index",
        _pick(lowered, table.names.extension) or (ending[1] if ending else own_extension or "html"),
    )
    current = _pick(lowered, table.names.current) or "0"
    number = int(current) if current.isdecimal() else 0
    return ScriptPager(int(idiom or count or 0), number, pattern, "countPage") if pattern else None


def _pick(values: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((values[name.lower()] for name in names if values.get(name.lower())), None)


def _value_of(token: str, variables: Mapping[str, str]) -> str | None:
    """Return the value of an argument: a constant or a variable with a constant value."""
    text = unquote(token)
    if text is not None:
        return text
    return token if token.isdecimal() else variables.get(token)


def _fill_placeholder(text: str) -> str | None:
    """Return a URL with ``{}`` in the place of its placeholder, or ``None`` if it has none."""
    for placeholder in _table().placeholders:
        if placeholder in text:
            return text.replace(placeholder, "{}")
    return None


def _file_pattern(name: str, extension: str) -> str | None:
    ending = _EXTENSION.match(extension)
    if not _FILE_NAME.fullmatch(name) or ending is None:
        return None
    separator = "" if name.endswith("_") else "_"
    return f"{name}{separator}{{}}.{ending[1]}"


def _is_commented(text: str, position: int) -> bool:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return _COMMENTED.search(line) is not None
