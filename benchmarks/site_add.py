"""Measures the share of articles that crawls find with site files written by `broadsheet site add`.

    python benchmarks/site_add.py [--articles N] [--generated] [--json]

The portals are generated in many shapes and served on loopback. Each is surveyed with at most twenty requests, crawled
with the resulting site file, and the crawled articles are compared with those of the portal.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from crawler.commands.crawl_session import CrawlSession, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.survey_crawl import SurveyCrawl
from crawler.commands.tables import print_table
from crawler.demo import DemoServer, Portal, sample_portals
from crawler.sites import Site, read_site, registrable_domain
from crawler.spiders.loader import SiteSpiderLoader, make_spider_class
from crawler.spiders.survey import SurveySpider
from crawler.store import Store
from crawler.survey.errors import SurveyError
from crawler.survey.findings import Findings
from crawler.survey.site_file import format_site_file
from crawler.survey.survey import Survey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "portals"))
from portal_shapes import hosts_of, make_portals

#: Seconds between requests.
DELAY = 0.01


def measure(portals: list[Portal], root: Path) -> list[dict[str, object]]:
    """Return a row per portal: requests of the survey, contents of the site file, recall, requests of the crawl."""
    folder = DataFolder(root)
    sites = root / "sites"
    sites.mkdir()
    with DemoServer([host for portal in portals for host in hosts_of(portal)]) as server:
        surveys = {portal.name: _make_survey(portal, server.url(portal)) for portal in portals}
        session = CrawlSession(folder)
        rows: dict[str, dict[str, object]] = {}

        async def main() -> int:
            await asyncio.gather(*(_run_survey(session, survey, folder) for survey in surveys.values()))
            for portal in portals:
                requests = len(server.exchanges(portal.host))
                rows[portal.name] = {"survey": requests, **_write_site_file(surveys[portal.name], sites)}
            settings = project_settings("live", folder, BROADSHEET_SITES=str(sites))
            loader = SiteSpiderLoader.from_settings(settings)
            written = [portal.name for portal in portals if (sites / f"{portal.name}.toml").exists()]
            await asyncio.gather(*(session.crawl(loader.load(name), settings) for name in written))
            return 0

        session.run(main)
        with Store.open(folder.database) as store:
            for portal in portals:
                row = rows[portal.name]
                titles = {article.title for article in portal.articles}
                found = {article.title for article in store.articles.items(portal.name)}
                row["recall"] = len(titles & found) / len(titles)
                row["items"] = len(found)
                row["crawl"] = sum(1 for _ in server.exchanges(portal.host)) - int(str(row["survey"]))
    return [{"portal": name, **row} for name, row in rows.items()]


def _make_survey(portal: Portal, home: str) -> Survey:
    site = Site(name=portal.name, home=home, hosts=(registrable_domain(portal.host),), delay=DELAY)
    return Survey(site, "Broadsheet")


async def _run_survey(session: CrawlSession, survey: Survey, folder: DataFolder) -> None:
    settings = SurveyCrawl(survey.site, folder, None, Console(stderr=True)).settings
    await session.crawl(
        make_spider_class(survey.site, SurveySpider), settings, source=survey, announce=lambda batch: None
    )


def _write_site_file(survey: Survey, sites: Path) -> dict[str, object]:
    """Write the site file to `sites` and return the numbers of lists in it."""
    site = survey.site
    try:
        findings = Findings(survey)
    except SurveyError as error:
        return {"feeds": 0, "sitemaps": 0, "sections": 0, "path": str(error)}
    file = sites / f"{site.name}.toml"
    text = format_site_file(findings, name=site.name, hosts=site.hosts, delay=DELAY, day=datetime.now(UTC).date())
    file.write_text(text, encoding="utf-8")
    read = read_site(file)
    path = read.article_path.text if read.article_path else ""
    return {"feeds": len(read.feeds), "sitemaps": len(read.sitemaps), "sections": len(read.sections), "path": path}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=60, help="articles of each generated portal")
    parser.add_argument("--generated", action="store_true", help="omit the bundled sample portals")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as root:
        samples = [] if args.generated else sample_portals()
        rows = measure([*make_portals(args.articles), *samples], Path(root))
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    columns = ["portal", "path", "feeds", "sitemaps", "sections", "survey", "recall", "crawl"]
    cells = [[f"{row[name]:.0%}" if name == "recall" else str(row[name]) for name in columns] for row in rows]
    print_table("Site files written by site add", columns, cells, numbers=2)


if __name__ == "__main__":
    main()
