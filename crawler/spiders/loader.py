"""Spider loader with one spider per site file, so that `scrapy list` and `scrapy crawl SITE` work as usual."""

from collections.abc import Sequence

from scrapy import Request, Spider
from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader

from archive import Collection
from crawler.sites import Site, load_sites, site_folders
from crawler.spiders.portal import PortalSpider


class SiteSpiderLoader:
    """Finds the spider of a site: PortalSpider, unless ``crawler.spiders`` has a class with the site's name.

    Raises SiteError for an invalid site file.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._sites = load_sites(site_folders(settings.get("BROADSHEET_SITES")))
        # Scrapy's own loader finds the classes written for one site by their names.
        self._custom = SpiderLoader.from_settings(settings)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> "SiteSpiderLoader":
        return cls(settings)

    def load(self, spider_name: str) -> type[Spider]:
        """Return the spider class of a site. Raises KeyError for an unknown site."""
        site = self._sites[spider_name]
        base = self._custom.load(spider_name) if spider_name in self._custom.list() else PortalSpider
        return make_spider_class(site, base)

    def list(self) -> Sequence[str]:
        """Return the names of all sites."""
        return sorted(self._sites)

    def find_by_request(self, request: Request) -> Sequence[str]:
        """Return the names of the sites that own the request's URL."""
        return [name for name, site in sorted(self._sites.items()) if site.owns(request.url)]


def make_spider_class(site: Site, base: type[Spider] = PortalSpider) -> type[Spider]:
    """Return a subclass of `base` that crawls `site`."""
    return type(f"{base.__name__}_{site.name}", (base,), {"name": site.name, "site": site})


def make_every_page_spider_class(site: Site) -> type[Spider]:
    """Return a spider class for a site without a site file: each HTML page is treated as an article."""
    return type(f"EveryPage_{site.name}", (make_spider_class(site),), {"every_page": True})


def make_offline_spider_class(
    spider: type[Spider], collection: Collection, *, every_page: bool = False, is_chunk: bool = False
) -> type[Spider]:
    """Return a subclass of `spider` that reads the captures of `collection` instead of those in the data folder.

    With `every_page`, each HTML page is treated as an article, as for sites without a site file. With `is_chunk`, the
    collection is a part of a larger one, and originals of revisits may be in others.
    """
    return type(spider.__name__, (spider,), {"collection": collection, "every_page": every_page, "is_chunk": is_chunk})
