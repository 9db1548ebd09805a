"""Sites as their TOML files describe them: what to crawl, how often, how gently."""

from crawler.sites.hosts import host_of, is_loopback_host, registrable_domain
from crawler.sites.issue_url import IssueUrl
from crawler.sites.model import DEFAULT_DELAY, DEFAULT_MAX_PAGES, JsonList, Section, Site, site_name
from crawler.sites.path_pattern import PathPattern, PatternTimeout
from crawler.sites.reader import BUNDLED, SiteError, load_sites, read_site, site_folders

__all__ = [
    "BUNDLED",
    "DEFAULT_DELAY",
    "DEFAULT_MAX_PAGES",
    "IssueUrl",
    "JsonList",
    "PathPattern",
    "PatternTimeout",
    "Section",
    "Site",
    "SiteError",
    "host_of",
    "is_loopback_host",
    "load_sites",
    "read_site",
    "registrable_domain",
    "site_folders",
    "site_name",
]
