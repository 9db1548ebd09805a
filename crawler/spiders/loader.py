"""A spider for each site file, so that `scrapy list` and `scrapy crawl SITE` work as in any Scrapy project."""

from collections.abc import Sequence

from scrapy import Request, Spider
from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader

from archive import Collection
from crawler.sites import Site, load_sites, site_folders
from crawler.spiders.portal import PortalSpider


class SiteSpiderLoader:
    """Finds spiders by site name: a class of its own in ``crawler.spiders`` where a site is odd, else PortalSpider.

    Raises SiteError when a site file cannot be used.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._sites = load_sites(site_folders(settings.get("BROADSHEET_SITES")))
        # A class of a site's own is found by its name, as Scrapy finds any spider.
        self._own = SpiderLoader.from_settings(settings)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> "SiteSpiderLoader":
        return cls(settings)

    def load(self, spider_name: str) -> type[Spider]:
        """The spider class of a site. Raises KeyError for a name that no site file has."""
        site = self._sites[spider_name]
        base = self._own.load(spider_name) if spider_name in self._own.list() else PortalSpider
        return spider_for(site, base)

    def list(self) -> Sequence[str]:
        """The names of all sites."""
        return sorted(self._sites)

    def find_by_request(self, request: Request) -> Sequence[str]:
        """The names of the sites that own the request's URL."""
        return [name for name, site in sorted(self._sites.items()) if site.owns(request.url)]


def spider_for(site: Site, base: type[Spider] = PortalSpider) -> type[Spider]:
    """The spider class that crawls `site`: `base` for that site."""
    return type(f"{base.__name__}_{site.name}", (base,), {"name": site.name, "site": site})


def spider_over(spider: type[Spider], collection: Collection, *, every_page: bool = False) -> type[Spider]:
    """`spider` over the captures of `collection` instead of the data folder's; with `every_page` each HTML page counts
    as an article's, as where nothing is known of the site."""
    return type(spider.__name__, (spider,), {"collection": collection, "every_page": every_page})
