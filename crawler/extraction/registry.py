"""Which page class reads a page: chosen by its URL and the day of its capture."""

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
class _Rule:
    """A page class and the last capture day it is good for (``None``: it is today's)."""

    page: type[ArticlePage]
    until: date | None


@dataclass(slots=True)
class PageRegistry:
    """Page classes by host. A host stands for its subdomains too; the longest one that fits a URL decides."""

    _rules: dict[str, list[_Rule]] = field(default_factory=dict)

    def handles(self, *hosts: str, until: date | None = None) -> Callable[[PageT], PageT]:
        """A class decorator: the class reads pages of `hosts` and their subdomains captured up to the day `until`.

        Raises PageClassError when another class already handles a host up to the same day.
        """

        def register(page: PageT) -> PageT:
            for host in hosts:
                rules = self._rules.setdefault(host.lower(), [])
                if any(rule.until == until for rule in rules):
                    when = f"until {until}" if until else "today"
                    raise PageClassError(f"{page.__name__}: pages of {host} are handled already ({when}); set until=")
                rules.append(_Rule(page, until))
                rules.sort(key=lambda rule: rule.until or date.max)
            return page

        return register

    def page_for(self, url: str, captured_at: datetime | None = None) -> type[ArticlePage]:
        """The class for a page of `url` captured then; the general one where no class was made for its site."""
        host = _host(url)
        day = captured_at.date() if captured_at else None
        while host:
            for rule in self._rules.get(host, ()):
                if rule.until is None or (day is not None and day <= rule.until):
                    return rule.page
            host = host.partition(".")[2]
        return ArticlePage


def _host(url: str) -> str:
    """The host of a URL, lower-case; empty for what is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


#: The project's page classes; those of `crawler.extraction.sites` are loaded on first use.
pages = PageRegistry()


def page_for(url: str, captured_at: datetime | None = None) -> type[ArticlePage]:
    """The project's class for a page of `url` captured at that time (aware; unknown is taken for today's layout)."""
    _load_sites()
    return pages.page_for(url, captured_at)


@cache
def _load_sites() -> None:
    from crawler.extraction import sites

    for module in pkgutil.iter_modules(sites.__path__):
        importlib.import_module(f"{sites.__name__}.{module.name}")
