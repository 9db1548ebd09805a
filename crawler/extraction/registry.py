"""Page classes by host and day of capture."""

import importlib
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from crawler.extraction.errors import PageClassError
from crawler.extraction.page import ArticlePage

PageT = TypeVar("PageT", bound=type[ArticlePage])


@dataclass(frozen=True, slots=True)
class _PageRule:
    """A page class and the last capture day it reads (``None`` for the current layout)."""

    page: type[ArticlePage]
    until: date | None


@dataclass(frozen=True, slots=True)
class BrokenModule:
    """A file of page classes that does not load, the hosts it is for, and the reason in one line."""

    file: str
    hosts: frozenset[str]
    reason: str

    @property
    def message(self) -> str:
        """The reason with the file, for people."""
        return f"the page class in {self.file} does not load: {self.reason} — correct the file"


@dataclass(slots=True)
class PageRegistry:
    """Page classes by host. A host includes its subdomains; the longest matching host wins."""

    _rules: dict[str, list[_PageRule]] = field(default_factory=dict)

    def handles(self, *hosts: str, until: date | None = None) -> Callable[[PageT], PageT]:
        """Return a class decorator that registers a page class for `hosts`, captured up to the day `until`.

        Raises PageClassError if another class already handles one of the hosts up to the same day.
        """

        def register(page: PageT) -> PageT:
            for host in hosts:
                rules = self._rules.setdefault(host.lower(), [])
                if any(rule.until == until for rule in rules):
                    when = f"until {until}" if until else "today"
                    raise PageClassError(f"{page.__name__}: pages of {host} are handled already ({when}); set until=")
                rules.append(_PageRule(page, until))
                rules.sort(key=lambda rule: rule.until or date.max)
            return page

        return register

    def remove_module(self, module: str) -> frozenset[str]:
        """Remove the classes of a Python module, and return the hosts they were for."""
        hosts = set()
        for host, rules in self._rules.items():
            if any(rule.page.__module__ == module for rule in rules):
                hosts.add(host)
                rules[:] = [rule for rule in rules if rule.page.__module__ != module]
        return frozenset(hosts)

    def page_for(self, url: str, captured_at: datetime | None = None) -> type[ArticlePage]:
        """Return the class for a page of `url` captured at that time, `ArticlePage` if its host has none."""
        day = captured_at.date() if captured_at else None
        for host in _domains_of(_host_of(url)):
            for rule in self._rules.get(host, ()):
                if rule.until is None or (day is not None and day <= rule.until):
                    return rule.page
        return ArticlePage


def _domains_of(host: str) -> Iterator[str]:
    """Yield a host and the domains it is in, longest first."""
    while host:
        yield host
        host = host.partition(".")[2]


def _host_of(url: str) -> str:
    """Return the host of a URL in lower case, or an empty string if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


#: The project's page classes. Module state because the modules of `crawler.extraction.sites` register themselves in it
#: when `page_for` first imports them.
pages = PageRegistry()


def page_for(url: str, captured_at: datetime | None = None) -> type[ArticlePage]:
    """Return the project's class for a page of `url` captured at that aware time; ``None`` means today's layout.

    Raises PageClassError if the file with the class of that host does not load. Pages of other hosts are not affected.
    """
    if broken := _load_sites():
        _require_loaded(_host_of(url), broken)
    return pages.page_for(url, captured_at)


def find_broken_modules() -> list[BrokenModule]:
    """Return the files of page classes that do not load."""
    return list(dict.fromkeys(_load_sites().values()))


def find_load_error(hosts: Iterable[str]) -> str | None:
    """Return why pages of one of `hosts`, or of a host below them, cannot be read, or ``None`` if they can."""
    for broken in find_broken_modules():
        for host in hosts:
            below = any(one == host or one.endswith(f".{host}") for one in broken.hosts)
            if below or broken.hosts.intersection(_domains_of(host.lower())):
                return broken.message
    return None


def _require_loaded(host: str, broken: Mapping[str, BrokenModule]) -> None:
    for domain in _domains_of(host):
        if domain in broken:
            raise PageClassError(broken[domain].message)


@cache
def _load_sites() -> Mapping[str, BrokenModule]:
    """Import the modules of `crawler.extraction.sites` once: plug-ins, loaded late and by name as they import this.

    Return those that fail by each host they are for: an error in the file of one site must not stop the others.
    """
    sites = importlib.import_module("crawler.extraction.sites")
    broken = {}
    for folder in sites.__path__:
        for module in pkgutil.iter_modules([folder]):
            name = f"{sites.__name__}.{module.name}"
            try:
                importlib.import_module(name)
            except Exception as error:  # any error that Python code can raise
                failed = _describe_broken(Path(folder) / f"{module.name}.py", pages.remove_module(name), error)
                broken.update(dict.fromkeys(failed.hosts, failed))
    return broken


_HANDLES = re.compile(r"\bhandles\s*\(([^)]*)")
_HOST = re.compile(r"""["']([\w-]+(?:\.[\w-]+)+)["']""")


def _describe_broken(file: Path, registered: frozenset[str], error: Exception) -> BrokenModule:
    """Describe a file that does not load. Its hosts are read from its text, or else from its name."""
    try:
        source = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        source = ""
    written = {host.lower() for call in _HANDLES.findall(source) for host in _HOST.findall(call)}
    hosts = registered | written or {file.stem.replace("_", ".").lower()}
    return BrokenModule(str(file), frozenset(hosts), _describe_error(file, error))


def _describe_error(file: Path, error: Exception) -> str:
    """Return type, text and line of an error in one line."""
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1] if frames else None
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" + (f" (line {line})" if line else "")
