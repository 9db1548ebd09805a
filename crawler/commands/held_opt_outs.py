"""Which captures that are held ask not to be, by what was last seen of them and their hosts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from archive import ArchiveError, Collection, IndexEntry
from crawler.politeness.host_states import SharedRobotsStates
from crawler.politeness.keys import origin, politeness_key, robots_url
from crawler.politeness.opt_out_policy import OptOutPolicy
from crawler.politeness.opt_outs import OptOut, Signal, TdmRules, find_opt_outs, find_robots_txt_opt_outs
from crawler.sites import Site
from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be stated of a URL; `what` is ``withhold`` or ``release``, `evidence` the wish behind it."""

    what: str
    stated: StoredOptOut
    evidence: str


def changes(
    collection: Collection,
    entries: Iterable[IndexEntry],
    store: Store,
    policy: OptOutPolicy,
    product_token: str,
    sites: Mapping[str, Site],
) -> Iterator[Change]:
    """What differs between the wishes as they stand and what is withheld; `entries` in the index's order."""
    withheld = store.opt_outs.withheld_urls()
    hosts = _HostWishes(store)
    for url, captures in groupby(entries, key=lambda entry: entry.url):
        newest = max(captures, key=lambda entry: entry.date)
        if newest.status != 200 or "html" not in (newest.mime or "html"):
            continue
        found = (*_page(collection, newest, product_token), *hosts.of(url))
        wish = policy.find_withholding(found)
        if (wish is not None) == (url in withheld):
            continue
        yield Change(
            "release" if wish is None else "withhold",
            StoredOptOut(
                url=url,
                site=next((site.name for site in sites.values() if site.owns(url)), politeness_key(url)),
                seen_at=newest.date,
                record_id=newest.record_id,
                found=json.dumps([one.as_dict() for one in found], ensure_ascii=False),
                withheld=wish is not None,
            ),
            "no wish any more" if wish is None else f"{wish.place}: {wish.text}",
        )


def _page(collection: Collection, entry: IndexEntry, product_token: str) -> tuple[OptOut, ...]:
    capture = collection.load(entry)
    try:
        body = capture.body()
    except ArchiveError:  # what cannot be decoded states nothing but its headers
        body = b""
    return find_opt_outs(capture.head.fields, body, product_token)


class _HostWishes:
    """What hosts' robots.txt and tdmrep.json say, as last read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._robots = SharedRobotsStates(store.hosts)
        self._tdm: dict[str, TdmRules] = {}

    def of(self, url: str) -> list[OptOut]:
        body = self._robots.get(origin(url)).body or b""
        found = [one for one in find_robots_txt_opt_outs(body) if one.signal is not Signal.AI_COMMENT]
        return [*found, *([one] if (one := self._rules(url).opt_out(url)) else [])]

    def _rules(self, url: str) -> TdmRules:
        address = robots_url(url).removesuffix("/robots.txt") + "/.well-known/tdmrep.json"
        if address not in self._tdm:
            held = self._store.opt_outs.get_tdm(address)
            self._tdm[address] = TdmRules.parse(held[1]) if held else TdmRules()
        return self._tdm[address]
