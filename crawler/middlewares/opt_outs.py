"""Wishes against keeping and following pages: read, recorded, and done as the policy says.

Where the wishes of a capture are written down: in the store, by URL, and nowhere in the WARC, since whoever has the
capture can read them from it again with the same function (`broadsheet politeness apply-optouts` does).
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.fetch_context import fetch_context
from crawler.handlers.live import NotKept
from crawler.handlers.recorder import site_of
from crawler.items import Article
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.tdm import TdmFiles
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.keys import origin
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import OptOut, Signal, find_opt_outs, find_robots_txt_opt_outs
from crawler.store import Store, database_location
from crawler.store.opt_outs import StoredOptOut


def find_page_opt_outs(response: Response, product_token: str) -> tuple[OptOut, ...]:
    """The wishes that a response itself states."""
    fields = [(name, value) for name, values in response.headers.items() for value in values]
    kind = response.headers.get("Content-Type") or b""
    return find_opt_outs(fields, response.body, product_token, is_html=not kind or b"html" in kind.lower())


class OptOutMiddleware:
    """Downloader middleware of a live crawl that records the wishes found, those of pages not kept among them."""

    def __init__(self, politeness: Politeness, store: Store | None) -> None:
        self._politeness = politeness
        self._store = store
        self._policy = OptOutPolicy.from_settings(politeness.crawler.settings.getdict("OPT_OUT_POLICY"))
        self._tdm = TdmFiles(politeness, store)
        self._stated = {one.url: one.found for one in store.opt_outs.all(politeness.site.name)} if store else {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        politeness = Politeness.of(crawler)
        return cls(politeness, politeness.store)

    async def process_response(self, request: Request, response: Response) -> Response:
        context = fetch_context(request)
        if response.status == 200 and context.robots_of is None and context.tdm_of is None:
            stated = context.stated_opt_outs
            if stated is None:
                stated = find_page_opt_outs(response, self._politeness.product_token)
            found = context.opt_outs = (*stated, *await self._of_host(request.url))
            self._record(request, found, kept=True)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, NotKept):
            self._record(request, exception.found, kept=False)

    async def _of_host(self, url: str) -> list[OptOut]:
        """What the host's robots.txt and tdmrep.json say of `url`, beside its rules."""
        if not self._politeness.site.owns(url):  # of another host is asked for what the page needs, no more
            return []
        rules = await self._tdm.rules(url)
        found = [one] if (one := rules.opt_out(url)) else []
        body = self._politeness.robots.get(origin(url)).body
        return [*found, *(one for one in find_robots_txt_opt_outs(body or b"") if one.signal is not Signal.AI_COMMENT)]

    def _record(self, request: Request, found: tuple[OptOut, ...], *, kept: bool) -> None:
        url = request.url
        if not found and url not in self._stated:
            return
        text = json.dumps([one.as_dict() for one in found], ensure_ascii=False)
        if self._stated.get(url, "[]") == text:
            return
        politeness, now = self._politeness, self._politeness.clock.now()
        self._stated[url] = text
        taken = self._policy.find_withholding(found)
        for one in found:
            politeness.stats.inc_value(f"politeness/opt_outs/{one.signal}")
        if taken is not None:
            verdict = Verdict.HELD if kept else Verdict.REFUSED
            evidence = f"{taken.place}: {taken.text}" + ("" if kept else "; not kept")
            politeness.record(
                Decision(
                    verdict=verdict,
                    host=politeness.key(url),
                    rule=f"optout.{taken.signal}",
                    evidence=evidence,
                    at=now,
                    url=url,
                )
            )
        if self._store is not None:
            capture = fetch_context(request).capture if kept else None
            self._store.opt_outs.save(
                StoredOptOut(
                    url=url,
                    site=politeness.site.name,
                    seen_at=datetime.fromtimestamp(now, UTC),
                    record_id=capture.record_id if capture else None,
                    found=text,
                    withheld=taken is not None,
                )
            )


class OptOutSpiderMiddleware:
    """Spider middleware, live and over the archive: no links of pages that want none followed, no items of pages that
    are withheld."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._policy = OptOutPolicy.from_settings(settings.getdict("OPT_OUT_POLICY"))
        self._token = settings["ROBOTS_TOKEN"]
        self._withheld: frozenset[str] = frozenset()
        if data := settings.get("BROADSHEET_DATA"):
            with Store.open(database_location(data, settings.get("BROADSHEET_DATABASE"))) as store:
                self._withheld = store.opt_outs.withheld_urls(site_of(crawler).name)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        context = fetch_context(response)
        found = context.opt_outs
        if found is None:  # over the archive: the page is asked again, the store knows what its host said
            found = find_page_opt_outs(response, self._token)
            withheld = response.url in self._withheld
        else:
            withheld = False
        withheld = withheld or self._policy.find_withholding(found) is not None
        wish, left = self._policy.find(found, Action.NO_LINKS), 0
        async for one in result:
            if wish and isinstance(one, Request) and not fetch_context(one).continues_article:
                self._count("links_left")
                left += 1
            elif isinstance(one, Article) and withheld:
                self._count("items_withheld")
            else:
                yield one
        if context.opt_outs is None:
            return
        if wish and left:
            self._note_left(response.url, f"{wish.place}: {wish.text}", left)
        if context.nofollow_links:
            self._note_left(response.url, "rel=nofollow", context.nofollow_links)

    def _note_left(self, url: str, said: str, links: int) -> None:
        politeness = Politeness.of(self._crawler)
        politeness.record(
            Decision(
                verdict=Verdict.REFUSED,
                host=politeness.key(url),
                rule=f"optout.{Signal.NOFOLLOW}",
                evidence=f"{said}; {links} {'link' if links == 1 else 'links'} of the page not followed",
                at=politeness.clock.now(),
                url=url,
            )
        )

    def _count(self, what: str) -> None:
        if self._crawler.stats:
            self._crawler.stats.inc_value(f"politeness/opt_outs/{what}")
