"""``broadsheet site check``: do a site's lists still lead to articles, and do these still read whole?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from archive import Collection
from archive.storage import storage_of
from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, CommandError
from crawler.commands.site_look import PoliteLook, rules_line
from crawler.commands.tables import print_fields, print_table
from crawler.discovery.multipage import INCOMPLETE, LATER_PAGE_FIELDS
from crawler.items import Article
from crawler.sites import Site, site_folders
from crawler.store import CORE_FIELDS
from crawler.survey.cases import case_folder, cases_in, find_differences, read_capture, read_case
from crawler.survey.checkup import MAX_ARTICLES, REQUIRED_FIELDS, Checkup, Coverage, changed_fields

app = typer.Typer()


@dataclass(slots=True)
class Report:
    """What a check found. `changed` are the fields that read otherwise than the stored version, by URL; `cases` those
    that read otherwise than a saved case says, by case; `lists` the articles in each list, and `lost` what could not
    be had, both empty offline."""

    site: str
    articles: list[Article] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    cases: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def coverage(self) -> Coverage:
        return Coverage.of(self.articles, CORE_FIELDS)

    def as_dict(self) -> dict[str, Any]:
        """The report for scripts."""
        articles = [
            {"url": one.url, **{name: getattr(one, name) for name in CORE_FIELDS}, "flags": list(one.flags)}
            for one in self.articles
        ]
        return {
            "site": self.site,
            "articles": articles,
            "coverage": dict(self.coverage.fields),
            "missing": self.coverage.missing,
            "changed": self.changed,
            "cases": self.cases,
            "lists": self.lists,
            "lost": self.lost,
        }


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="SITE", help="The site, as `broadsheet sites` lists it.")],
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the newest stored articles from the archive.")
    ] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Read a site's newest articles: what fields they have, what is missing, what changed. Fails when most lack their
    title, date or body."""
    site = options.site_named(name, options.known_sites(folders))
    folder = DataFolder(data, database)
    report = Report(site.name)
    if offline:
        _read_stored(report, site, folder)
    elif (code := _look(report, site, folder, folders)) != DONE:
        return code
    for case in _cases_of(site, folders):
        if different := find_differences(*read_case(case, site)):
            report.cases[case.name.removesuffix(".warc.gz")] = different
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _print(report)
    return FAILED if report.coverage.missing else DONE


def _read_stored(report: Report, site: Site, folder: DataFolder) -> None:
    """Read the captures of the newest stored articles again. Raises CommandError when there is none."""
    with folder.read_store() as store, Collection(folder.root, storage=storage_of(folder.warc, None)) as collection:
        for stored in store.articles.newest(site.name, MAX_ARTICLES):
            assert stored.provenance is not None, "what is stored has a record"
            captured_at = datetime.fromisoformat(stored.provenance.captured_at)
            capture = collection.closest(stored.url, captured_at, status=200)
            if capture is None:
                report.lost[stored.url] = "its record is not in the archive"
                continue
            _note(report, read_capture(capture, site), stored)
    if not (report.articles or report.lost):
        raise CommandError(
            f"nothing of {site.name} is stored in {folder.root} — crawl it first, or leave out --offline"
        )


def _look(report: Report, site: Site, folder: DataFolder, folders: str | None) -> int:
    """Look at the portal's newest articles; the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    polite = PoliteLook(site, folder, folders, console)
    console.print(f"{polite}\n{rules_line(site)}", markup=False)
    checkup = Checkup(site)
    if (code := polite.run(checkup)) != DONE:
        return code
    report.lists, report.lost = checkup.lists, checkup.failures
    with folder.open_store() as store:
        for article in checkup.articles.values():
            _note(report, article, store.articles.find_current(article.url))
    return DONE


def _note(report: Report, article: Article, stored: Article | None) -> None:
    report.articles.append(article)
    if stored is None:
        return
    # The first page of several has not all of the body, and may have no source or editor.
    later = (
        {"body", *(one for one in LATER_PAGE_FIELDS if not getattr(article, one))}
        if INCOMPLETE in article.flags
        else set()
    )
    if different := changed_fields(stored, article, [name for name in CORE_FIELDS if name not in later]):
        report.changed[article.url] = different


def _cases_of(site: Site, folders: str | None) -> list[Path]:
    own = {case_folder(folder) for folder in site_folders(folders)}
    return [case for case in cases_in(own) if case.parent.name == site.name]


def _print(report: Report) -> None:
    for url, number in report.lists.items():
        print(f"{number:>4} articles in {url}")
    for url, reason in report.lost.items():
        print(f"not read: {url}: {reason}")
    rows = [[article.url, *(_has(article, one) for one in CORE_FIELDS)] for article in report.articles]
    coverage = report.coverage
    rows.append(["have it", *(f"{coverage.fields[one]}/{coverage.articles}" for one in CORE_FIELDS)])
    print_table(f"The newest articles of {report.site}", ["url", *CORE_FIELDS], rows)
    if any("?" in row for row in rows):
        print("?: not on the first page of several, which a check reads alone; a crawl joins them")
    for what, found in (("stored version of", report.changed), ("saved case", report.cases)):
        for where, different in found.items():
            print(f"\nreads otherwise than the {what} {where}:")
            print_fields((name, f"{_short(was)}\n→ {_short(now)}") for name, (was, now) in different.items())
    for line in _verdict(report):
        print(line)


def _has(article: Article, name: str) -> str:
    if getattr(article, name):
        return "yes"
    return "?" if name in LATER_PAGE_FIELDS and INCOMPLETE in article.flags else "-"


def _verdict(report: Report) -> Iterator[str]:
    coverage = report.coverage
    empty = [url for url, number in report.lists.items() if not number]
    if empty:
        yield f"no article was found in {', '.join(empty)}: look at its `links`, and at `[articles] path`"
    if not coverage.articles:
        yield "no article could be read: look at the lists and `[articles] path` of the site file"
    elif coverage.missing:
        yield f"most articles lack {', '.join(coverage.missing)}: a page class can say where it is (README, A site)"
    elif not empty:
        yield f"{report.site} reads well: {', '.join(REQUIRED_FIELDS)} are there"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]} … ({len(text)} characters)"
