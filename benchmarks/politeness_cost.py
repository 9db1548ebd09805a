"""What does politeness cost? CPU a page of the same crawl with it and without it, side by side.

A sample portal on loopback is crawled by the live settings, archive and store and all, now with the politeness
components and now with Scrapy's own delay in their place, in turn, at about the same pace: a process that pauses
between pages uses more CPU for each than one that never cools down. The CPU time of the crawling process from the first
answer to the end is divided by the answers; opening a visit costs a tenth of a second more, once::

    python benchmarks/politeness_cost.py [--rounds 5]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from crawler.demo import Chengshi, DemoServer, site_files

POLITENESS = (
    "crawler.middlewares.scope.ScopeMiddleware",
    "crawler.middlewares.hours.HoursMiddleware",
    "crawler.middlewares.robots.RobotsMiddleware",
    "crawler.middlewares.budget.BudgetMiddleware",
    "crawler.middlewares.opt_outs.OptOutMiddleware",
    "crawler.middlewares.conditional_get.ConditionalGetMiddleware",
    "crawler.middlewares.retry_after.RetryAfterMiddleware",
    "crawler.middlewares.pace.PaceMiddleware",
)
#: Seconds between pages, with and without.
PACE = 0.06
#: Answers that are not counted: the first pages load what Python loads late.
WARM = 5
OUTPUT = "crawler.middlewares.opt_outs.OptOutOutput"


def visit(data: Path, name: str, polite: bool) -> None:
    """Crawl the site `name` in this process; prints CPU seconds and answers."""
    from scrapy import signals

    from crawler.commands.data import DataFolder
    from crawler.commands.session import CrawlSession, project_settings
    from crawler.spiders.loader import SiteSpiderLoader

    folder = DataFolder(data)
    settings = project_settings("live", folder, BROADSHEET_SITES=str(data / "sites"))
    if not polite:
        without = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), **dict.fromkeys(POLITENESS)}
        settings.set("DOWNLOADER_MIDDLEWARES", without, priority="cmdline")
        outputs = {**settings.getdict("SPIDER_MIDDLEWARES"), OUTPUT: None}
        settings.set("SPIDER_MIDDLEWARES", outputs, priority="cmdline")
        settings.set("OPT_OUT_POLICY", {}, priority="cmdline")
        settings.set("DOWNLOAD_DELAY", PACE, priority="cmdline")
        settings.set("DOWNLOAD_DELAY_JITTER", 0, priority="cmdline")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", 1, priority="cmdline")
    session = CrawlSession(folder)
    crawler = session.prepare(SiteSpiderLoader.from_settings(settings).load(name), settings)
    times: list[float] = []
    for signal in (signals.response_received, signals.engine_stopped):
        crawler.signals.connect(lambda: times.append(time.process_time()), signal, weak=False)

    async def main() -> int:
        await session.start(crawler)
        return 0

    session.run(main)
    print(json.dumps({"cpu": times[-1] - times[WARM], "pages": len(times) - 1 - WARM}))


def once(polite: bool) -> float:
    """Milliseconds of CPU a page of one crawl."""
    with tempfile.TemporaryDirectory(prefix="politeness-cost-") as folder, DemoServer([Chengshi()]) as server:
        data = Path(folder)
        site_files(server, data / "sites")
        file = data / "sites" / "chengshi.toml"
        file.write_text(file.read_text().replace(f"delay = {Chengshi.delay}", f"delay = {PACE - 0.02}"))
        command = [sys.executable, __file__, "--visit", str(data), "polite" if polite else "rude"]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return float(told["cpu"] / told["pages"] * 1000)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--visit", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.visit:
        visit(Path(given.visit[0]), Chengshi.name, given.visit[1] == "polite")
        return
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(given.rounds):
        for polite in (True, False):
            taken[polite].append(once(polite))
    with_it, without = median(taken[True]), median(taken[False])
    print(f"with politeness    {with_it:6.2f} ms CPU a page   ({', '.join(f'{one:.2f}' for one in taken[True])})")
    print(f"without politeness {without:6.2f} ms CPU a page   ({', '.join(f'{one:.2f}' for one in taken[False])})")
    print(f"it costs {with_it - without:.2f} ms, {with_it / without - 1:+.1%}")


if __name__ == "__main__":
    main()
