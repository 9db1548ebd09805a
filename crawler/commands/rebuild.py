"""Rebuilds items from the archive and compares them with the stored ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TextIO

from scrapy import Spider, signals
from scrapy.settings import Settings

from archive import Collection, Index
from archive.importing import IMPORT_PREFIX
from archive.retention import Removal, Removals
from archive.summary import Summary
from crawler.commands.crawl_session import CrawlSession, get_crawl_stats
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.output import print_problem, print_text
from crawler.items import Article
from crawler.sites import Site, registrable_domain, site_name
from crawler.spiders.loader import (
    SiteSpiderLoader,
    make_every_page_spider_class,
    make_offline_spider_class,
    make_spider_class,
)
from crawler.spiders.reextract import ACCOUNT, LostPage, RebuildAccount
from crawler.store import Store, StoreError


def make_collection_spiders(
    collection: Collection, known: Mapping[str, Site], *, is_chunk: bool = False
) -> list[type[Spider]]:
    """Return the spiders for all pages of `collection`: those of known sites, and one per other registrable domain.

    `is_chunk` is true if the collection is a part of a larger one.
    """
    hosts = Summary.of(collection.index.search()).hosts
    return [
        make_offline_spider_class(
            make_spider_class(site), collection, every_page=site.name not in known, is_chunk=is_chunk
        )
        for site in sites_of_hosts(hosts, known)
    ]


def make_archive_spiders(
    settings: Settings, index: Index, known: Mapping[str, Site], stored: Iterable[str]
) -> dict[str, type[Spider]]:
    """Return the spiders that read the archive in the data folder, by the names of their sites.

    There is one for each known site with stored articles or imported captures, and one for each registrable domain of
    imported captures that belongs to no known site. It treats every page as an article.
    """
    hosts: set[str] = set()
    for name in index.files():
        if name.startswith(IMPORT_PREFIX):
            hosts.update(Summary.of(index.captures_in(name)).hosts)
    sites = {site.name: site for site in sites_of_hosts(hosts, known)}
    loader = SiteSpiderLoader.from_settings(settings)
    names = sorted({*sites, *(name for name in stored if name in known)}, key=lambda name: (name not in known, name))
    return {name: loader.load(name) if name in known else make_every_page_spider_class(sites[name]) for name in names}


def sites_of_hosts(hosts: Iterable[str], known: Mapping[str, Site]) -> list[Site]:
    """Return the known sites that own some of the hosts, and a new site for each other registrable domain."""
    found: dict[str, Site] = {}
    for host in sorted(set(map(_normalize_host, hosts)) - {""}):
        url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
        site = next((site for site in known.values() if site.owns(url)), None)
        if site is None:
            domain = registrable_domain(host)
            site = Site(name=_free_name(site_name(domain), known), home=url, hosts=(domain,))
        found.setdefault(site.name, site)
    return list(found.values())


def _normalize_host(host: str) -> str:
    """Return a host as it is in keys of the index: in ASCII (RFC 3490), without the dot of the root."""
    try:
        return host.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return host.rstrip(".")


def _free_name(name: str, known: Mapping[str, Site]) -> str:
    """Return `name`, or a similar one if a site file of other hosts has it."""
    return _free_name(f"{name}_imported", known) if name in known else name


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
    stored item was not rebuilt, `unknown` the URLs of rebuilt items whose record has no stored item. `removed` lists
    the stored items whose record was removed from the archive, which is no difference.
    """

    same: int = 0
    differing: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    removed: list[Removal] = field(default_factory=list)

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
            "removed": [{"url": one.url, "record": one.record_id, "reason": one.reason} for one in self.removed],
        }


async def compare_with_store(
    session: CrawlSession, settings: Settings, spiders: Iterable[type[Spider]], store: Store, removals: Removals
) -> tuple[Comparison, RebuildAccount]:
    """Rebuild the items of `spiders` and compare each with the item that `store` has for the same record.

    `removals` has the records that were removed from the archive, whose items cannot be rebuilt.
    """
    comparison = Comparison()
    spiders = list(spiders)
    remains = removals.remains()
    pending = {record for spider in spiders for record in store.articles.record_ids(spider.name)}

    def compare_item(rebuilt: Article) -> None:
        assert rebuilt.provenance is not None, "RequireRecordPipeline drops items without a record"
        pending.discard(rebuilt.provenance.record_id)
        stored = store.articles.find_by_record(rebuilt.provenance.record_id)
        if stored is None:
            comparison.unknown.append(rebuilt.url)
        elif _follow_record(stored, rebuilt, remains) == rebuilt:
            comparison.same += 1
        else:
            new, old = rebuilt.as_dict(), stored.as_dict()
            comparison.differing.append((rebuilt.url, tuple(name for name in new if new[name] != old[name])))

    account = await rebuild_items(session, settings, spiders, compare_item)
    for record in sorted(pending):
        if removal := removals.find_record(record):
            comparison.removed.append(removal)
        else:
            comparison.missing.append(record)
    return comparison, account


def _follow_record(stored: Article, rebuilt: Article, remains: Mapping[str, str | None]) -> Article:
    """Return the stored item with the new place of its record, if that was moved when other captures were removed."""
    before, after = stored.provenance, rebuilt.provenance
    if before is None or after is None or remains.get(before.file) != after.file:
        return stored
    return replace(stored, provenance=replace(before, file=after.file, offset=after.offset))


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


def account_from_dict(values: Mapping[str, Any]) -> RebuildAccount:
    """Return the account that `account_as_dict` turned into `values`; without values, an empty one."""
    return RebuildAccount(
        pages=values.get("pages", 0),
        items=values.get("items", 0),
        lost=[LostPage(**page) for page in values.get("lost", ())],
        skipped=Counter(values.get("skipped", {})),
        other=Counter(values.get("other", {})),
    )


def print_account(account: RebuildAccount, *, as_json: bool, file: TextIO | None = None) -> int:
    """Print the account to `file`, by default stdout, and each lost page to stderr. Return the exit code.

    With `as_json`, only lost pages are printed, since `account_as_dict` has the rest.
    """
    if not as_json:
        skipped = f"{account.skipped.total()} skipped{_list_causes(account.skipped)}"
        print_text(f"{account.pages} pages read: {account.items} items, {len(account.lost)} lost, {skipped}", file=file)
        if account.other:
            print_text(f"{account.other.total()} other captures{_list_causes(account.other)}", file=file)
    for page in account.lost[:_SHOWN]:
        place = f" ({page.file} at byte {page.offset})" if page.file else ""
        print_problem(f"lost: {page.url}{place}: {page.why}")
    if len(account.lost) > _SHOWN:
        print_problem(f"{len(account.lost) - _SHOWN} more pages are lost; --json lists them")
    return FAILED if account.lost else DONE


def _list_causes(causes: Mapping[str, int]) -> str:
    """Return the causes with their numbers in brackets, the most frequent first; empty without any."""
    ordered = sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))
    return f" ({', '.join(f'{number} {cause}' for cause, number in ordered)})" if ordered else ""
