"""Settings that all crawls share. The order of the components below is the path of a page through the project.

Nothing here belongs to a single site: its delay, hosts and budget are in its TOML file.
"""

import os
from importlib.metadata import version

BOT_NAME = "broadsheet"
SPIDER_MODULES = ["crawler.spiders"]
SPIDER_LOADER_CLASS = "crawler.spiders.loader.SiteSpiderLoader"

# Locations. All data is under one folder; the commands set these from their options.
BROADSHEET_DATA = os.environ.get("BROADSHEET_DATA") or "data"
BROADSHEET_DATABASE = os.environ.get("BROADSHEET_DATABASE") or None  # None: the SQLite file in the data folder
BROADSHEET_SITES = os.environ.get("BROADSHEET_SITES") or None  # more folders of site files, as PATH lists them
BROADSHEET_STORAGE = os.environ.get("BROADSHEET_STORAGE") or None  # s3://bucket/folder of files moved off this machine
BROADSHEET_DROP_LOCAL = os.environ.get("BROADSHEET_DROP_LOCAL", "") not in ("", "0", "no", "false")  # after the upload
BROADSHEET_CONTACT = os.environ.get("BROADSHEET_CONTACT") or None  # a mail address or URL the portals can write to
BROADSHEET_ALARM_COMMAND = os.environ.get("BROADSHEET_ALARM_COMMAND") or None  # reads new alarms as JSON on stdin
VISITS_KEPT_DAYS = 90  # of visits and runs in the database; the last 200 of each site and all captures are kept
BROADSHEET_VISIT = os.environ.get("BROADSHEET_VISIT") or None  # visit:attempt, set by a worker

# A payload that the archive already has becomes a revisit record: for the same URL ("url"), for any ("any") or never
# ("off"). Captures always survive a killed process. They survive a power cut once their file is closed ("file"), or at
# once at the cost of a disk flush per capture ("record").
BROADSHEET_DEDUP = "url"
BROADSHEET_SYNC = "file"

# Identification (RFC 9110, section 10.1.5): our name and contact, never the name of a browser.
ROBOTS_TOKEN = "Broadsheet"
USER_AGENT = f"{ROBOTS_TOKEN}/{version('broadsheet')}" + (f" (+{BROADSHEET_CONTACT})" if BROADSHEET_CONTACT else "")
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip",  # what every WARC reader can undo; many cannot read zstd or brotli bodies
}

# Reactions to opt-outs from being indexed, kept, followed or mined, in a page, its headers or its host's files. Each
# opt-out is recorded. "no-links" does not follow the page's links, "withhold" keeps the capture but hides it (no item,
# export or replay), "drop" does not keep the page. Signals: noindex, nofollow, noarchive, nosnippet, noai, tdm. Signals
# not listed are only recorded.
OPT_OUT_POLICY = {"noarchive": "drop", "nofollow": "no-links"}

SPIDER_MIDDLEWARES = {"crawler.middlewares.opt_outs.OptOutSpiderMiddleware": 100}

ITEM_PIPELINES = {
    "crawler.pipelines.require_record.RequireRecordPipeline": 100,
    "crawler.pipelines.repeated.RepeatedPagesPipeline": 150,
    "crawler.pipelines.validate.ValidatePipeline": 200,
}

# One item at a time: Scrapy's default of 100 costs 0.8 ms a page in task spawning alone.
CONCURRENT_ITEMS = 1
# A crawl is one site, which has one or two politeness keys: more concurrent requests would only wait for the throttle.
CONCURRENT_REQUESTS = 4
# crawler.middlewares.throttle keeps the delay, from the end of a response. Scrapy's slots must not add a second one:
# they count from the start of requests and let a redirect jump the queue.
DOWNLOAD_DELAY = 0
# Seconds for a whole exchange, from the connection to the last byte, so that a server that drips its bytes cannot hold
# a crawl. A request that times out is lost until the next visit; three in a row of one host end the visit.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_FAIL_ON_DATALOSS = False  # a body shorter than announced is read as far as it goes, and flagged
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 16 * 1024 * 1024
DEPTH_LIMIT = 0

TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPCACHE_ENABLED = False

# The errors of the download handler for network failures. Scrapy's own list adds Twisted's errors, and loads its HTTP
# client, which takes a fifth of a crawl's start.
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
]
AUTOTHROTTLE_ENABLED = False
METAREFRESH_ENABLED = False
MEMUSAGE_ENABLED = False

LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawler.logs.ItemLogFormatter"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
