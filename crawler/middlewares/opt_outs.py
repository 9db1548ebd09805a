"""Opt-outs of pages: found, recorded, and acted on as OPT_OUT_POLICY says.

They are stored in the database by URL, not in the WARC, since they can be read from the capture with the same
function (`broadsheet politeness apply-optouts` does).
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive.media import is_success
from crawler.fetch_context import fetch_context, leased_url
from crawler.handlers.live import NotKept
from crawler.handlers.recorder import site_of
from crawler.items import Article
from crawler.middlewares.decoding import is_html_response
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.tdm import TdmFiles
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.keys import origin_of
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import OptOut, Signal, find_opt_outs, find_robots_txt_opt_outs
from crawler.report_states import ArticleState, Fate, ListState
from crawler.store import Store, database_location
from crawler.store.frontier_urls import UrlKind
from crawler.store.opt_outs import StoredOptOut


def find_page_opt_outs(response: Response, product_token: str) -> tuple[OptOut, ...]:
    """Return the opt-outs that a response itself states."""
    fields = [(name, value) for name, values in response.headers.items() for value in values]
    return find_opt_outs(fields, response.body, product_token, is_html=is_html_response(response))


class OptOutMiddleware:
    """Downloader middleware of a live crawl that records opt-outs, including those of pages that were not kept."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._store = store = politeness.hosts.store
        self._policy = OptOutPolicy.from_settings(politeness.crawler.settings.getdict("OPT_OUT_POLICY"))
        self._tdm = TdmFiles(politeness)
        site = politeness.config.site
        self._recorded = {one.url: one.found for one in store.opt_outs.all(site.name)} if store else {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    async def process_response(self, request: Request, response: Response) -> Response:
        context = fetch_context(request)
        if is_success(response.status) and context.robots_of is None and context.tdm_of is None:
            stated = context.stated_opt_outs
            if stated is None:
                stated = find_page_opt_outs(response, self._politeness.config.product_token)
            found = context.opt_outs = (*stated, *await self._find_host_opt_outs(request.url))
            self._record(request, found, kept=True)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, NotKept):
            self._record(request, exception.found, kept=False)

    async def _find_host_opt_outs(self, url: str) -> list[OptOut]:
        """Return the opt-outs for `url` in the tdmrep.json and robots.txt of its host, apart from robots rules."""
        if not self._politeness.config.site.owns(url):  # other hosts are asked for page requisites only
            return []
        rules = await self._tdm.get_rules(url)
        found = [one] if (one := rules.find_opt_out(url)) else []
        body = self._politeness.hosts.robots.get(origin_of(url)).body
        return [*found, *(one for one in find_robots_txt_opt_outs(body or b"") if one.signal is not Signal.AI_COMMENT)]

    def _record(self, request: Request, found: tuple[OptOut, ...], *, kept: bool) -> None:
        """Store the opt-outs of a page, count them and log the decision, unless they are stored already."""
        url = request.url
        if not found and url not in self._recorded:
            return
        text = json.dumps([one.as_dict() for one in found], ensure_ascii=False)
        if self._recorded.get(url, "[]") == text:
            return
        self._recorded[url] = text
        for one in found:
            self._politeness.log.stats.inc_value(f"politeness/opt_outs/{one.signal}")
        now = self._politeness.clock.now()
        withholding = self._policy.find_withholding(found)
        if withholding is not None:
            self._log_decision(url, withholding, now, kept=kept)
        if self._store is not None:
            capture = fetch_context(request).capture if kept else None
            self._store.opt_outs.save(
                StoredOptOut(
                    url=url,
                    site=self._politeness.config.site.name,
                    seen_at=datetime.fromtimestamp(now, UTC),
                    record_id=capture.record_id if capture else None,
                    found=text,
                    withheld=withholding is not None,
                )
            )

    def _log_decision(self, url: str, opt_out: OptOut, now: float, *, kept: bool) -> None:
        self._politeness.log.record(
            Decision(
                verdict=Verdict.HELD if kept else Verdict.REFUSED,
                host=self._politeness.hosts.key(url),
                rule=f"optout.{opt_out.signal}",
                evidence=f"{opt_out.place}: {opt_out.text}" + ("" if kept else "; not kept"),
                at=now,
                url=url,
            )
        )


class OptOutSpiderMiddleware:
    """Spider middleware, live and offline, that applies the opt-out policy to what a page yields.

    It drops links of pages that opt out of link following, and items of pages that are withheld.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._policy = OptOutPolicy.from_settings(settings.getdict("OPT_OUT_POLICY"))
        self._product_token = settings["ROBOTS_TOKEN"]
        self._withheld: frozenset[str] = frozenset()
        if data := settings.get("BROADSHEET_DATA"):
            with Store.open(database_location(data, settings.get("BROADSHEET_DATABASE"))) as store:
                self._withheld = store.opt_outs.withheld_urls(site_of(crawler).name)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        context = fetch_context(response)
        found, is_withheld = context.opt_outs, False
        if found is None:  # offline: read them from the page again; the store knows those of the host's files
            found = find_page_opt_outs(response, self._product_token)
            is_withheld = response.url in self._withheld
        withholding = self._policy.find_withholding(found)
        is_withheld = is_withheld or withholding is not None
        no_links, dropped_links = self._policy.find(found, Action.NO_LINKS), 0
        async for one in result:
            if no_links and isinstance(one, Request) and not fetch_context(one).continues_article:
                self._count("links_left")
                dropped_links += 1
            elif isinstance(one, Article) and is_withheld:
                self._count("items_withheld")
                signal = withholding.signal if withholding is not None else "host"
                leased_url(response).fate = Fate(ArticleState.REFUSED, f"optout.{signal}")
            else:
                yield one
        if context.opt_outs is None:
            return
        if no_links and dropped_links:
            if (leased := leased_url(response)).lease is not None and context.kind in (UrlKind.LIST, UrlKind.FEED):
                leased.fate = Fate(ListState.REFUSED, f"optout.{no_links.signal}", f"{dropped_links} links")
            self._log_dropped_links(response.url, f"{no_links.place}: {no_links.text}", dropped_links)
        if context.nofollow_links:
            self._log_dropped_links(response.url, "rel=nofollow", context.nofollow_links)

    def _log_dropped_links(self, url: str, reason: str, links: int) -> None:
        politeness = Politeness.of(self._crawler)
        politeness.log.record(
            Decision(
                verdict=Verdict.REFUSED,
                host=politeness.hosts.key(url),
                rule=f"optout.{Signal.NOFOLLOW}",
                evidence=f"{reason}; {links} {'link' if links == 1 else 'links'} of the page not followed",
                at=politeness.clock.now(),
                url=url,
            )
        )

    def _count(self, name: str) -> None:
        if self._crawler.stats:
            self._crawler.stats.inc_value(f"politeness/opt_outs/{name}")
