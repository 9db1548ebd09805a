"""Crawl generated portals with random faults, and check that every article is stored or named.

    python tests/portals/faulty_portals.py [--portals 50] [--seed N]

Each portal has a feed, a sitemap and a paged section. Links that are no URL, refusals, block pages, cut connections,
damaged or missing lists and kills of the crawl are drawn at random. After the last crawl the report's sums must
balance, the exit code must follow from the outcome, every article that was served must be stored, and every article
that a list named must be stored, named in a cause, or counted as left. Exits with 1 otherwise.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from portal_news import article_page, html_page, write_articles

from crawler.demo import DemoServer, Portal, Reply, Request, SampleArticle, write_site_files
from crawler.demo.messages import page, text
from crawler.demo.portal import SectionList
from crawler.store import Store
from crawler.urls import url_key

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "support"))

from visit_reports import check_balance  # noqa: E402 (a script's own path)

#: Faults of an article's page, with their weights. ``None`` is a whole page.
_PAGE_FAULTS: Mapping[str | None, int] = {
    None: 30, "403": 2, "404": 1, "412": 2, "451": 1, "500": 1, "521": 2, "cut": 1, "pdf": 1, "empty": 1, "block": 2,
    "redirect": 1, "longer": 3, "circle": 1, "opted_out_block": 1, "idle_close": 2,
}  # fmt: skip
#: Faults of a list.
_LIST_FAULTS: Mapping[str | None, int] = {None: 8, "bad_link": 5, "bracket": 2, "cut": 2, "junk": 1, "500": 1, "404": 1,
                                          "empty": 1, "longer": 2}  # fmt: skip
_BLOCK_PAGE = html_page("Access denied", "<h1>Access denied</h1><p>Your request was blocked. Event 5f3a9.</p>")
_BAD_LINKS = {"bad_link": "http://{host}:80:80/story/x.html", "bracket": "http://[{host}/story/y.html"}
_PAGE_SIZE = 8


class GuaranteeBroken(Exception):
    """An article was neither stored nor named, or a report is wrong."""


def _announce_more(whole: Reply) -> Reply:
    """Return a reply whose announced length is too long."""
    return replace(whole, length=len(whole.body) + 50, cut_after=len(whole.body))


def draw(chance: random.Random, weights: Mapping[str | None, int]) -> str | None:
    return chance.choices(list(weights), list(weights.values()))[0]


@dataclass(slots=True)
class Plan:
    """The faults of one portal: of its lists by name, and of its articles by path."""

    lists: dict[str, str | None] = field(default_factory=dict)
    pages: dict[str, str | None] = field(default_factory=dict)
    kills: int = 0


class FaultyPortal(Portal):
    """A portal whose faults are drawn from a seed."""

    name = "faulty"
    host = "faulty.localhost"
    title = "Faulty news"
    language = "en"
    timezone = "America/New_York"
    delay = 0.005
    article_pattern = "^/story/"
    feeds = ("/feed.xml",)
    sitemaps = ("/map.xml",)

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.sections = (SectionList("/news/", next="page{n+1}.html"),)
        chance = random.Random(seed)
        count = chance.randint(6, 24)
        self._written = write_articles(
            "chengshi", count, lambda one, slug: f"/story/{one.number}-{slug or 'x'}.html", language="zh"
        )
        self.plan = Plan(kills=chance.choice((0, 0, 1, 2)))
        rate = chance.choice((0.0, 0.3, 1.0))  # some portals have no broken page, some have many
        for name in ("feed", "map", "news"):
            self.plan.lists[name] = draw(chance, _LIST_FAULTS)
        for article in self._written:
            self.plan.pages[article.path] = draw(chance, _PAGE_FAULTS) if chance.random() < rate else None
        self._parts = {
            name: [one for one in self._written if chance.random() < 0.6] for name in ("feed", "map", "news")
        }
        if not self._parts["news"]:
            self._parts["news"] = list(self._written)
        self.served: set[str] = set()

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return self._written

    def find(self, request: Request) -> Reply | None:
        path = request.path
        article = next((one for one in self._written if one.path == path), None)
        if article is not None:
            return self._article(article, request)
        if path == "/feed.xml":
            return self._list("feed", self._xml(request, "feed", "<rss><channel>", "item", "link", "</channel></rss>"))
        if path == "/map.xml":
            return self._list("map", self._xml(request, "map", "<urlset>", "url", "loc", "</urlset>"))
        if path.startswith("/news/"):
            return self._list("news", self._section(request))
        return None

    def _article(self, article: SampleArticle, request: Request) -> Reply:
        fault = self.plan.pages[article.path]
        whole = page(article_page(article))
        if fault in (None, "longer", "idle_close"):
            self.served.add(article.path)
        if fault is None:
            return whole
        if fault.isdecimal():
            return text(f"status {fault}\n", status=int(fault))
        others = {
            "cut": lambda: replace(whole, cut_after=200, length=len(whole.body)),
            "pdf": lambda: replace(whole, headers=(("Content-Type", "application/pdf"),), body=b"%PDF-1.4"),
            "empty": lambda: page(""),
            "block": lambda: page(_BLOCK_PAGE),
            "opted_out_block": lambda: page(
                _BLOCK_PAGE.replace("<head>", '<head><meta name="robots" content="noarchive">')
            ),
            "longer": lambda: _announce_more(whole),
            "idle_close": lambda: replace(whole, keep_alive=False),
            "circle": lambda: replace(text("moved\n", status=302), headers=(("Location", article.path),)),
            "redirect": lambda: replace(
                text("moved\n", status=302), headers=(("Location", f"http://{self.host}:9:9/"),)
            ),
        }
        return others[fault]()

    def _list(self, name: str, whole: Reply) -> Reply:
        fault = self.plan.lists[name]
        if fault == "cut" and name == "news":
            return replace(whole, cut_after=100, length=len(whole.body))
        if fault == "cut":
            return replace(whole, body=whole.body[: len(whole.body) * 2 // 3])
        if fault == "longer":
            return _announce_more(whole)
        if fault == "junk":
            return replace(whole, body=b"<b>Notice</b>: undefined index\n" + whole.body)
        if fault == "empty":
            return replace(whole, body=b"<html><body></body></html>")
        return text("no\n", status=int(fault)) if fault in ("500", "404") else whole

    def _links(self, name: str, origin: str) -> list[str]:
        links = [f"{origin}{article.path}" for article in self._parts[name]]
        if bad := _BAD_LINKS.get(self.plan.lists[name] or ""):
            links.insert(len(links) // 2, bad.format(host=self.host))
        return links

    def _xml(self, request: Request, name: str, head: str, item: str, link: str, tail: str) -> Reply:
        links = self._links(name, request.origin)
        body = head + "\n".join(f"<{item}><{link}>{url}</{link}></{item}>" for url in links) + tail
        return text(body, "application/xml")

    def _section(self, request: Request) -> Reply:
        links = self._links("news", request.origin)
        pages = [links[start : start + _PAGE_SIZE] for start in range(0, len(links), _PAGE_SIZE)] or [[]]
        number = (
            int(request.path.removeprefix("/news/page").removesuffix(".html") or 1) if "page" in request.path else 1
        )
        if not 1 <= number <= len(pages):
            return text("no such page\n", status=404)
        entries = "".join(f'<li><a href="{url}">A story of the town, {url[-30:]}</a></li>' for url in pages[number - 1])
        following = f'<a href="/news/page{number + 1}.html">Next</a>' if number < len(pages) else ""
        return page(html_page(self.title, f"<ul>{entries}</ul>{following}", language="en"))


def crawl(folder: Path, *, kill_after: int | None = None, server: DemoServer | None = None) -> subprocess.Popen[str]:
    """Crawl the portal to the end, or kill the crawl after so many requests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    code = "from faulty_portals import crawl_with_short_pauses as main; main()"
    command = [sys.executable, "-c", code, "crawl", FaultyPortal.name]
    place = ["--sites", str(folder / "sites"), "--data", str(folder), "--json"]
    paths = os.pathsep.join((str(PROJECT), str(Path(__file__).parent)))
    process = subprocess.Popen(
        [*command, *place], cwd=PROJECT, env=clean | {"PYTHONPATH": paths}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    if kill_after is not None and server is not None:
        until = time.monotonic() + 60
        wanted = len(server.log) + kill_after
        while len(server.log) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        process.kill()
    return process


def crawl_with_short_pauses() -> None:
    """Run the command with a back-off of 10 ms, so that faults do not take minutes."""
    import settings.live as live
    from crawler.commands import main

    live.BROADSHEET_BACKOFF = 0.01
    live.RETRY_TIMES = 1
    main()


def check_portal(seed: int, folder: Path) -> str:
    """Crawl the portal of a seed and check it; return one line. Raises GuaranteeBroken."""
    portal = FaultyPortal(seed)
    with DemoServer([portal]) as server:
        write_site_files(server, folder / "sites")
        for number in range(portal.plan.kills):
            crawl(folder, kill_after=3 + 4 * number, server=server).communicate()
        process = crawl(folder)
        _, errors = process.communicate(timeout=240)
        truth = {f"http://{portal.host}:{server.port}{one.path}": one.path for one in portal.articles}
    with Store.open(folder / "broadsheet.sqlite3") as store:
        report = store.runs.list(portal.name, limit=1)[0].report
        stored = {url_key(url) for url in store.articles.urls()}
    require(report is not None, f"the crawl left no report: {errors[-2000:]}")
    check_balance(report)
    code = 1 if report["outcome"] == "failed" else 0
    require(process.returncode == code, f"exit code {process.returncode} of a visit that is {report['outcome']}")
    check_articles(portal, report, truth, stored)
    check_faults(portal, report)
    return f"seed {seed}: {report['outcome']}, {report['articles']}"


def check_articles(
    portal: FaultyPortal, report: Mapping[str, Any], truth: Mapping[str, str], stored: set[bytes]
) -> None:
    named = {url_key(url) for cause in report["causes"] for url in cause["urls"]}
    served = {url for url, path in truth.items() if path in portal.served}
    missing = [url for url in served if url_key(url) not in stored | named]
    require(not missing, f"served, but neither stored nor named: {missing}")
    read = [
        name for name, fault in portal.plan.lists.items() if fault in (None, "bad_link", "bracket", "junk", "longer")
    ]
    linked = {article.path for name in read for article in portal._parts[name]}
    unknown = [url for url, path in truth.items() if path in linked and url_key(url) not in stored | named]
    require(len(unknown) <= report["articles"]["left"], f"linked, but neither stored, named nor left: {unknown}")


def check_faults(portal: FaultyPortal, report: Mapping[str, Any]) -> None:
    """Check that each damaged list is named. A damaged one that a killed crawl has read is read all the same."""
    states = {one["url"].rpartition("/")[2] or "news": one for one in report["lists"]}
    for name, file in (("feed", "feed.xml"), ("map", "map.xml"), ("news", "news")):
        fault, entry = portal.plan.lists[name], states.get(file)
        require(entry is not None, f"the list {name} is not in the report")
        if fault not in (None, "junk", "longer") and not portal.plan.kills:
            require(entry["why"] is not None, f"the list {name} has the fault {fault}, but the report is silent")


def require(holds: bool, failure: str) -> None:
    if not holds:
        raise GuaranteeBroken(failure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portals", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    for seed in range(options.seed, options.seed + options.portals):
        with tempfile.TemporaryDirectory(prefix="faulty-portal-") as folder:
            try:
                print(check_portal(seed, Path(folder)), flush=True)
            except (GuaranteeBroken, AssertionError) as error:
                failed += 1
                print(f"seed {seed}: BROKEN: {error}", flush=True)
    sys.exit(f"{failed} of {options.portals} portals broke the guarantee" if failed else 0)


if __name__ == "__main__":
    main()
