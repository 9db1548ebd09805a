"""Measures the cost of politeness: CPU time per page of the same crawl with and without it, in pairs.

A sample portal on loopback is crawled with the live settings, archive and store included, once with the politeness
components and once with Scrapy's own delay instead. Both have the same spacing, because a process that pauses between
pages uses more CPU time for each. The two crawls of a pair run in one process, in alternating order and on separate
servers, so that differences between processes and times affect both, and neither profits from the other's caches. The
CPU time of a crawl is divided by the number of pages, which is the same for both; requests for robots.txt therefore
count as a cost of politeness. The interval contains the medians of 95 % of bootstrap samples of the pairs. The pages of
the sample portal are short; a folder of saved pages gives more realistic figures::

    python benchmarks/politeness_cost.py [--pairs 24] [--pages FOLDER]
"""

import argparse
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from crawler.demo import Chengshi, DemoServer, PagesPortal, Portal, write_site_files

POLITENESS = (
    "crawler.middlewares.scope.ScopeMiddleware",
    "crawler.middlewares.hours.HoursMiddleware",
    "crawler.middlewares.robots.RobotsMiddleware",
    "crawler.middlewares.budget.BudgetMiddleware",
    "crawler.middlewares.opt_outs.OptOutMiddleware",
    "crawler.middlewares.conditional_get.ConditionalGetMiddleware",
    "crawler.middlewares.retry_after.RetryAfterMiddleware",
    "crawler.middlewares.throttle.ThrottleMiddleware",
)
OUTPUT = "crawler.middlewares.opt_outs.OptOutSpiderMiddleware"
EXTENSION = "crawler.middlewares.politeness.Politeness"
#: Seconds between pages, with and without politeness.
SPACING = 0.06
#: Pairs per process, and warm-up pairs in each process that are not counted, because they import modules.
PAIRS, WARM_UP = 8, 1
POLITE, RUDE = "polite", "rude"


def run_crawls(folders: list[Path]) -> None:
    """Crawl the site in each of `folders` in this process. Print the folder's name and the milliseconds per page."""
    from scrapy import Request, signals

    from crawler.commands.crawl_session import CrawlSession, project_settings
    from crawler.commands.data_folder import DataFolder
    from crawler.fetch_context import fetch_context
    from crawler.spiders.loader import SiteSpiderLoader

    session = CrawlSession(DataFolder(folders[0]))

    async def crawl(root: Path) -> float:
        settings = project_settings("live", DataFolder(root), BROADSHEET_SITES=str(root / "sites"))
        if root.name == RUDE:
            without = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), **dict.fromkeys(POLITENESS)}
            settings.set("DOWNLOADER_MIDDLEWARES", without, priority="cmdline")
            outputs = {**settings.getdict("SPIDER_MIDDLEWARES"), OUTPUT: None}
            settings.set("SPIDER_MIDDLEWARES", outputs, priority="cmdline")
            extensions = {**settings.getdict("EXTENSIONS"), EXTENSION: None}
            settings.set("EXTENSIONS", extensions, priority="cmdline")
            settings.set("OPT_OUT_POLICY", {}, priority="cmdline")
            settings.set("DOWNLOAD_DELAY", SPACING, priority="cmdline")
            settings.set("DOWNLOAD_DELAY_JITTER", 0, priority="cmdline")
            settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", 1, priority="cmdline")
        loader = SiteSpiderLoader.from_settings(settings)
        (name,) = (file.stem for file in (root / "sites").iterdir())
        crawler = session.prepare(loader.load(name), settings)
        pages = 0

        def count_page(request: Request) -> None:
            nonlocal pages
            context = fetch_context(request)
            pages += context.robots_of is None and context.tdm_of is None

        crawler.signals.connect(count_page, signals.response_received)
        gc.collect()
        before = time.process_time()
        await session.start(crawler)
        return (time.process_time() - before) / pages * 1000

    async def main() -> int:
        for folder in folders:
            print(json.dumps([folder.name, await crawl(folder)]), flush=True)
        return 0

    session.run(main)


def run_process(pairs: int, pages: Path | None) -> list[tuple[float, float]]:
    """Return milliseconds per page with and without politeness, of `pairs` pairs of crawls in a new process."""
    folders = []
    with tempfile.TemporaryDirectory(prefix="politeness-cost-") as scratch, ExitStack() as servers:
        for pair in range(pairs):
            for name in (POLITE, RUDE) if pair % 2 else (RUDE, POLITE):
                folder = Path(scratch) / str(pair) / name
                portal: Portal = PagesPortal(pages) if pages else Chengshi()
                server = servers.enter_context(DemoServer([portal]))
                (file,) = write_site_files(server, folder / "sites")
                # The spacing is the delay, a margin for the server's clock, and the response time.
                file.write_text(file.read_text().replace(f"delay = {portal.delay}", f"delay = {SPACING - 0.02}"))
                folders.append(folder)
        command = [sys.executable, __file__, "--crawl", *map(str, folders)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    results = [json.loads(line) for line in lines]
    times = {name: [value for crawl, value in results if crawl == name] for name in (POLITE, RUDE)}
    return list(zip(times[POLITE], times[RUDE], strict=True))


def interval(values: list[float], figure: Callable[[list[float]], float], draws: int = 4000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of `figure` over `values`."""
    rng = random.Random(0)
    drawn = sorted(figure(rng.choices(values, k=len(values))) for _ in range(draws))
    return drawn[int(draws * 0.025)], drawn[int(draws * 0.975)]


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--pairs", type=int, default=24)
    options.add_argument("--pages", type=Path, help="folder of saved pages to crawl instead of the sample portal")
    options.add_argument("--crawl", nargs="+", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.crawl:
        run_crawls(given.crawl)
        return
    pairs: list[tuple[float, float]] = []
    while len(pairs) < given.pairs:
        pairs += run_process(min(PAIRS, given.pairs - len(pairs)) + WARM_UP, given.pages)[WARM_UP:]
    with_it, without = median(polite for polite, _ in pairs), median(rude for _, rude in pairs)
    shares = [polite / rude - 1 for polite, rude in pairs]
    low, high = interval(shares, median)
    print(f"{len(pairs)} pairs of crawls")
    print(f"with politeness    {with_it:6.2f} ms CPU per page")
    print(f"without politeness {without:6.2f} ms CPU per page")
    print(f"cost of politeness {median(shares):+.1%}  (median of the pairs; 95 % interval {low:+.1%} to {high:+.1%})")


if __name__ == "__main__":
    main()
