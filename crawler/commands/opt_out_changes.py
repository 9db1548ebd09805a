"""Finds stored articles whose opt-outs have changed since they were stored."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from archive import ArchiveError, Collection, IndexEntry
from archive.cdxj import REVISIT_MIME
from archive.media import is_success, may_be_html
from archive.notes import is_note
from crawler.politeness.host_states import SharedRobotsStates
from crawler.politeness.keys import origin_of, politeness_key, robots_url
from crawler.politeness.opt_out_policy import OptOutPolicy
from crawler.politeness.opt_outs import OptOut, Signal, TdmRules, find_opt_outs, find_robots_txt_opt_outs
from crawler.sites import Site
from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut


@dataclass(frozen=True, slots=True)
class OptOutChange:
    """A change to the opt-outs of one URL.

    `action` is ``withhold`` or ``release``. `stored` is the row to save, `evidence` the text of the opt-out.
    """

    action: str
    stored: StoredOptOut
    evidence: str


def find_opt_out_changes(
    collection: Collection,
    entries: Iterable[IndexEntry],
    store: Store,
    policy: OptOutPolicy,
    product_token: str,
    sites: Mapping[str, Site],
) -> Iterator[OptOutChange]:
    """Yield a change for each URL that should be withheld and is not, or the reverse.

    Opt-outs are read from the newest capture of the URL and from the files of its host. `entries` must be in the order
    of the index.
    """
    withheld = store.opt_outs.withheld_urls()
    hosts = _HostOptOuts(store)
    pages = (entry for entry in entries if entry.method == "GET" and not is_note(entry.url))
    for url, captures in groupby(pages, key=lambda entry: entry.url):
        newest = max(captures, key=lambda entry: entry.date)
        if not is_success(newest.status) or not (newest.mime == REVISIT_MIME or may_be_html(newest.mime)):
            continue
        found = (*_page_opt_outs(collection, newest, product_token), *hosts.find(url))
        reason = policy.find_withholding(found)
        if (reason is not None) == (url in withheld):
            continue
        yield OptOutChange(
            "release" if reason is None else "withhold",
            StoredOptOut(
                url=url,
                site=next((site.name for site in sites.values() if site.owns(url)), politeness_key(url)),
                seen_at=newest.date,
                record_id=newest.record_id,
                found=json.dumps([opt_out.as_dict() for opt_out in found], ensure_ascii=False),
                withheld=reason is not None,
            ),
            "opt-out removed" if reason is None else f"{reason.place}: {reason.text}",
        )


def _page_opt_outs(collection: Collection, entry: IndexEntry, product_token: str) -> tuple[OptOut, ...]:
    capture = collection.load(entry)
    try:
        body = capture.body()
    except ArchiveError:  # a body that cannot be decoded: the headers still count
        body = b""
    return find_opt_outs(capture.head.fields, body, product_token)


class _HostOptOuts:
    """The opt-outs in the robots.txt and tdmrep.json of hosts, as last read by a crawl."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._robots = SharedRobotsStates(store.hosts)
        self._tdm: dict[str, TdmRules] = {}

    def find(self, url: str) -> list[OptOut]:
        body = self._robots.get(origin_of(url)).body or b""
        found = [opt_out for opt_out in find_robots_txt_opt_outs(body) if opt_out.signal is not Signal.AI_COMMENT]
        tdm = self._load_tdm_rules(url).find_opt_out(url)
        return [*found, tdm] if tdm else found

    def _load_tdm_rules(self, url: str) -> TdmRules:
        address = robots_url(url).removesuffix("/robots.txt") + "/.well-known/tdmrep.json"
        if address not in self._tdm:
            stored = self._store.opt_outs.get_tdm(address)
            self._tdm[address] = TdmRules.parse(stored[1]) if stored else TdmRules()
        return self._tdm[address]
