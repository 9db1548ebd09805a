"""A site as its TOML file describes it: what to crawl, how often, how gently."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tldextract
from cronsim import CronSim, CronSimError
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

#: Seconds from the end of a response to the next request, where a site file says nothing.
DEFAULT_DELAY = 5.0

DEFAULT_MAX_PAGES = 500

#: The folder of the site files that come with the package.
BUNDLED = Path(__file__).resolve().parent.parent / "settings" / "sites"

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_PAGE_NUMBER = re.compile(r"\{n(?:\*(?P<times>[1-9]\d{0,3}))?(?:\+(?P<plus>[1-9]\d{0,3}))?\}")
#: What a name of pages without a number looks like, and no CSS does.
_FILE_NAME = re.compile(r"^[\w-]+$|[/?{}]|\.(?:s?html?|php|aspx?|jsp|do)$", re.IGNORECASE)

#: What selectors are tried on: a page with nothing in it.
_NO_PAGE = LexborHTMLParser("")

_KEYS = [
    "name",
    "title",
    "home",
    "hosts",
    "language",
    "timezone",
    "since",
    "feeds",
    "sitemaps",
    "sections",
    "articles",
    "crawl",
]

_CRAWL_KEYS = [
    "delay",
    "cadence",
    "max_pages",
    "max_megabytes",
    "max_minutes",
    "max_pages_a_day",
    "hours",
    "requisites",
]

_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")

# The list that comes with the package: a crawl must not depend on fetching one.
_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


class SiteError(Exception):
    """A site file that cannot be used: the message names file, key, value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Section:
    """A list page of articles.

    `links` is the CSS of its article links, ``None`` for every followable link; `next` the name of its numbered pages,
    relative to `url`: ``{n}`` counts the pages after the first from 1, ``{n+1}`` from 2, ``{n*20}`` the entries before
    them. Or it is the CSS of the link to the next page, ``None`` for what calls itself so.
    """

    url: str
    links: str | None = None
    next: str | None = None

    @property
    def is_numbered(self) -> bool:
        """Whether its pages have numbers in their addresses."""
        return bool(self.next and _PAGE_NUMBER.search(self.next))

    def page(self, number: int) -> str | None:
        """The URL of the numbered page that follows the first one, ``None`` where pages are not numbered."""
        if self.next is None or not self.is_numbered:
            return None

        def counted(found: re.Match[str]) -> str:
            return str(number * int(found["times"] or 1) + int(found["plus"] or 0))

        return urljoin(self.url, _PAGE_NUMBER.sub(counted, self.next))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A portal. `name` is its spider's name; `hosts` its own, with their subdomains; `delay` seconds from the end of a
    response to the next request; `max_pages`, `max_megabytes` (10^6 octets on the wire) and `max_minutes` the budget of
    one visit, `max_pages_a_day` that of a day in the site's `timezone`; `hours` the span of that day in which requests
    are made, such as ``22:00-06:00``; ``None`` is no limit. `since` is the first day it published on, `boilerplate` the
    paragraphs it prints in story after story. `article_path` tells article paths from others,
    ``None`` when the file leaves that to the crawler; `cadence` is ``adaptive``, ``manual`` or a cron line."""

    name: str
    home: str
    title: str | None = None
    hosts: tuple[str, ...] = ()
    language: str | None = None
    timezone: str | None = None
    since: date | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    article_path: re.Pattern[str] | None = None
    boilerplate: tuple[str, ...] = ()
    delay: float = DEFAULT_DELAY
    cadence: str = "adaptive"
    max_pages: int = DEFAULT_MAX_PAGES
    max_megabytes: int | None = None
    max_minutes: int | None = None
    max_pages_a_day: int | None = None
    hours: str | None = None
    requisites: bool = False

    def owns(self, url: str) -> bool:
        """Whether `url` is on one of the site's hosts or their subdomains."""
        host = host_of(url)
        return any(host == own or host.endswith(f".{own}") for own in self.hosts)

    def is_article(self, url: str) -> bool | None:
        """Whether `url` is an article's by its path; ``None`` where the site file does not say."""
        if not self.owns(url):
            return False
        return bool(self.article_path.search(urlsplit(url).path)) if self.article_path else None

    @property
    def is_loopback(self) -> bool:
        """Whether the site itself is on this machine, as samples and tests are."""
        return is_loopback_host(host_of(self.home))


def host_of(url: str) -> str:
    """The host of `url`, lower-case, without port; empty where it has none."""
    try:
        return _host_in(urlsplit(url).netloc)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _host_in(netloc: str) -> str:
    return urlsplit(f"//{netloc}").hostname or ""


def is_loopback_host(host: str) -> bool:
    """Whether `host` names this machine: a loopback address, or a name under ``localhost`` (RFC 6761, section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """The registrable domain of `host`; the host itself for an address or a bare name.

    A name under a top level that the Public Suffix List does not have (``localhost``, ``test``) follows its default
    rule ``*``: the last two labels.
    """
    parts = _domains(host)
    if parts.suffix or parts.ipv4 or parts.ipv6:
        return parts.top_domain_under_public_suffix or host
    return ".".join(host.split(".")[-2:])


def site_name(text: str) -> str:
    """`text`, a host's name say, as the name of a site: small letters, digits and ``_``, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"site_{name}"


def load_sites(folders: Iterable[Path]) -> dict[str, Site]:
    """The sites of every ``*.toml`` in `folders`, by name. One of your own replaces a bundled one of its name.

    Raises SiteError for a folder that is not there, a file that cannot be used, or a name that two files have.
    """
    sites: dict[str, Site] = {}
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise SiteError(f"{folder}: there is no such folder of site files; make it, or name another with --sites")
        for file in sorted(folder.glob("*.toml")):
            site = read_site(file)
            taken = files.get(site.name)
            if taken and taken != file and taken.parent != BUNDLED:
                raise SiteError(f"{file}: name = {site.name!r} is already taken by {taken}; give each its own")
            files[site.name] = file
            sites[site.name] = site
    return sites


def site_folders(data: str | None = None) -> list[Path]:
    """The folders of site files: the bundled one and each in `data`, a list as ``PATH`` has it."""
    return [BUNDLED, *(Path(part) for part in (data or "").split(os.pathsep) if part)]


def read_site(file: Path) -> Site:
    """The site in `file`. Raises SiteError when it is not readable, not TOML or not a site."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{file}: not valid TOML: {error}") from error
    return _SiteReader(file).site(table)


class _SiteReader:
    """Reads a site's table, naming file, key and value in each error."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def site(self, table: Mapping[str, Any]) -> Site:
        self.known(table, "", _KEYS)
        articles = self.table(table, "articles", ["path", "boilerplate"])
        crawl = self.table(table, "crawl", _CRAWL_KEYS)
        home = self.url(table, "home")
        return Site(
            name=self.name(table),
            home=home,
            title=self.text(table, "title"),
            hosts=self.hosts(table) or (registrable_domain(host_of(home)),),
            language=self.text(table, "language"),
            timezone=self.zone(table),
            since=self.day(table, "since"),
            feeds=self.urls(table, "feeds"),
            sitemaps=self.urls(table, "sitemaps"),
            sections=tuple(self.section(entry, n) for n, entry in enumerate(self.entries(table, "sections"), 1)),
            article_path=self.pattern(articles, "path", "articles."),
            boilerplate=self.strings(articles, "boilerplate", "articles."),
            delay=self.delay(crawl),
            cadence=self.cadence(crawl),
            max_pages=self.count(crawl, "max_pages") or DEFAULT_MAX_PAGES,
            max_megabytes=self.count(crawl, "max_megabytes"),
            max_minutes=self.count(crawl, "max_minutes"),
            max_pages_a_day=self.count(crawl, "max_pages_a_day"),
            hours=self.span(crawl, "hours"),
            requisites=self.flag(crawl, "requisites"),
        )

    def error(self, key: str, value: object, allowed: str) -> SiteError:
        return SiteError(f"{self.file}: {key} = {value!r} cannot be used: {allowed}")

    def known(self, table: Mapping[str, Any], prefix: str, keys: list[str]) -> None:
        for key, value in table.items():
            if key not in keys:
                meant = get_close_matches(key, keys, 1)
                nearest = f"is {prefix}{meant[0]} meant? " if meant else ""
                raise SiteError(
                    f"{self.file}: there is no key {prefix}{key} (= {value!r}); {nearest}known here: {', '.join(keys)}"
                )

    def table(self, table: Mapping[str, Any], key: str, keys: list[str]) -> Mapping[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, value, f"a table is wanted, [{key}]")
        self.known(value, f"{key}.", keys)
        return value

    def entries(self, table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
            raise self.error(key, value, f"tables are wanted, [[{key}]]")
        return value

    def text(self, table: Mapping[str, Any], key: str, prefix: str = "") -> str | None:
        value = table.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.error(prefix + key, value, "a text is wanted")
        return value

    def name(self, table: Mapping[str, Any]) -> str:
        value = self.text(table, "name")
        if value is None:
            raise SiteError(f"{self.file}: the key name is missing: a word such as name = {self.file.stem!r}")
        if not _NAME.fullmatch(value):
            raise self.error("name", value, "small letters, digits and _ are allowed, a letter first")
        return value

    def url(self, table: Mapping[str, Any], key: str, prefix: str = "") -> str:
        value = self.text(table, key, prefix)
        if value is None:
            raise SiteError(f"{self.file}: the key {prefix}{key} is missing: a URL such as https://www.example.com/")
        return self.http_url(prefix + key, value)

    def http_url(self, key: str, value: object) -> str:
        if isinstance(value, str) and host_of(value) and urlsplit(value).scheme in ("http", "https"):
            return value
        raise self.error(key, value, "an http or https URL with a host is wanted")

    def day(self, table: Mapping[str, Any], key: str) -> date | None:
        value = table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        raise self.error(key, value, "a day without quotes is wanted, such as 1999-10-01")

    def strings(self, table: Mapping[str, Any], key: str, prefix: str = "") -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.error(prefix + key, value, "a list of texts is wanted")
        return tuple(value)

    def urls(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return tuple(self.http_url(key, value) for value in self.strings(table, key))

    def hosts(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        hosts = self.strings(table, "hosts")
        for host in hosts:
            if host_of(f"//{host}") != host.lower() or not host:
                raise self.error("hosts", host, "host names are wanted, without scheme, port or path")
        return tuple(host.lower() for host in hosts)

    def zone(self, table: Mapping[str, Any]) -> str | None:
        value = self.text(table, "timezone")
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise self.error("timezone", value, "an IANA name such as Asia/Shanghai is wanted") from error
        return value

    def section(self, entry: Mapping[str, Any], number: int) -> Section:
        prefix = f"sections[{number}]."
        self.known(entry, prefix, ["url", "links", "next"])
        following = self.text(entry, "next", prefix)
        if following is not None and not _PAGE_NUMBER.search(following):
            if _FILE_NAME.search(following):
                allowed = (
                    "it must hold the page's number, {n} (from 1), {n+1} (from 2) or {n*20} (entries): index_{n}.html"
                )
                raise self.error(f"{prefix}next", following, f"{allowed}; or be the CSS of the link to the next page")
            self.selector(entry, "next", prefix)
        return Section(self.url(entry, "url", prefix), self.selector(entry, "links", prefix), following)

    def selector(self, table: Mapping[str, Any], key: str, prefix: str) -> str | None:
        value = self.text(table, key, prefix)
        try:
            _NO_PAGE.css(value or "a")
        except SelectolaxError as error:
            raise self.error(prefix + key, value, "a CSS selector is wanted, such as ul.list a") from error
        return value

    def pattern(self, table: Mapping[str, Any], key: str, prefix: str) -> re.Pattern[str] | None:
        value = self.text(table, key, prefix)
        try:
            return re.compile(value) if value is not None else None
        except re.error as error:
            raise self.error(prefix + key, value, f"not a regular expression: {error}") from error

    def delay(self, table: Mapping[str, Any]) -> float:
        value = table.get("delay", DEFAULT_DELAY)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise self.error("crawl.delay", value, "seconds above 0 are wanted")
        return float(value)

    def cadence(self, table: Mapping[str, Any]) -> str:
        value = self.text(table, "cadence", "crawl.") or "adaptive"
        if value in ("adaptive", "manual"):
            return value
        try:
            if len(value.split()) != 5:
                raise CronSimError("a line has five fields")
            next(CronSim(value, datetime(2026, 1, 1, tzinfo=UTC)))
        except (CronSimError, StopIteration) as error:
            allowed = 'adaptive, manual or a cron line such as "*/30 6-23 * * *" is wanted'
            raise self.error("crawl.cadence", value, f"{allowed} ({error or 'it never comes'})") from error
        return value

    def count(self, table: Mapping[str, Any], key: str) -> int | None:
        value = table.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise self.error(f"crawl.{key}", value, "a whole number from 1 is wanted")
        return value

    def span(self, table: Mapping[str, Any], key: str) -> str | None:
        value = self.text(table, key, "crawl.")
        if value is not None and (not _HOURS.fullmatch(value) or value[:5] == value[6:] or value == "00:00-24:00"):
            raise self.error(f"crawl.{key}", value, "a span of the day in the site's timezone is wanted: 22:00-06:00")
        return value

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.error(f"crawl.{key}", value, "true or false is wanted")
        return value
