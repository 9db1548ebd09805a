"""A spider of one site: its arguments, its store, and the tools that its callbacks use."""

from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.discovery.learned_paths import ArticlePaths
from crawler.extraction.registry import find_load_error
from crawler.politeness.traps import ListWatch
from crawler.sites import Site
from crawler.spiders.article_reader import ArticleReader
from crawler.spiders.article_selection import ArticleSelection
from crawler.spiders.list_pages import ListPages
from crawler.spiders.list_plan import ListPlan
from crawler.spiders.list_reader import ListReader
from crawler.store import Store, StoreError
from crawler.store.frontier import Frontier
from crawler.store.location import database_location
from crawler.visit_report import VisitReport


class SiteSpider(Spider):
    """A spider of one `site`.

    Spider arguments, as given with ``-a``: `limit` is the maximum number of articles; articles older than `since`
    (YYYY-MM-DD) are left out; `revisit` requests every known article again.
    """

    site: Site
    store: Store

    #: Treat every captured page as an article. Set if there is no site file.
    every_page = False
    #: True if the captures are a part of a larger archive, see `make_offline_spider_class`.
    is_chunk = False

    def __init__(self, *, limit: str | int = 0, since: str | None = None, revisit: str | bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.limit = int(limit)
        self.since = date.fromisoformat(since) if since else None
        self.revisit = str(revisit).lower() in ("1", "true", "yes")
        self.list_watch = ListWatch()

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if not settings.get("BROADSHEET_CRAWL_DIR"):
            name = f"{cls.name}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
            settings.set("BROADSHEET_CRAWL_DIR", str(Path(settings["BROADSHEET_DATA"]) / "crawls" / name), "spider")
        settings.set("ALLOW_LOOPBACK", cls.site.is_loopback, "spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))
        return spider

    @cached_property
    def frontier(self) -> Frontier:
        """Every URL of the site that was ever found."""
        return self.store.frontier(self.name)

    @cached_property
    def paths(self) -> ArticlePaths:
        """The article URLs of the site, by its file or as learnt in earlier visits."""
        return ArticlePaths(self.site, self.store.shapes.load(self.name))

    @cached_property
    def list_reader(self) -> ListReader:
        """The reader of the site's lists."""
        skips_nofollow = self.settings.getdict("OPT_OUT_POLICY").get("nofollow") == "no-links"
        return ListReader(self.site, self.paths, self.crawler.stats, skips_nofollow=skips_nofollow)

    @cached_property
    def list_plan(self) -> ListPlan:
        """The order in which the lists are read."""
        return ListPlan(self.site, self.frontier, datetime.now(UTC))

    @cached_property
    def list_pages(self) -> ListPages:
        """The search for the further pages of a list."""
        return ListPages(self.site, self.frontier.find_known)

    @cached_property
    def selection(self) -> ArticleSelection:
        """The choice of articles to request."""
        return ArticleSelection(
            self.site,
            self.frontier,
            self.store.articles,
            self.crawler.stats,
            since=self.since,
            revisit=self.revisit,
        )

    @cached_property
    def article_reader(self) -> ArticleReader:
        """The reader of the site's article pages."""
        return ArticleReader(self.site, self.paths)

    @cached_property
    def visit_report(self) -> VisitReport | None:
        """The report of a live visit, ``None`` if pages come from the archive."""
        return self.crawler.get_extension(VisitReport)

    def closed(self, reason: str) -> None:
        """Save what was learnt about article URLs, and close the store."""
        if not self.every_page:
            try:
                self.store.shapes.save(self.name, self.paths.changed)
            except StoreError as error:
                self.logger.error("the shapes of article URLs were not saved: %s", error)
        self.store.close()

    @cached_property
    def has_broken_class(self) -> bool:
        """True if the page class of the site does not load. Then nothing is requested, and the visit fails."""
        if error := find_load_error(self.site.hosts):
            self.logger.error("%s", error)
            self.crawler.stats.set_value("page_class/failed", error)
        return error is not None
