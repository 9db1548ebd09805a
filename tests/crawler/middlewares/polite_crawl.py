"""A live crawl of the given URLs in its own process, since a reactor starts once per process. Pages are dropped.

Called with one JSON argument (see ORDER below); prints JSON {"stats", "answers"}.
"""

import json
import sys
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

from crawler.handlers.wire import WireDownloadHandler
from crawler.sites import Site

ORDER = json.loads(sys.argv[1])

MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.scope.ScopeMiddleware": 50,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.conditional_get.ConditionalGetMiddleware": 450,
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 940,
    "crawler.middlewares.throttle.ThrottleMiddleware": 950,
}


class Handler(WireDownloadHandler):
    """The live handler without an archive."""

    def handle_capture(self, request: Request, capture: Any) -> None:
        pass


class Everything(Spider):
    """Requests every start URL and remembers the outcome."""

    name = "everything"
    site = Site(name="everything", home=ORDER["starts"][0], hosts=tuple(ORDER["hosts"]), delay=ORDER["delay"])
    answers: dict[str, str] = {}  # noqa: RUF012

    async def start(self):
        for url in ORDER["starts"]:
            yield Request(url, self.parse, errback=self.lost, dont_filter=True, meta={"handle_httpstatus_all": False})

    def parse(self, response):
        self.answers[response.url] = str(response.status)

    def lost(self, failure):
        self.answers[failure.request.url] = failure.type.__name__


process = AsyncCrawlerProcess(
    {
        "DOWNLOAD_HANDLERS": {"http": Handler, "https": Handler},
        "DOWNLOADER_MIDDLEWARES": MIDDLEWARES,
        "EXTENSIONS": {"crawler.middlewares.politeness.Politeness": 200},
        "ROBOTS_TOKEN": "Broadsheet",
        "ALLOW_LOOPBACK": True,
        "BROADSHEET_DATA": ORDER["data"],
        "BROADSHEET_CRAWL_DIR": ORDER["folder"],
        "CONCURRENT_REQUESTS": 400,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": 5,
        "RETRY_TIMES": 2,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "ERROR",
        **ORDER["settings"],
    }
)
crawler = process.create_crawler(Everything)
process.crawl(crawler)
process.start()
stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, int | float | str)}
print(json.dumps({"stats": stats, "answers": Everything.answers}))
