"""The tdmrep.json of each origin (W3C TDMRep, section 6.1), fetched once a day through the engine like any page."""

import asyncio

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.fetch_context import FetchContext
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import VisitEnding
from crawler.politeness.keys import origin_of, robots_url
from crawler.politeness.opt_outs import TdmRules

#: Seconds until a file is fetched again, and until a failed fetch is tried again.
LIFETIME, RETRY_AFTER = 86_400.0, 3_600.0
#: Bytes kept of a file.
LIMIT = 256 * 1024


class TdmFiles:
    """The rules of each origin as last fetched. An unreadable or missing file reserves nothing."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._store = politeness.hosts.store
        self._known: dict[str, tuple[float, TdmRules]] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}

    async def get_rules(self, url: str) -> TdmRules:
        """Return the rules of `url`'s origin, fetching them if they are due. Concurrent callers share one fetch."""
        origin, now = origin_of(url), self._politeness.clock.now()
        due, rules = self._known.get(origin, (0.0, TdmRules()))
        if now < due <= now + LIFETIME:
            return rules
        file_url = robots_url(url).removesuffix("/robots.txt") + "/.well-known/tdmrep.json"
        if origin not in self._known and self._store and (stored := self._store.opt_outs.get_tdm(file_url)):
            due, rules = self._known[origin] = (stored[0], TdmRules.parse(stored[1]))
        if now < due <= now + LIFETIME or self._politeness.visit.is_ending():
            return rules
        task = self._fetches.get(file_url)
        if task is None:
            task = self._fetches[file_url] = asyncio.ensure_future(self._fetch(file_url))
            task.add_done_callback(lambda _: self._fetches.pop(file_url, None))
        await asyncio.shield(task)
        return self._known.get(origin, (0.0, TdmRules()))[1]

    async def _fetch(self, file_url: str) -> None:
        politeness = self._politeness
        engine = politeness.crawler.engine
        assert engine is not None
        meta = FetchContext(tdm_of=file_url).as_meta(dont_retry=True)
        request = Request(file_url, meta=meta, callback=NO_CALLBACK, dont_filter=True)
        body, lifetime = b"", LIFETIME
        try:
            response = await engine.download_async(request)
            if response.status == 200:
                body = response.body[:LIMIT]
            elif response.status >= 500 or response.status == 429:
                lifetime = RETRY_AFTER
        except VisitEnding:
            return
        except IgnoreRequest:  # robots.txt forbids the file or it redirects off the site: like a missing file
            pass
        except Exception as error:
            politeness.log.stats.inc_value(f"tdm/errors/{type(error).__name__}")
            lifetime = RETRY_AFTER
        due = politeness.clock.now() + lifetime
        self._known[origin_of(file_url)] = (due, TdmRules.parse(body))
        if self._store is not None:
            self._store.opt_outs.save_tdm(file_url, due_at=due, body=body)
