"""Reading and validation of site files (TOML)."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError
from msgspec import Meta, Struct
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.sites.hosts import host_of, registrable_domain
from crawler.sites.issue_url import ISSUE_DATE, check_issue_url
from crawler.sites.model import DEFAULT_DELAY, DEFAULT_MAX_PAGES, DEFAULT_REREAD, PAGE_NUMBER, JsonList, Section, Site
from crawler.sites.path_pattern import PathPattern, PatternError

#: The folder of the site files that ship with the package.
BUNDLED = Path(__file__).resolve().parents[2] / "settings" / "sites"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
#: The path of a value in JSON, in a template of `next`.
_JSON_VALUE = re.compile(r"\{[A-Za-z_]\w*(?:\.\w+)+\}")
#: A file name or path without a page number; no CSS selector looks like this.
_FILE_NAME = re.compile(r"^[\w-]+$|[/?{}]|\.(?:s?html?|php|aspx?|jsp|do)$", re.IGNORECASE)


class SiteError(Exception):
    """A site file is invalid. The message gives file, key, value and what is allowed."""


def load_sites(folders: Iterable[Path]) -> dict[str, Site]:
    """Return the sites of every ``*.toml`` in `folders`, by name. A user's site replaces a bundled one of that name.

    Raises SiteError if a folder does not exist, a file is invalid, or two files use the same name.
    """
    sites: dict[str, Site] = {}
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise SiteError(f"{folder}: folder of site files not found; create it, or name another with --sites")
        for file in sorted(folder.glob("*.toml")):
            site = read_site(file)
            other = files.get(site.name)
            if other and other != file and other.parent != BUNDLED:
                raise SiteError(f"{file}: name = {site.name!r} is already used by {other}; names must be unique")
            files[site.name] = file
            sites[site.name] = site
    return sites


def site_folders(paths: str | None = None) -> list[Path]:
    """Return the folders of site files: the bundled one, then those in `paths`, separated as in ``PATH``."""
    return [BUNDLED, *(Path(path) for path in (paths or "").split(os.pathsep) if path)]


def read_site(file: Path) -> Site:
    """Read the site described by `file`. Raises SiteError if it is unreadable, not TOML, or not a valid site."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{file}: not valid TOML: {error}") from error
    try:
        # `date` as a builtin type: TOML has dates of its own, so a quoted one is an error.
        values = msgspec.convert(table, _SiteTable, dec_hook=_read_checked, builtin_types=(date,))
    except msgspec.ValidationError as error:
        raise SiteError(f"{file}: {_explain(error, table, file)}") from error
    return values.site(file)


class _Text(str):
    """Text that is not blank. A subclass adds a `check`, which raises ValueError, and says what is `expected`."""

    expected = "text that is not blank"

    @classmethod
    def read(cls, value: object) -> Self:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"expected {cls.expected}")
        try:
            cls.check(value)
        except ValueError as error:
            raise ValueError(f"expected {cls.expected}" + (f" ({error})" if str(error) else "")) from error
        return cls(value)

    @classmethod
    def check(cls, text: str) -> None:
        """Accept any text."""


class _SiteName(_Text):
    expected = "lower-case letters, digits and _, starting with a letter"

    @classmethod
    def check(cls, text: str) -> None:
        if not _NAME.fullmatch(text):
            raise ValueError


class _HttpUrl(_Text):
    expected = "an http or https URL with a host"

    @classmethod
    def check(cls, text: str) -> None:
        if not host_of(text) or urlsplit(text).scheme not in ("http", "https"):
            raise ValueError


class _SectionUrl(_HttpUrl):
    expected = "an http or https URL with a host; a day is written as in {date:%Y-%m/%d}"

    @classmethod
    def check(cls, text: str) -> None:
        super().check(text)
        check_issue_url(text)


class _HostName(_Text):
    expected = "a host name without scheme, port or path"

    @classmethod
    def check(cls, text: str) -> None:
        if host_of(f"//{text}") != text.lower():
            raise ValueError


class _TimeZone(_Text):
    expected = "an IANA time zone such as Asia/Shanghai"

    @classmethod
    def check(cls, text: str) -> None:
        try:
            ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            raise ValueError from None


class _CssSelector(_Text):
    expected = "a CSS selector such as ul.list a"

    @classmethod
    def check(cls, text: str) -> None:
        try:
            LexborHTMLParser("").css(text)
        except SelectolaxError:
            raise ValueError from None


class _NextPages(_CssSelector):
    expected = (
        "the page number {n} (from 1), {n+1} (from 2) or {n*20} (entries) as in index_{n}.html, "
        "or the CSS selector of the link to the next page"
    )

    @classmethod
    def check(cls, text: str) -> None:
        if PAGE_NUMBER.search(text) or _JSON_VALUE.search(text):
            return
        if _FILE_NAME.search(text):
            raise ValueError
        super().check(text)


class _JsonUrl(_HttpUrl):
    expected = "an http or https URL with a host, and a page number {n} (from 1), {n-1} (from 0) or {n*20-20} (entries)"


class _Regex(_Text):
    expected = "a regular expression"

    @classmethod
    def check(cls, text: str) -> None:
        try:
            PathPattern(text)
        except PatternError as error:
            raise ValueError(str(error)) from error


class _Cadence(_Text):
    expected = 'adaptive, manual or a cron line such as "*/30 6-23 * * *"'

    @classmethod
    def check(cls, text: str) -> None:
        if text in ("adaptive", "manual"):
            return
        try:
            if len(text.split()) != 5:
                raise ValueError("a cron line has five fields")
            next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
        except CronSimError as error:
            raise ValueError(str(error)) from error
        except StopIteration:
            raise ValueError("it never matches") from None


class _Hours(_Text):
    expected = "a span of the day in the site's timezone such as 22:00-06:00"

    @classmethod
    def check(cls, text: str) -> None:
        if not _HOURS.fullmatch(text) or text[:5] == text[6:] or text == "00:00-24:00":
            raise ValueError


class _Interval(_Text):
    expected = "a time such as 1 h or 10 d"
    _parts = re.compile(r"([1-9]\d{0,3})\s?([mhd])")
    _units: ClassVar[Mapping[str, timedelta]] = {
        "m": timedelta(minutes=1),
        "h": timedelta(hours=1),
        "d": timedelta(days=1),
    }

    @classmethod
    def check(cls, text: str) -> None:
        if not cls._parts.fullmatch(text):
            raise ValueError

    @property
    def time(self) -> timedelta:
        found = self._parts.fullmatch(self)
        assert found is not None
        return int(found[1]) * self._units[found[2]]


class _Seconds(float):
    @classmethod
    def read(cls, value: object) -> Self:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ValueError("expected seconds above 0")
        return cls(value)


_Count = Annotated[int, Meta(ge=1)]


def _read_checked(kind: Any, value: object) -> object:
    """Convert a value to one of the checked types above (a hook of msgspec)."""
    return kind.read(value)


class _SectionTable(Struct, forbid_unknown_fields=True):
    url: _SectionUrl
    links: _CssSelector | None = None
    next: _NextPages | None = None
    json: _JsonUrl | None = None
    post: _Text | None = None
    items: _Text | None = None
    link: _Text | None = None
    title: _Text | None = None
    date: _Text | None = None

    def __post_init__(self) -> None:
        if ISSUE_DATE.search(self.url) and (self.next or self.json):
            raise ValueError("a url with {date:…} has neither `next` nor `json`: the pages of an issue are followed")

    def section(self) -> Section:
        return Section(str(self.url), _plain(self.links), _plain(self.next), self._json_list())

    def _json_list(self) -> JsonList | None:
        if self.json is None:
            return None
        paths = (self.post, self.items, self.link, self.title, self.date, self.next)
        return JsonList(str(self.json), *map(_plain, paths))


class _ArticlesTable(Struct, forbid_unknown_fields=True):
    path: _Regex | None = None
    boilerplate: tuple[str, ...] = ()


class _CrawlTable(Struct, forbid_unknown_fields=True):
    delay: _Seconds = _Seconds(DEFAULT_DELAY)
    cadence: _Cadence = _Cadence("adaptive")
    max_pages: _Count = DEFAULT_MAX_PAGES
    max_megabytes: _Count | None = None
    max_minutes: _Count | None = None
    max_pages_a_day: _Count | None = None
    hours: _Hours | None = None
    reread: tuple[_Interval, ...] | None = None
    requisites: bool = False


class _SiteTable(Struct, forbid_unknown_fields=True):
    """A site file. Its fields, in this order, are the keys that a file may have."""

    name: _SiteName
    home: _HttpUrl
    title: _Text | None = None
    hosts: tuple[_HostName, ...] = ()
    language: _Text | None = None
    timezone: _TimeZone | None = None
    since: date | None = None
    feeds: tuple[_HttpUrl, ...] = ()
    sitemaps: tuple[_HttpUrl, ...] = ()
    sections: tuple[_SectionTable, ...] = ()
    articles: _ArticlesTable = msgspec.field(default_factory=_ArticlesTable)
    crawl: _CrawlTable = msgspec.field(default_factory=_CrawlTable)

    def site(self, file: Path) -> Site:
        return Site(
            name=str(self.name),
            home=str(self.home),
            title=_plain(self.title),
            hosts=tuple(host.lower() for host in self.hosts) or (registrable_domain(host_of(self.home)),),
            language=_plain(self.language),
            timezone=_plain(self.timezone),
            since=self.since,
            feeds=tuple(map(str, self.feeds)),
            sitemaps=tuple(map(str, self.sitemaps)),
            sections=tuple(table.section() for table in self.sections),
            article_path=PathPattern(self.articles.path, str(file)) if self.articles.path else None,
            boilerplate=self.articles.boilerplate,
            delay=float(self.crawl.delay),
            cadence=str(self.crawl.cadence),
            max_pages=self.crawl.max_pages,
            max_megabytes=self.crawl.max_megabytes,
            max_minutes=self.crawl.max_minutes,
            max_pages_a_day=self.crawl.max_pages_a_day,
            hours=_plain(self.crawl.hours),
            requisites=self.crawl.requisites,
            reread=DEFAULT_REREAD if self.crawl.reread is None else tuple(one.time for one in self.crawl.reread),
        )


def _plain(text: str | None) -> str | None:
    """Return `text` as a plain ``str``: libraries written in C refuse subclasses."""
    return None if text is None else str(text)


# From here on: msgspec's errors in the terms of a site file.

_TABLES = {"": _SiteTable, "sections": _SectionTable, "articles": _ArticlesTable, "crawl": _CrawlTable}

_EXAMPLES = {"home": "https://www.example.com/", "url": "https://www.example.com/news/"}

_TYPES = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a day without quotes, such as 1999-10-01",
}


def _explain(error: msgspec.ValidationError, table: Mapping[str, Any], file: Path) -> str:
    """Describe `error` with the key as a site file has it and, unless a key is unknown or missing, its value."""
    message, _, path = str(error).partition(" - at `$")
    steps = re.findall(r"\w+", path)
    key = "".join(f"[{int(step) + 1}]" if step.isdecimal() else f".{step}" for step in steps).lstrip(".")
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return _explain_unknown(found[1], key)
    if found := re.fullmatch(r"Object missing required field `(.*)`", message):
        example = _EXAMPLES.get(found[1], file.stem)
        return f"missing key {found[1]!r}{_describe_place(key)}; add a line such as {found[1]} = {example!r}"
    value: Any = table
    for step in steps:
        value = value[int(step) if step.isdecimal() else step]
    expected = message.split(", got ")[0] if error.__cause__ is None else message
    for name, words in _TYPES.items():
        expected = re.sub(rf"^Expected `{name}(?: \| null)?`", f"expected {words}", expected)
    return f"{key} = {value!r} is invalid: {expected}"


def _explain_unknown(key: str, parent: str) -> str:
    allowed = _TABLES[parent.partition("[")[0]].__struct_fields__
    close = get_close_matches(key, allowed, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown key {key!r}{_describe_place(parent)}; {hint}allowed keys: {', '.join(allowed)}"


def _describe_place(parent: str) -> str:
    if not parent:
        return ""
    return f" in {parent}" if parent.endswith("]") else f" in [{parent}]"
