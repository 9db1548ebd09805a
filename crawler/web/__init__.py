"""The web desk: sites, runs, search, articles beside their captures, versions, replay. Read-only, no scripts."""

from crawler.web.desk import desk
from crawler.web.errors import WebError
from crawler.web.password import Password

__all__ = ["Password", "WebError", "desk"]
