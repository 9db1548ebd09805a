"""Rebuilds items from the archive and compares them with the stored ones."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from scrapy import Spider, signals
from scrapy.settings import Settings

from archive import Collection
from archive.summary import Summary
from crawler.commands.crawl_session import CrawlSession, get_crawl_stats
from crawler.commands.exit_codes import DONE, FAILED
from crawler.items import Article
from crawler.sites import Site, registrable_domain, site_name
from crawler.spiders.loader import SiteSpiderLoader, make_offline_spider_class, make_spider_class
from crawler.spiders.reextract import ACCOUNT, RebuildAccount
from crawler.store import Store, StoreError


def load_spiders(settings: Settings, names: Iterable[str]) -> list[type[Spider]]:
    """Return the spiders of the sites `names`, which read the archive in the data folder."""
    loader = SiteSpiderLoader.from_settings(settings)
    return [loader.load(name) for name in names]


def make_collection_spiders(collection: Collection, known: Mapping[str, Site]) -> list[type[Spider]]:
    """Return the spiders for all pages of `collection`.

    Hosts of `known` sites get the spiders of these sites. Each other registrable domain gets a spider that treats
    every page as an article.
    """
    spiders: dict[str, type[Spider]] = {}
    for host in sorted(Summary.of(collection.index.search()).hosts):
        url = f"http://{host}/"
        site = next((site for site in known.values() if site.owns(url)), None)
        domain = registrable_domain(host)
        new_site = Site(name=site_name(domain), home=url, hosts=(domain,))
        spider = make_spider_class(site or new_site)
        spiders[spider.name] = make_offline_spider_class(spider, collection, every_page=site is None)
    return list(spiders.values())


async def rebuild_items(
    session: CrawlSession, settings: Settings, spiders: Iterable[type[Spider]], on_item: Callable[[Article], object]
) -> RebuildAccount:
    """Run `spiders` with the offline `settings` and call `on_item` with each item. Return the account of all pages.

    An item that `on_item` cannot store (StoreError, OSError) is a lost page.
    """
    total = RebuildAccount()
    for spider in spiders:
        crawler = session.prepare(spider, settings)
        unstored: list[tuple[str, str]] = []

        def handle_item(item: Article, unstored: list[tuple[str, str]] = unstored) -> None:
            try:
                on_item(item)
            except (StoreError, OSError) as error:  # Scrapy would only log it
                unstored.append((item.url, str(error)))

        crawler.signals.connect(handle_item, signals.item_scraped)
        await session.start(crawler)
        account: RebuildAccount = get_crawl_stats(crawler)[ACCOUNT]
        account.items -= len(unstored)
        for url, why in unstored:
            account.lose(url, None, f"not stored: {why}")
        total.add(account)
    return total


@dataclass(slots=True)
class Comparison:
    """The result of comparing rebuilt items with the stored ones, record by record.

    `same` counts identical items. `differing` lists URLs with the fields that differ. `missing` lists records whose
    stored item was not rebuilt, `unknown` the URLs of rebuilt items whose record has no stored item.
    """

    same: int = 0
    differing: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def is_identical(self) -> bool:
        """True if the rebuilt items are exactly the stored ones."""
        return not self.different

    @property
    def different(self) -> int:
        """The number of items that differ, are missing or unknown."""
        return len(self.differing) + len(self.missing) + len(self.unknown)

    def as_dict(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {
            "identical": self.is_identical,
            "same": self.same,
            "differing": [{"url": url, "fields": list(fields)} for url, fields in self.differing],
            "missing": self.missing,
            "unknown": self.unknown,
        }


async def compare_with_store(
    session: CrawlSession, settings: Settings, names: Iterable[str], store: Store
) -> tuple[Comparison, RebuildAccount]:
    """Rebuild the items of the sites `names` and compare each with the item that `store` has for the same record."""
    comparison = Comparison()
    names = list(names)
    pending = {record for name in names for record in store.articles.record_ids(name)}

    def compare_item(rebuilt: Article) -> None:
        assert rebuilt.provenance is not None, "RequireRecordPipeline drops items without a record"
        pending.discard(rebuilt.provenance.record_id)
        stored = store.articles.find_by_record(rebuilt.provenance.record_id)
        if stored is None:
            comparison.unknown.append(rebuilt.url)
        elif stored == rebuilt:
            comparison.same += 1
        else:
            new, old = rebuilt.as_dict(), stored.as_dict()
            comparison.differing.append((rebuilt.url, tuple(name for name in new if new[name] != old[name])))

    account = await rebuild_items(session, settings, load_spiders(settings, names), compare_item)
    comparison.missing = sorted(pending)
    return comparison, account


#: Lost pages printed as lines; all are in the output of ``--json``.
_SHOWN = 50


def account_as_dict(account: RebuildAccount) -> dict[str, Any]:
    """Return an account for ``--json``."""
    return {
        "pages": account.pages,
        "items": account.items,
        "lost": [asdict(page) for page in account.lost],
        "skipped": dict(account.skipped),
        "other": dict(account.other),
    }


def print_account(account: RebuildAccount, *, as_json: bool, file: TextIO | None = None) -> int:
    """Print the account to `file`, by default stdout, and each lost page to stderr. Return the exit code.

    With `as_json`, only lost pages are printed, since `account_as_dict` has the rest.
    """
    if not as_json:
        skipped = f"{account.skipped.total()} skipped{_list_causes(account.skipped)}"
        print(f"{account.pages} pages read: {account.items} items, {len(account.lost)} lost, {skipped}", file=file)
        if account.other:
            print(f"{account.other.total()} other captures{_list_causes(account.other)}", file=file)
    for page in account.lost[:_SHOWN]:
        place = f" ({page.file} at byte {page.offset})" if page.file else ""
        print(f"broadsheet: lost: {page.url}{place}: {page.why}", file=sys.stderr)
    if len(account.lost) > _SHOWN:
        print(f"broadsheet: {len(account.lost) - _SHOWN} more pages are lost; --json lists them", file=sys.stderr)
    return FAILED if account.lost else DONE


def _list_causes(causes: Mapping[str, int]) -> str:
    """Return the causes with their numbers in brackets, the most frequent first; empty without any."""
    ordered = sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))
    return f" ({', '.join(f'{number} {cause}' for cause, number in ordered)})" if ordered else ""
