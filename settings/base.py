"""What every run shares. The order of the components below is the map of a page's trip.

Nothing here is read from a site: a site's own delay, hosts and budget are in its TOML file.
"""

import os
from importlib.metadata import version

BOT_NAME = "broadsheet"
SPIDER_MODULES = ["crawler.spiders"]
SPIDER_LOADER_CLASS = "crawler.spiders.loader.SiteSpiderLoader"

# Where things lie. All data is under one folder; the commands set these from their options.
BROADSHEET_DATA = os.environ.get("BROADSHEET_DATA") or "data"
BROADSHEET_DATABASE = os.environ.get("BROADSHEET_DATABASE") or None  # None: the SQLite file in the data folder
BROADSHEET_SITES = os.environ.get("BROADSHEET_SITES") or None  # more folders of site files, as PATH lists them
BROADSHEET_STORAGE = os.environ.get("BROADSHEET_STORAGE") or None  # s3://bucket/folder of files moved off this machine
BROADSHEET_DROP_LOCAL = os.environ.get("BROADSHEET_DROP_LOCAL", "") not in ("", "0", "no", "false")  # once surely there
BROADSHEET_CONTACT = os.environ.get("BROADSHEET_CONTACT") or None  # a mail address or URL the portals can write to
VISITS_KEPT_DAYS = 90  # visits and runs in the database, beside the last 200 of each site; the archive keeps its own
BROADSHEET_VISIT = os.environ.get("BROADSHEET_VISIT") or None  # visit:attempt, where a worker began the crawl

# A payload the archive has already is kept as a revisit record: of the same URL ("url"), of any ("any") or never
# ("off"). Captures survive a killed process at once; a power cut once their file is closed ("file") or at once, at the
# price of a disk's flush a capture ("record").
BROADSHEET_DEDUP = "url"
BROADSHEET_SYNC = "file"

# An honest face (RFC 9110, section 10.1.5): who we are and whom to ask, never a browser's name.
ROBOTS_TOKEN = "Broadsheet"
USER_AGENT = f"{ROBOTS_TOKEN}/{version('broadsheet')}" + (f" (+{BROADSHEET_CONTACT})" if BROADSHEET_CONTACT else "")
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip",  # what every WARC reader can undo; many cannot read zstd or brotli bodies
}

# What is done where a page, its headers or its host's files ask not to be indexed, kept, followed or mined. Each wish
# is recorded; beyond that: "no-links" follows none of the page's links, "withhold" keeps the capture and shows it to
# nobody (no item, no export, no replay), "drop" keeps nothing. Signals: noindex, nofollow, noarchive, nosnippet, noai,
# tdm. Those not named are only noted.
OPT_OUT_POLICY = {"noarchive": "drop", "nofollow": "no-links"}

SPIDER_MIDDLEWARES = {"crawler.middlewares.opt_outs.OptOutSpiderMiddleware": 100}

ITEM_PIPELINES = {
    "crawler.pipelines.require_record.RequireRecordPipeline": 100,
    "crawler.pipelines.validate.ValidatePipeline": 200,
}

# One item at a time: Scrapy's default of 100 costs 0.8 ms a page in task spawning alone.
CONCURRENT_ITEMS = 1
# A crawl is one site, which is one politeness key or two: more requests in hand would only wait for their turn.
CONCURRENT_REQUESTS = 4
# The pace is kept by crawler.middlewares.throttle, from the end of a response. Scrapy's slots, which count from its
# start and let a redirect jump the queue, must not add a second clock.
DOWNLOAD_DELAY = 0
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 16 * 1024 * 1024
DEPTH_LIMIT = 0

TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPCACHE_ENABLED = False
AUTOTHROTTLE_ENABLED = False
METAREFRESH_ENABLED = False
MEMUSAGE_ENABLED = False

LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
