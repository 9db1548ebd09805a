"""``broadsheet site add``: survey a portal and write a site file for it."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from archive import Collection
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, STOPPED, SettingsError
from crawler.commands.output import print_text
from crawler.commands.survey_crawl import SurveyCrawl, describe_robots_requests
from crawler.commands.tables import print_fields
from crawler.discovery.multipage import INCOMPLETE
from crawler.items import Article
from crawler.plain_text import escape_text
from crawler.sites import BUNDLED, DEFAULT_DELAY, Site, host_of, read_site, registrable_domain, site_name
from crawler.store import CORE_FIELDS
from crawler.survey.cases import BUNDLED_CASES, case_folder, case_values, read_capture, save_case
from crawler.survey.dry_run import find_shortcomings, find_single_pages
from crawler.survey.findings import Findings
from crawler.survey.site_file import format_site_file
from crawler.survey.survey import WANTED_SAMPLES, Survey

app = typer.Typer(add_completion=False)

#: Seconds between requests to a portal on this machine, which need not be polite.
LOOPBACK_DELAY = 0.1


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="URL of the portal's front page.")],
    name: Annotated[str | None, typer.Option(help="Name for the site; default made from its host name.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing site file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Make the requests without asking for confirmation.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Survey a portal with a few polite requests, write a site file for it, and save three articles as test cases.

    Exit 1 if the file does not find the articles that were seen on the pages just read.
    """
    site = _new_site(url, name)
    target = _choose_target(folders, site.name, force)
    folder = DataFolder(data, database)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    crawl = SurveyCrawl(site, folder, folders, console)
    console.print(escape_text(f"{crawl}\n{describe_robots_requests(site)}"), markup=False)
    if not yes and sys.stdin.isatty() and not typer.confirm("Continue?", default=True, err=True):
        return STOPPED
    survey = Survey(site, crawl.settings["ROBOTS_TOKEN"])
    began = datetime.now(UTC)
    if (code := crawl.run(survey)) != DONE:
        return code
    findings = Findings(survey)
    site = _write_site_file(findings, site, target, began)
    saved = _save_cases(findings, site, target.parent, folder)
    _print_result(console, target, saved, site, folders)
    for one in find_single_pages(survey, site):
        console.print(escape_text(f"{one}: the list seems to have one page only"), markup=False)
    return _report_dry_run(console, find_shortcomings(survey, site), target)


def _report_dry_run(console: Console, shortcomings: Sequence[str], target: Path) -> int:
    """Print what the file misses of the pages just captured, if anything, and return the exit code."""
    if not shortcomings:
        return DONE
    console.print(escape_text(f"\n{target} does not find the articles that were seen:"), markup=False)
    for line in shortcomings:
        console.print(escape_text(f"  {line}"), markup=False)
    console.print("Correct its lists, `links` and `[articles] path`, then run `broadsheet site check`.", markup=False)
    return FAILED


def _new_site(url: str, name: str | None) -> Site:
    """Return the site as known before the survey. Raises SettingsError for an invalid URL or name."""
    home = url if "://" in url else f"https://{url}"
    if not host_of(home) or (parts := urlsplit(home)).scheme not in ("http", "https"):
        raise SettingsError(f"{url}: not an http or https URL — write it as https://www.example.org/")
    if not parts.path:
        home = parts._replace(path="/").geturl()
    domain = registrable_domain(host_of(home))
    valid_name = site_name(name if name is not None else domain)
    if name is not None and valid_name != name:
        raise SettingsError(
            f"--name {name}: use lower-case letters, digits and _, beginning with a letter, such as {valid_name}"
        )
    site = Site(name=valid_name, home=home, hosts=(domain,))
    return Site(
        name=valid_name, home=home, hosts=(domain,), delay=LOOPBACK_DELAY if site.is_loopback else DEFAULT_DELAY
    )


def _choose_target(folders: str | None, name: str, force: bool) -> Path:
    """Return the path for the site file: in the first of `folders`, else in the checkout. Raises SettingsError."""
    first = next((Path(part) for part in (folders or "").split(os.pathsep) if part), None)
    if first is None and not BUNDLED_CASES.is_dir():
        raise SettingsError("no folder for your site files — choose one with --sites DIR")
    folder = first or BUNDLED
    folder.mkdir(parents=True, exist_ok=True)
    known = options.load_known_sites(folders)
    target = folder / f"{name}.toml"
    if not force and (target.exists() or name in known):
        where = target if target.exists() else "another folder"
        raise SettingsError(
            f"the site {name} already exists in {where} — choose another --name, or overwrite it with --force"
        )
    return target


def _write_site_file(findings: Findings, site: Site, target: Path, began: datetime) -> Site:
    """Write the site file, read it again to check it, and return its site."""
    text = format_site_file(findings, name=site.name, hosts=site.hosts, delay=site.delay, day=began.date())
    part = target.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    try:
        written = read_site(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return written


def _save_cases(findings: Findings, site: Site, sites: Path, folder: DataFolder) -> list[tuple[Path, Article]]:
    """Save the sample articles as test cases: WARC file and fields. Return the cases with their articles."""
    saved = []
    with Collection(folder.root) as collection:
        for number, sample in enumerate(findings.samples[:WANTED_SAMPLES], 1):
            capture = collection.load(sample.response.location)
            article = read_capture(capture, site)
            case = save_case(case_folder(sites) / site.name, f"article_{number}", capture, case_values(article))
            saved.append((case, article))
    return saved


def _print_result(
    console: Console, target: Path, saved: Sequence[tuple[Path, Article]], site: Site, folders: str | None
) -> None:
    console.print(escape_text(f"\nwrote {target} and read {len(saved)} articles:\n"), markup=False)
    for case, article in saved:
        print_fields(
            [("url", article.url), *((name, _format_field(article, name)) for name in CORE_FIELDS), ("case", str(case))]
        )
        print_text()
    option = f" --sites {folders}" if folders else ""
    print_text("Compare these with the pages and correct wrong fields in the .json files of the cases. Then:")
    for command in (f"site check {site.name}", f"crawl {site.name} --limit 20"):
        print_text(f"  broadsheet {command}{option}")
    print_text("To visit the site regularly, at the `cadence` in its file, keep this running:")
    print_text(f"  broadsheet schedule run {site.name}{option}")


def _format_field(article: Article, name: str) -> str:
    missing = "not on the first page" if INCOMPLETE in article.flags else "not found"
    value = getattr(article, name) or missing
    return value if len(value) <= 160 else f"{value[:120]} … {value[-30:]} ({len(value)} characters)"
