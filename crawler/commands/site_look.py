"""A polite look at a portal, run and shown: what `site add` and `site check` share."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, INTERRUPTED
from crawler.commands.session import CrawlSession, project_settings
from crawler.handlers.recorder import require_contact
from crawler.sites import Site, host_of
from crawler.spiders.loader import spider_for
from crawler.spiders.survey import LeadSource, SurveySpider
from crawler.survey.model import Lead


class PoliteLook:
    """The crawl of a few requests at `site`, its captures kept in `folder`. `console` shows each list before its
    requests are made. Raises ContactMissing, and what a data folder that cannot be used raises."""

    def __init__(self, site: Site, folder: DataFolder, folders: str | None, console: Console) -> None:
        self._site = site
        self._folder = folder
        self._console = console
        name = f"{site.name}-look-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        self.settings = project_settings(
            "survey",
            folder,
            BROADSHEET_SITES=folders,
            ALLOW_LOOPBACK=site.is_loopback,
            BROADSHEET_CRAWL_DIR=str(folder.crawls / name),
        )
        require_contact(site, self.settings["BROADSHEET_CONTACT"])
        folder.make()
        folder.open_store().close()  # what is wrong with it is said before the portal is asked for anything

    def __str__(self) -> str:
        most, delay = self.settings.getint("REQUEST_LIMIT"), f"{self._site.delay:g} s"
        return f"looking at {self._site.home}: at most {most} requests, {delay} apart, kept in {self._folder.warc}"

    def run(self, source: LeadSource) -> int:
        """Follow the leads of `source` and return the exit code."""
        session = CrawlSession(self._folder)
        crawler = session.prepare(spider_for(self._site, SurveySpider), self.settings)

        async def main() -> int:
            await session.start(crawler, source=source, announce=self._announce)
            return INTERRUPTED if session.interrupted else DONE

        return session.run(main)

    def _announce(self, batch: Sequence[Lead]) -> None:
        for lead in batch:
            self._console.print(f"  {lead.kind:<14} {lead.url}  ({lead.origin})", markup=False)


def rules_line(site: Site) -> str:
    """What is asked for before anything else of a host."""
    return f"  first of all   robots.txt and .well-known/tdmrep.json of {host_of(site.home)}: what is allowed"
