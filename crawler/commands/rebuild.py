"""Items rebuilt from the archive, and how they compare with the stored ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scrapy import Spider, signals
from scrapy.settings import Settings

from archive import Collection
from archive.summary import Summary
from crawler.commands.session import CrawlSession
from crawler.items import Article
from crawler.sites import Site, registrable_domain, site_name
from crawler.spiders.loader import SiteSpiderLoader, spider_for, spider_over
from crawler.store import Store


def spiders_of(settings: Settings, names: Iterable[str]) -> list[type[Spider]]:
    """The spiders of the sites `names`, over the data folder's archive."""
    loader = SiteSpiderLoader.from_settings(settings)
    return [loader.load(name) for name in names]


def spiders_over(collection: Collection, known: Mapping[str, Site]) -> list[type[Spider]]:
    """Spiders over all pages of `collection`: those of the `known` sites whose hosts are in it, and one for each
    registrable domain that no site owns, where every page counts as an article's."""
    spiders: dict[str, type[Spider]] = {}
    for host in sorted(Summary.of(collection.index.search()).hosts):
        url = f"http://{host}/"
        site = next((site for site in known.values() if site.owns(url)), None)
        domain = registrable_domain(host)
        found = site or Site(name=site_name(domain), home=url, hosts=(domain,))
        spiders[found.name] = spider_over(spider_for(found), collection, every_page=site is None)
    return list(spiders.values())


async def rebuild(
    session: CrawlSession, settings: Settings, spiders: Iterable[type[Spider]], take: Callable[[Article], object]
) -> None:
    """Run `spiders` under the offline `settings` and hand each item to `take`."""
    for spider in spiders:
        crawler = session.prepare(spider, settings)

        def taken(item: Article) -> None:
            take(item)

        crawler.signals.connect(taken, signals.item_scraped)
        await session.start(crawler)


@dataclass(slots=True)
class Comparison:
    """Rebuilt items against the stored ones, record by record.

    `differing` holds the fields that differ by URL, `missing` the records whose stored item was not rebuilt, `unknown`
    the URLs of rebuilt items of whose record nothing is stored.
    """

    same: int = 0
    differing: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def identical(self) -> bool:
        """Whether the archive gives every stored item again, and nothing else."""
        return not (self.differing or self.missing or self.unknown)

    def as_dict(self) -> dict[str, Any]:
        """The result for scripts."""
        return {
            "identical": self.identical,
            "same": self.same,
            "differing": [{"url": url, "fields": list(fields)} for url, fields in self.differing],
            "missing": self.missing,
            "unknown": self.unknown,
        }


async def compare(session: CrawlSession, settings: Settings, names: Iterable[str], store: Store) -> Comparison:
    """Rebuild the items of the sites `names` and compare each with what `store` holds of its record."""
    found = Comparison()
    names = list(names)
    pending = {record for name in names for record in store.articles.record_ids(name)}

    def take(rebuilt: Article) -> None:
        assert rebuilt.provenance is not None, "RequireRecordPipeline lets no other pass"
        pending.discard(rebuilt.provenance.record_id)
        stored = store.articles.find_by_record(rebuilt.provenance.record_id)
        if stored is None:
            found.unknown.append(rebuilt.url)
        elif stored == rebuilt:
            found.same += 1
        else:
            ours, theirs = rebuilt.as_dict(), stored.as_dict()
            found.differing.append((rebuilt.url, tuple(name for name in ours if ours[name] != theirs[name])))

    await rebuild(session, settings, spiders_of(settings, names), take)
    found.missing = sorted(pending)
    return found
