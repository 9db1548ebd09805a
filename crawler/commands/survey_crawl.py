"""The crawl of `site add` and `site check`: a few polite requests, each printed before it is made."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from crawler.commands.crawl_session import CrawlSession, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, STOPPED
from crawler.handlers.recorder import require_contact
from crawler.plain_text import escape_line
from crawler.sites import Site, host_of
from crawler.spiders.loader import make_spider_class
from crawler.spiders.survey import LeadSource, SurveySpider
from crawler.survey.model import Lead


class SurveyCrawl:
    """A crawl of a few requests to `site`, with the captures stored in `folder`.

    Prints the requests on `console` before they are made. Raises ContactMissing, CommandError if the data folder
    cannot be written, and StoreError.
    """

    def __init__(self, site: Site, folder: DataFolder, folders: str | None, console: Console) -> None:
        self._site = site
        self._folder = folder
        self._console = console
        name = f"{site.name}-survey-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        self.settings = project_settings(
            "survey",
            folder,
            BROADSHEET_SITES=folders,
            ALLOW_LOOPBACK=site.is_loopback,
            BROADSHEET_CRAWL_DIR=str(folder.crawls / name),
        )
        require_contact(site, self.settings["BROADSHEET_CONTACT"])
        folder.create()
        folder.open_store().close()  # report errors of the database before any request

    def __str__(self) -> str:
        limit, delay = self.settings.getint("REQUEST_LIMIT"), f"{self._site.delay:g} s"
        return f"{self._site.home}: at most {limit} requests, {delay} apart, stored in {self._folder.warc}"

    def run(self, source: LeadSource) -> int:
        """Follow the leads of `source` and return the exit code."""
        session = CrawlSession(self._folder)
        crawler = session.prepare(make_spider_class(self._site, SurveySpider), self.settings)

        async def main() -> int:
            await session.start(crawler, source=source, announce=self._announce)
            return STOPPED if session.interrupted else DONE

        return session.run(main)

    def _announce(self, batch: Sequence[Lead]) -> None:
        for lead in batch:
            line = escape_line(f"{lead.kind:<14} {lead.url}  ({lead.origin})")
            self._console.print(f"  {line}", markup=False)


def describe_robots_requests(site: Site) -> str:
    """Return the line that announces the requests made to a host before all others."""
    return f"  {'before these':<14} robots.txt and .well-known/tdmrep.json of {host_of(site.home)}"
