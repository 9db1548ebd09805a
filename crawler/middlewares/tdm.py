"""The tdmrep.json of origins (W3C TDMRep, section 6.1), fetched once a day through the engine like any page."""

import asyncio

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.fetch_context import FetchContext
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import VisitEnding
from crawler.politeness.keys import origin, robots_url
from crawler.politeness.opt_outs import TdmRules
from crawler.store import Store

#: Seconds a copy counts, and after which one that could not be had is asked for again.
LIFE, RETRY = 86_400.0, 3_600.0
#: Octets kept of a file.
LIMIT = 256 * 1024


class TdmFiles:
    """What origins reserve, as last read; an unreadable or absent file reserves nothing."""

    def __init__(self, politeness: Politeness, store: Store | None) -> None:
        self._politeness = politeness
        self._store = store
        self._known: dict[str, tuple[float, TdmRules]] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}

    async def rules(self, url: str) -> TdmRules:
        """The rules of `url`'s origin, fetched where they are due; for those who ask meanwhile, once."""
        place, now = origin(url), self._politeness.clock.now()
        due, rules = self._known.get(place, (0.0, TdmRules()))
        if now < due:
            return rules
        address = robots_url(url).removesuffix("/robots.txt") + "/.well-known/tdmrep.json"
        if place not in self._known and self._store and (held := self._store.opt_outs.get_tdm(address)):
            due, rules = self._known[place] = (held[0], TdmRules.parse(held[1]))
        if now < due or self._politeness.is_ending():
            return rules
        task = self._fetches.get(address)
        if task is None:
            task = self._fetches[address] = asyncio.ensure_future(self._fetch(address))
            task.add_done_callback(lambda _: self._fetches.pop(address, None))
        await asyncio.shield(task)
        return self._known.get(place, (0.0, TdmRules()))[1]

    async def _fetch(self, address: str) -> None:
        politeness = self._politeness
        engine = politeness.crawler.engine
        assert engine is not None
        meta = FetchContext(tdm_of=address).as_meta(dont_retry=True)
        request = Request(address, meta=meta, callback=NO_CALLBACK, dont_filter=True)
        body, life = b"", LIFE
        try:
            response = await engine.download_async(request)
            if response.status == 200:
                body = response.body[:LIMIT]
            elif response.status >= 500 or response.status == 429:
                life = RETRY
        except VisitEnding:
            return
        except IgnoreRequest:  # robots.txt forbids it, or it leads off the site: that is an answer
            pass
        except Exception as error:
            politeness.stats.inc_value(f"tdm/errors/{type(error).__name__}")
            life = RETRY
        due = politeness.clock.now() + life
        self._known[origin(address)] = (due, TdmRules.parse(body))
        if self._store is not None:
            self._store.opt_outs.save_tdm(address, due_at=due, body=body)
