"""Crawls of generated portals as a user makes them, and measurement of what they found.

`ShapeCrawl` serves portals, gets a site file for each from a function (three lines by hand, or `site add`), crawls them
by the command, and measures each portal: articles found, other items, useless requests.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from forked import run_broadsheet
from portal_shapes import ShapedPortal, find_useless_requests, hosts_of
from visit_reports import check_stored_reports

from crawler.demo import DemoServer
from crawler.store import Store
from crawler.urls import url_key

PROJECT = Path(__file__).resolve().parents[2]

#: Site files made at the same time: `site add` waits most of the time.
_MAKERS = 4
#: Fields of an article that every generated portal prints.
FIELDS = ("title", "date", "source", "editor", "body")
#: Minimum share of articles with the right value, for each field.
_MIN_FIELD_SHARE = 0.97

#: Requests that politeness demands; they are never useless.
_POLICY_FILES = ("/robots.txt", "/.well-known/tdmrep.json")


@dataclass(frozen=True)
class ShapeResult:
    """The result of one portal's crawl: its articles by URL, the URLs found, other items, and its requests.

    `fields` is the number of stored articles whose field is as printed, by field.
    """

    expected: frozenset[str]
    found: frozenset[str]
    other_items: tuple[str, ...]
    requests: tuple[tuple[str, str], ...]
    useless: tuple[str, ...]
    fields: Mapping[str, int]

    @property
    def recall(self) -> float:
        """The share of the portal's articles that were stored with the right title and body."""
        return len(self.found) / len(self.expected)

    @property
    def waste(self) -> float:
        """The share of requests that led to nothing new."""
        return len(self.useless) / max(1, len(self.requests))

    def check(self) -> None:
        """Fail unless recall is at least 99 % and at most 10 % of the requests were useless."""
        missing = sorted(self.expected - self.found)
        assert self.recall >= 0.99, f"{len(missing)} of {len(self.expected)} articles missing: {missing[:5]}"
        assert not self.other_items, f"items that are no article: {self.other_items[:5]}"
        assert self.waste <= 0.10, f"{len(self.useless)} of {len(self.requests)} requests useless: {self.useless[:9]}"
        shares = {name: self.fields[name] / len(self.expected) for name in FIELDS}
        assert min(shares.values()) >= _MIN_FIELD_SHARE, shares


SiteFileMaker = Callable[[DemoServer, ShapedPortal, Path], None]


def write_short_site_file(server: DemoServer, portal: ShapedPortal, folder: Path) -> None:
    """Write the three lines that a person would write by hand, and the delay that keeps the test short."""
    home = server.url(portal)
    lines = [f'name = "{portal.name}"', f'home = "{home}"', *portal.third_line(home)]
    speed = f"crawl = {{ delay = 0.01, max_pages = {portal.max_pages} }}"
    (folder / f"{portal.name}.toml").write_text("\n".join([*lines, speed]) + "\n", encoding="utf-8")


def run_command(folder: Path, *arguments: str, data: Path | None = None, **environment: str) -> CompletedProcess[str]:
    """Run a command on the site files and data in `folder`; `data` is another folder for the data.

    Of the project's variables, only those of `environment` are set.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    place = ["--sites", str(folder / "sites"), "--data", str(data or folder)]
    return run_broadsheet(*arguments, *place, cwd=PROJECT, env=clean | environment, timeout=240)


class ShapeCrawl:
    """One crawl of `portals` with site files made by `make_site_file`.

    `reports` are the visit reports by site, `requests` the requests of the crawl itself as (host, target).
    """

    def __init__(self, folder: Path, portals: Sequence[ShapedPortal], make_site_file: SiteFileMaker) -> None:
        self.folder = folder
        self._portals = {portal.name: portal for portal in portals}
        (folder / "sites").mkdir(parents=True)
        with DemoServer([host for portal in portals for host in hosts_of(portal)]) as server:
            with ThreadPoolExecutor(_MAKERS) as pool:
                list(pool.map(lambda portal: make_site_file(server, portal, folder / "sites"), portals))
            before = len(server.log)
            done = run_command(folder, "crawl", *self.written, "--json") if self.written else None
            self.requests = [(one.host, one.path) for one in server.log[before:]]
            self._articles = {portal.name: portal.articles_by_url(server.port) for portal in portals}
        check_stored_reports(folder)
        assert done is None or done.stdout, done.stderr
        self.reports = {report["site"]: report for report in json.loads(done.stdout)} if done else {}

    @property
    def written(self) -> list[str]:
        """The names of the portals that have a site file."""
        return sorted(file.stem for file in (self.folder / "sites").glob("*.toml"))

    def result(self, name: str) -> ShapeResult:
        """Return the result of one portal."""
        portal, expected = self._portals[name], self._articles[name]
        with Store.open(self.folder / "broadsheet.sqlite3") as store:
            items = {url_key(item.url): item for item in store.articles.items(name)}
        found = frozenset(
            url
            for url, article in expected.items()
            if (item := items.get(url_key(url))) and (item.title, item.body) == (article.title, article.body)
        )
        keys = {url_key(url) for url in expected}
        hosts = {host.host for host in hosts_of(portal)}
        requests = [one for one in self.requests if one[0] in hosts and one[1] not in _POLICY_FILES]
        return ShapeResult(
            expected=frozenset(expected),
            found=found,
            other_items=tuple(item.url for key, item in items.items() if key not in keys),
            requests=tuple(requests),
            useless=tuple(find_useless_requests(portal, requests)),
            fields=Counter(
                name
                for url, article in expected.items()
                if (item := items.get(url_key(url)))
                for name in FIELDS
                if _value(item, name) == _value(article, name)
            ),
        )


def _value(article: Any, field: str) -> str | None:
    """Return a field's value; dates without their zone, which a site file of three lines does not have."""
    value = getattr(article, field)
    return value[:16] if field == "date" and value else value
