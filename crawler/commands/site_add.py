"""``broadsheet site add``: a site file out of a polite look at a portal."""

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
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, INTERRUPTED, SettingsError
from crawler.commands.site_look import PoliteLook, rules_line
from crawler.commands.tables import print_fields
from crawler.discovery.multipage import INCOMPLETE
from crawler.items import Article
from crawler.sites import BUNDLED, DEFAULT_DELAY, Site, host_of, read_site, registrable_domain, site_name
from crawler.store import CORE_FIELDS
from crawler.survey.cases import BUNDLED_CASES, case_folder, case_values, read_capture, save_case
from crawler.survey.findings import Findings
from crawler.survey.site_file import format_site_file
from crawler.survey.survey import WANTED_SAMPLES, Survey

app = typer.Typer()

#: Seconds between requests to a portal on this machine, where nobody is to be spared.
LOOPBACK_DELAY = 0.1


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="The portal's front page.")],
    name: Annotated[
        str | None, typer.Option(help="What to call the site; from its host's name where not told.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a site file that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Make the requests without asking.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Look at a portal, politely, and write a site file for it, with three saved articles as test cases."""
    site = _site(url, name)
    target = _target(folders, site.name, force)
    folder = DataFolder(data, database)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    look = PoliteLook(site, folder, folders, console)
    console.print(f"{look}\n{rules_line(site)}", markup=False)
    if not yes and sys.stdin.isatty() and not typer.confirm("Go on?", default=True, err=True):
        return INTERRUPTED
    survey = Survey(site, look.settings["ROBOTS_TOKEN"])
    began = datetime.now(UTC)
    if (code := look.run(survey)) != DONE:
        return code
    findings = Findings(survey)
    site = _write(findings, site, target, began)
    saved = _save_cases(findings, site, target.parent, folder)
    _report(console, target, saved, site, folders)
    return DONE


def _site(url: str, name: str | None) -> Site:
    """What is known of the portal before it is looked at. Raises SettingsError."""
    home = url if "://" in url else f"https://{url}"
    if not host_of(home) or (parts := urlsplit(home)).scheme not in ("http", "https"):
        raise SettingsError(f"{url}: not a portal's address — write it as https://www.example.org/")
    if not parts.path:
        home = parts._replace(path="/").geturl()
    domain = registrable_domain(host_of(home))
    named = site_name(name if name is not None else domain)
    if name is not None and named != name:
        raise SettingsError(f"--name {name}: small letters, digits and _ are allowed, a letter first — {named}, say")
    site = Site(name=named, home=home, hosts=(domain,))
    return Site(name=named, home=home, hosts=(domain,), delay=LOOPBACK_DELAY if site.is_loopback else DEFAULT_DELAY)


def _target(folders: str | None, name: str, force: bool) -> Path:
    """Where the site file will lie: in the first of one's own folders, else in the checkout's. Raises SettingsError."""
    own = next((Path(part) for part in (folders or "").split(os.pathsep) if part), None)
    if own is None and not BUNDLED_CASES.is_dir():
        raise SettingsError("there is no checkout to write to — name a folder for your site files with --sites DIR")
    folder = own or BUNDLED
    folder.mkdir(parents=True, exist_ok=True)
    known = options.known_sites(folders)
    target = folder / f"{name}.toml"
    if not force and (target.exists() or name in known):
        where = target if target.exists() else "another folder"
        raise SettingsError(
            f"the site {name} is there already, in {where} — choose a --name, or write over it by --force"
        )
    return target


def _write(findings: Findings, site: Site, target: Path, began: datetime) -> Site:
    """Write the site file, once what is in it can be read; the site as it says."""
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
    """Save the samples as test cases: their WARC files, and the articles as the site file has them read."""
    saved = []
    with Collection(folder.root) as collection:
        for number, sample in enumerate(findings.samples[:WANTED_SAMPLES], 1):
            capture = collection.load(sample.response.location)
            article = read_capture(capture, site)
            case = save_case(case_folder(sites) / site.name, f"article_{number}", capture, case_values(article))
            saved.append((case, article))
    return saved


def _report(
    console: Console, target: Path, saved: Sequence[tuple[Path, Article]], site: Site, folders: str | None
) -> None:
    console.print(f"\n{target} is written; {len(saved)} articles, as they read:\n", markup=False)
    for case, article in saved:
        print_fields(
            [("url", article.url), *((name, _shown(article, name)) for name in CORE_FIELDS), ("case", str(case))]
        )
        print()
    own = f" --sites {folders}" if folders else ""
    print("Are these what the pages print? What is wrong in a case's .json, mend there; then:")
    for command in (f"site check {site.name}", f"crawl {site.name} --limit 20"):
        print(f"  broadsheet {command}{own}")
    print("It is visited on its own, by the `cadence` in its file, as long as this runs:")
    print(f"  broadsheet schedule run {site.name}{own}")


def _shown(article: Article, name: str) -> str:
    missing = "not on its first page" if INCOMPLETE in article.flags else "not found"
    value = getattr(article, name) or missing
    return value if len(value) <= 160 else f"{value[:120]} … {value[-30:]} ({len(value)} characters)"
