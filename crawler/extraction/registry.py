"""Page classes by host and day of capture."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
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

    def page_for(self, url: str, captured_at: datetime | None = None) -> type[ArticlePage]:
        """Return the class for a page of `url` captured at that time, `ArticlePage` if its host has none."""
        host = _host_of(url)
        day = captured_at.date() if captured_at else None
        while host:
            for rule in self._rules.get(host, ()):
                if rule.until is None or (day is not None and day <= rule.until):
                    return rule.page
            host = host.partition(".")[2]
        return ArticlePage


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
    """Return the project's class for a page of `url` captured at that aware time; ``None`` means today's layout."""
    _load_sites()
    return pages.page_for(url, captured_at)


@cache
def _load_sites() -> None:
    """Import the modules of `crawler.extraction.sites` once: plug-ins, loaded late and by name as they import this."""
    sites = importlib.import_module("crawler.extraction.sites")
    for module in pkgutil.iter_modules(sites.__path__):
        importlib.import_module(f"{sites.__name__}.{module.name}")
