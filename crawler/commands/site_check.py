"""``broadsheet site check``: check that a site's lists lead to articles and that their fields are found."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from archive import Collection
from archive.storage import storage_of
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError
from crawler.commands.output import print_json, print_text
from crawler.commands.survey_crawl import SurveyCrawl, describe_robots_requests
from crawler.commands.tables import print_fields, print_table
from crawler.discovery.learned_paths import ArticlePaths, LearnedShape
from crawler.discovery.multipage import INCOMPLETE, LATER_PAGE_FIELDS
from crawler.items import Article
from crawler.plain_text import escape_text
from crawler.report import SLOW_PATTERN
from crawler.report_words import words_for
from crawler.sites import Site, site_folders
from crawler.store import CORE_FIELDS
from crawler.survey.before_after import FieldEffect, ReadAgain, compare_readings
from crawler.survey.cases import case_folder, cases_in, find_differences, read_capture, read_case
from crawler.survey.checkup import MAX_ARTICLES, REQUIRED_FIELDS, Checkup, Coverage, compare_fields

app = typer.Typer(add_completion=False)

#: Stored articles that an offline check reads again.
_STORED_ARTICLES = 30
#: The fields that it compares.
_COMPARED = (*CORE_FIELDS, "authors")


@dataclass(slots=True)
class CheckReport:
    """The result of a check.

    `changed` has the fields that differ from the stored version, by URL, as (before, now). `cases` has the fields that
    differ from a saved case, by case. `lists` has the number of articles per list, empty offline. `lost` has the reason
    for each URL that could not be read. `learned` has the shapes of article paths that crawls learnt; empty if the site
    file has a pattern. `slow_path` is a path for which that pattern takes too long. `read_again` are stored articles
    with what is read now, and `alarms` the fields with an open alarm: only of an offline check.
    """

    site: str
    articles: list[Article] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    cases: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    learned: dict[str, LearnedShape] = field(default_factory=dict)
    slow_path: str | None = None
    read_again: list[ReadAgain] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """True if most articles lack a required field, or the pattern of the site file is too slow."""
        return bool(self.coverage.missing or self.slow_path)

    @property
    def coverage(self) -> Coverage:
        """The number of articles that have each field."""
        return Coverage.of(self.articles, CORE_FIELDS)

    @property
    def effects(self) -> dict[str, FieldEffect]:
        """Each field of the stored articles, before and now."""
        return compare_readings(self.read_again, _COMPARED) if self.read_again else {}

    def as_dict(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
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
            "slow_path": self.slow_path,
            "fields": {name: asdict(one) for name, one in self.effects.items()},
            "alarms": self.alarms,
            "learned": {shape: asdict(one) for shape, one in self.learned.items()},
        }


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="SITE", help="Name of the site, as listed by `broadsheet sites`.")],
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the newest stored articles from the archive instead of the portal.")
    ] = False,
    articles: Annotated[
        int, typer.Option("--articles", metavar="N", min=1, help="Stored articles to read with --offline.")
    ] = _STORED_ARTICLES,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Read a site's newest articles and report missing and changed fields.

    With --offline, show each field as it is stored and as it is read now: the effect of an edit of a page class or site
    file. The examples of open alarms are read too.

    Exit 1 if most of them have no title, date or body, or if [articles] path takes too long for some URLs.
    """
    site = options.find_site(name, options.load_known_sites(folders))
    folder = DataFolder(data, database)
    report = CheckReport(site.name)
    if site.article_path is None and folder.has_database:
        with folder.read_store() as store:
            report.learned = store.shapes.load(site.name)
    if offline:
        _read_stored(report, site, folder, articles)
    elif (code := _read_portal(report, site, folder, folders)) != DONE:
        return code
    for case in _find_cases(site, folders):
        if different := find_differences(*read_case(case, site)):
            report.cases[case.name.removesuffix(".warc.gz")] = different
    if as_json:
        print_json(report.as_dict())
    else:
        _print_report(report)
    return FAILED if report.has_failed else DONE


def _read_stored(report: CheckReport, site: Site, folder: DataFolder, number: int) -> None:
    """Read the captures of the newest stored articles again. Raises CommandError if there are no stored articles."""
    with folder.read_store() as store, Collection(folder.root, storage=storage_of(folder.warc, None)) as collection:
        alarms = store.drift.alarms(site.name, only_open=True)
        report.alarms = sorted(one.subject for one in alarms)
        samples = [one.url for alarm in alarms for one in (*alarm.detail.before, *alarm.detail.now)]
        examples = [store.articles.find_current(url) for url in dict.fromkeys(samples)]
        newest = {one.url: one for one in store.articles.newest(site.name, number)}
        newest |= {one.url: one for one in examples if one is not None}
        for stored in newest.values():
            assert stored.provenance is not None, "every stored article has a record"
            captured_at = datetime.fromisoformat(stored.provenance.captured_at)
            capture = collection.closest(stored.url, captured_at, status=200)
            if capture is None:
                report.lost[stored.url] = "its record is not in the archive"
                continue
            article = read_capture(capture, site)
            _add_article(report, article, stored)
            report.read_again.append(ReadAgain(stored, article, _fields_of_later_pages(article)))
    if not (report.articles or report.lost):
        raise CommandError(f"no articles of {site.name} in {folder.root} — crawl it first, or omit --offline")


def _read_portal(report: CheckReport, site: Site, folder: DataFolder, folders: str | None) -> int:
    """Read the newest articles from the portal and return the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    crawl = SurveyCrawl(site, folder, folders, console)
    console.print(escape_text(f"{crawl}\n{describe_robots_requests(site)}"), markup=False)
    checkup = Checkup(site, ArticlePaths(site, report.learned))
    if (code := crawl.run(checkup)) != DONE:
        return code
    report.lists, report.lost, report.slow_path = checkup.lists, checkup.failures, checkup.find_slow_path()
    with folder.open_store() as store:
        for article in checkup.articles.values():
            _add_article(report, article, store.articles.find_current(article.url))
    return DONE


def _add_article(report: CheckReport, article: Article, stored: Article | None) -> None:
    report.articles.append(article)
    if stored is None:
        return
    later = _fields_of_later_pages(article)
    if different := compare_fields(stored, article, [name for name in CORE_FIELDS if name not in later]):
        report.changed[article.url] = different


def _fields_of_later_pages(article: Article) -> set[str]:
    """Return the fields that may be on further pages: the first has part of the body, maybe no source or editor."""
    if INCOMPLETE not in article.flags:
        return set()
    return {"body", *(name for name in LATER_PAGE_FIELDS if not getattr(article, name))}


def _find_cases(site: Site, folders: str | None) -> list[Path]:
    case_folders = {case_folder(folder) for folder in site_folders(folders)}
    return [case for case in cases_in(case_folders) if case.parent.name == site.name]


def _print_report(report: CheckReport) -> None:
    for url, number in report.lists.items():
        print_text(f"{number:>4} articles in {url}")
    for url, reason in report.lost.items():
        print_text(f"not read: {url}: {reason}")
    shown = report.articles[:MAX_ARTICLES]
    rows = [[article.url, *(_presence(article, name) for name in CORE_FIELDS)] for article in shown]
    coverage = report.coverage
    rows.append(["articles that have it", *(f"{coverage.fields[name]}/{coverage.articles}" for name in CORE_FIELDS)])
    print_table(f"Newest articles of {report.site}", ["url", *CORE_FIELDS], rows)
    if any("?" in row for row in rows):
        print_text("?: not on the first page of the article; a check reads only that page, a crawl joins all pages")
    _print_effects(report)
    changed = {} if report.read_again else report.changed
    for kind, differences in (("stored version of", changed), ("saved case", report.cases)):
        for place, fields in differences.items():
            print_text(f"\ndiffers from the {kind} {place}:")
            print_fields((name, f"{_shorten(before)}\n→ {_shorten(now)}") for name, (before, now) in fields.items())
    _print_learned(report)
    for line in _conclusions(report):
        print_text(line)


def _print_effects(report: CheckReport) -> None:
    """Print each field of stored articles before and now, with examples of what changed."""
    rows = [
        [name, f"{one.before}/{one.articles}", f"{one.now}/{one.articles}", str(one.length_before), str(one.length_now),
         str(one.changed)]
        for name, one in report.effects.items()
    ]  # fmt: skip
    if rows:
        columns = ["field", "stored", "now", "length stored", "length now", "changed"]
        print_table(f"{len(report.read_again)} stored articles, read again", columns, rows, numbers=1)
    for name, effect in report.effects.items():
        for url, before, now in effect.examples:
            print_text(f"\n{url}:")
            print_fields([(name, f"{_shorten(before)}\n→ {_shorten(now)}")])
    if report.alarms:
        print_text(f"\nopen alarms: {', '.join(report.alarms)} — see `broadsheet site alarms {report.site}`")


def _print_learned(report: CheckReport) -> None:
    """Print the shapes of paths that decide which URLs are articles, if the site file has no pattern."""
    verdicts = {True: "articles", False: "left out", None: "not clear yet"}
    rows = [
        [shape, verdicts[one.is_article], str(one.articles), str(one.others), one.example]
        for shape, one in report.learned.items()
    ]
    if rows:
        print_table("Paths learnt from the pages read so far", ["path", "are", "articles", "others", "example"], rows)


def _presence(article: Article, name: str) -> str:
    if getattr(article, name):
        return "yes"
    return "?" if name in LATER_PAGE_FIELDS and INCOMPLETE in article.flags else "-"


def _conclusions(report: CheckReport) -> Iterator[str]:
    coverage = report.coverage
    empty = [url for url, number in report.lists.items() if not number]
    if empty:
        yield f"no articles found in {', '.join(empty)}: check its `links` and `[articles] path` in the site file"
    if report.slow_path:
        shown = _shorten(report.slow_path)
        yield f"{words_for(SLOW_PATTERN).text}, such as one with the path {shown}: {words_for(SLOW_PATTERN).fix}"
    if not coverage.articles:
        yield "no articles could be read: check the lists and `[articles] path` in the site file"
    elif coverage.missing:
        yield f"most articles lack {', '.join(coverage.missing)}: add a page class (CONTRIBUTING.md, Add a page class)"
    elif not empty and not report.slow_path:
        yield f"{report.site}: no problems, most articles have {', '.join(REQUIRED_FIELDS)}"


def _shorten(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]} … ({len(text)} characters)"
