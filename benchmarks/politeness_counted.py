"""Checks the politeness of crawls of failing portals, measured at the server with its own clock.

Portals on loopback redirect to each other, drop connections, respond slowly or with 429, 500 and 503, and forbid paths.
Two crawls at once crawl all of them with one data folder; one of them is killed (SIGKILL) and started again until every
portal has received all requests. Then each gap between the end of a response and the next request to the same portal
is compared with the required delay, which this module computes independently::

    python benchmarks/politeness_counted.py                 # 20 portals, over 2,000 requests: several minutes
    python benchmarks/politeness_counted.py --portals 6 --pages 14 --kills 2
"""

import argparse
import contextlib
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.demo.exchanges import Exchange, peak_parallel
from crawler.demo.messages import Reply, Request, page, redirect
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer

DELAY, CRAWL_DELAY, BACKOFF, RETRY_AFTER = 0.04, 0.3, 0.4, 2
#: Seconds by which the server may note the end of a response earlier than the crawler.
SLACK = 0.005
#: Seconds before a kill in which a response may have ended without being recorded by the crawl.
UNREAD = 0.3

TOWN = "www.town{n}.localhost"
FORBIDDEN = "/private/"


class Town(Portal):
    """A portal with a list of `pages` articles, some of which fail in a way that depends on their number."""

    title = "town"
    delay = DELAY

    def __init__(self, number: int, towns: int, pages: int) -> None:
        super().__init__()
        self.name, self.host = f"town{number}", TOWN.format(n=number)  # type: ignore[misc]
        self.number, self.towns, self.pages = number, towns, pages
        self.forbidden = (FORBIDDEN,)
        self.requested: Counter[str] = Counter()

    @property
    def articles(self) -> Any:
        return ()

    @property
    def is_closed(self) -> bool:
        """True if its robots.txt is unreachable, so that nothing else may be requested."""
        return self.number == 3

    @property
    def crawl_delay(self) -> float:
        return CRAWL_DELAY if self.number == 4 else 0.0

    def find(self, request: Request) -> Reply | None:
        self.requested[request.path] += 1
        if request.path in ("/robots.txt", "/rules"):
            return self.robots(request)
        if request.path == "/":
            links = [f'<li><a href="/a/{n}">News of the day {n}</a></li>' for n in range(self.pages)]
            return page(f'<ul>{"".join(links)}<li><a href="/private/1">Keep out of here</a></li></ul>')
        if request.path.startswith("/a/"):
            return self.article(request, int(request.path.rpartition("/")[2]))
        return self.plain(request.path)

    def robots(self, request: Request) -> Reply:
        if self.is_closed:
            return Reply(status=503, body=b"User-agent: *\nAllow: /\n")
        if self.number % 5 == 2 and request.path == "/robots.txt":
            return redirect(self.other_town_url(request, 7, "/rules"), 301)
        crawl_delay = f"Crawl-delay: {self.crawl_delay}\n" if self.crawl_delay else ""
        rules = f"User-agent: *\nDisallow: {FORBIDDEN}\n{crawl_delay}".encode()
        return Reply(body=rules, delay=0.2 if self.number % 5 == 1 else 0.0)

    def article(self, request: Request, number: int) -> Reply:
        if self.requested[request.path] > 1:
            return self.plain(request.path)
        match (number + 7 * self.number) % 80:  # rare, so that back-offs do not add up to hours
            case 3:
                return Reply(status=429, headers=(("Retry-After", str(RETRY_AFTER)),))
            case 28:
                return Reply(status=503)
            case 51:
                return Reply(body=b"cut", length=50, cut_after=3)
            case 12 | 36 | 60:
                return Reply(status=500)
            case 15 | 39 | 63:
                return redirect(f"{FORBIDDEN}{number}")
            case 18 | 42 | 66:
                return Reply(body=b"slow", delay=0.2)
            case 6 | 9 | 21 | 31 | 45 | 55 | 69:
                return redirect(self.other_town_url(request, 1 + number % 3, f"/moved/{self.number}/{number}"))
        return self.plain(request.path)

    def plain(self, path: str) -> Reply:
        name = "".join(chr(97 + int(sign)) if sign.isdigit() else " " for sign in path)
        return page(f"<title>News {name}</title><h1>News {name}</h1><p>{'Something has happened in town. ' * 9}</p>")

    def other_town_url(self, request: Request, steps: int, path: str) -> str:
        return f"http://{TOWN.format(n=(self.number + steps) % self.towns)}:{request.port}{path}"

    @property
    def is_done(self) -> bool:
        return self.is_closed or sum(path.startswith("/a/") for path in self.requested) == self.pages


@dataclass(slots=True)
class RequiredDelay:
    """The required delay of one portal, computed from its exchanges.

    It is never more than that of a crawler that knew all exchanges. `floor` is the minimum delay; `slowdown` and
    `fetch_time` follow the documented rules for back-off and slow responses.
    """

    floor: float
    slowdown: float = 1.0
    good: int = 0
    strikes: int = 0
    fetch_time: float | None = None

    def after(self, exchange: Exchange, *, unread: bool, restarted: bool) -> float:
        """Return the seconds required from the end of `exchange` to the next request.

        `unread`: a killed crawl may not have read the response. `restarted`: fetch times may have been lost.
        """
        old = 0.0 if restarted else self.fetch_time
        took = exchange.ended - exchange.started
        self.fetch_time = took if old is None else old + 0.3 * (took - old)
        if unread:
            self.fetch_time = self.good = self.strikes = 0
            return self.floor
        pause = 0.0
        if exchange.status in (429, 503) or is_cut(exchange):
            pause = RETRY_AFTER if exchange.status == 429 else BACKOFF * 2**self.strikes
            self.slowdown, self.good, self.strikes = min(self.slowdown * 2, 64.0), 0, self.strikes + 1
        else:
            self.good, self.strikes = self.good + 1, 0
            if self.good == 50:
                self.slowdown, self.good = max(self.slowdown * 0.9, 1.0), 0
        return max(max(self.floor, 5 * self.fetch_time) * self.slowdown, pause)


def is_cut(exchange: Exchange) -> bool:
    """True if the response ended before its Content-Length."""
    return b"Content-Length: 50\r\n" in exchange.sent


@dataclass(slots=True)
class PolitenessCount:
    """The figures of a run. `short` has each gap that was shorter than required. Times are in seconds."""

    requests: int = 0
    portals: int = 0
    kills: int = 0
    smallest_gap: float = float("inf")
    smallest_spare: float = float("inf")
    smallest_after_429: float = float("inf")
    largest_parallel: int = 0
    across: int = 0
    robots_fetches: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    short: list[dict[str, Any]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)

    @property
    def is_polite(self) -> bool:
        """True if no request was too early, parallel to another, or forbidden."""
        return not (self.short or self.forbidden) and self.largest_parallel <= 1


def check_log(log: Sequence[Exchange], portals: dict[str, Town], kills: Sequence[float]) -> PolitenessCount:
    """Compare every gap with the required delay. `kills` are the times of kills on the clock of the exchanges."""
    count = PolitenessCount(requests=len(log), portals=len(portals), kills=len(kills))
    count.statuses = dict(sorted(Counter(one.status for one in log).items()))
    count.across = sum("/moved/" in one.path for one in log)
    count.robots_fetches = sum(one.path == "/robots.txt" for one in log)
    for host, portal in portals.items():
        received = sorted((one for one in log if one.host == host), key=lambda one: one.started)
        count.largest_parallel = max(count.largest_parallel, peak_parallel(received))
        allowed = ("/robots.txt",) if portal.is_closed else ("/",)
        count.forbidden += [host + one.path for one in received if one.path.startswith(FORBIDDEN)]
        count.forbidden += [host + one.path for one in received if not one.path.startswith((*allowed, "/rules"))]
        required = RequiredDelay(max(DELAY, portal.crawl_delay if len(received) > 1 else 0.0))
        for before, after in itertools.pairwise(received):
            between = [at for at in kills if before.started - UNREAD < at < after.started]
            unread = any(at < before.ended + UNREAD for at in between)
            needed, gap = required.after(before, unread=unread, restarted=bool(between)), after.started - before.ended
            if before.status == 429 and not unread:
                count.smallest_after_429 = min(count.smallest_after_429, gap)
            count.smallest_gap = min(count.smallest_gap, gap)
            count.smallest_spare = min(count.smallest_spare, gap - needed)
            if gap < needed - SLACK:
                figures = {"gap": round(gap, 4), "required": round(needed, 4)}
                count.short.append(
                    {"host": host, "after": before.path, "status": before.status, "next": after.path, **figures}
                )
    return count


def write_site_files(server: DemoServer, towns: Sequence[Town], folder: Path) -> None:
    """Write a site file for each town. Towns may redirect to each other."""
    folder.mkdir()
    hosts = json.dumps([town.host for town in towns])
    for town in towns:
        home = json.dumps(server.url(town))
        folder.joinpath(f"{town.name}.toml").write_text(
            f"name = {json.dumps(town.name)}\nhome = {home}\nhosts = {hosts}\n"
            f'[[sections]]\nurl = {home}\nlinks = "li a"\n[crawl]\ndelay = {DELAY}\n'
        )


def visit(data: Path, names: list[str]) -> None:
    """Crawl the sites `names` in this process, as ``broadsheet crawl`` does but with short back-offs."""
    from crawler.commands.crawl_session import CrawlSession, project_settings
    from crawler.commands.data_folder import DataFolder
    from crawler.spiders.loader import SiteSpiderLoader

    folder = DataFolder(data)
    settings = project_settings("live", folder, BROADSHEET_SITES=str(data / "sites"), BROADSHEET_BACKOFF=BACKOFF)
    # Visits normally exclude each other by leases. Without them, only the throttle separates the two crawls.
    extensions = {**settings.getdict("EXTENSIONS"), "crawler.spiders.run_log.RunLog": None}
    settings.set("EXTENSIONS", extensions, priority="cmdline")
    loader = SiteSpiderLoader.from_settings(settings)
    session = CrawlSession(folder)
    crawlers = [session.prepare(loader.load(name), settings) for name in names]

    async def main() -> int:
        import asyncio

        await asyncio.gather(*(session.start(crawler) for crawler in crawlers))
        return 0

    session.run(main)


@contextlib.contextmanager
def crawl(data: Path, names: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a crawl in its own process and kill it at the end."""
    process = subprocess.Popen([sys.executable, __file__, "--visit", str(data), *names])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(portals: int, pages: int, kills: int, patience: float) -> PolitenessCount:
    """Crawl until every portal has received all requests, with `kills` kills, and return the figures."""
    towns = [Town(n, portals, pages) for n in range(portals)]
    names = [town.name for town in towns]
    times: list[float] = []
    deadline = time.monotonic() + patience
    rng = random.Random(portals * pages)
    with tempfile.TemporaryDirectory(prefix="politeness-") as folder, DemoServer(towns) as server:
        data = Path(folder)
        write_site_files(server, towns, data / "sites")
        while not all(town.is_done for town in towns) or len(times) < kills:
            if time.monotonic() > deadline:
                left = [town.name for town in towns if not town.is_done]
                raise SystemExit(f"not done in {patience:.0f} s: {', '.join(left) or 'kills'} are left")
            with crawl(data, names) as steady, crawl(data, names[::-1]) as doomed:
                if len(times) < kills:
                    seen = len(server.log)
                    while len(server.log) < seen + 2 * portals and doomed.poll() is None:
                        time.sleep(0.01)
                    time.sleep(rng.random() * 2)
                    doomed.send_signal(signal.SIGKILL)
                    times.append(time.monotonic())
                    if len(times) % 2:
                        steady.send_signal(signal.SIGKILL)
                    continue
                for process in (steady, doomed):
                    if process.wait(max(deadline - time.monotonic(), 1.0)):
                        raise SystemExit("a crawl failed; its messages are above")
        return check_log(list(server.log), {town.host: town for town in towns}, times)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--portals", type=int, default=20)
    options.add_argument("--pages", type=int, default=100, help="articles per portal")
    options.add_argument("--kills", type=int, default=5)
    options.add_argument("--patience", type=float, default=900.0, help="timeout in seconds")
    options.add_argument("--visit", nargs="+", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.visit:
        visit(Path(given.visit[0]), given.visit[1:])
        return
    began = time.monotonic()
    count = run(given.portals, given.pages, given.kills, given.patience)
    figures = {name: getattr(count, name) for name in PolitenessCount.__slots__}
    print(json.dumps({**figures, "polite": count.is_polite, "seconds": round(time.monotonic() - began, 1)}, indent=1))
    sys.exit(not count.is_polite)


if __name__ == "__main__":
    main()
