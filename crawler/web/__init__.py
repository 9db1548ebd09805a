"""The web desk: sites, runs, search, articles beside their captures, versions, replay. Read-only, no scripts."""

from crawler.web.desk import desk
from crawler.web.errors import WebError
from crawler.web.password import Password
from crawler.web.server import desk_server

__all__ = ["Password", "WebError", "desk", "desk_server"]
