"""Sample portals with made-up news on loopback, and the expected fields of every article.

``with DemoServer(sample_portals()) as server`` serves them. `write_site_files` writes the site files to crawl them.
`server.misbehave` makes them fail in the ways of `crawler.demo.misbehaviour`.
"""

from crawler.demo.article import SampleArticle
from crawler.demo.chengshi import Chengshi
from crawler.demo.county import County
from crawler.demo.errors import DemoError
from crawler.demo.exchanges import Exchange
from crawler.demo.gaoyuan import Gaoyuan
from crawler.demo.messages import Reply, Request
from crawler.demo.mirror import GaoyuanMirror
from crawler.demo.pages import PagesPortal
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer
from crawler.demo.site_files import write_site_files

__all__ = [
    "Chengshi",
    "County",
    "DemoError",
    "DemoServer",
    "Exchange",
    "Gaoyuan",
    "GaoyuanMirror",
    "PagesPortal",
    "Portal",
    "Reply",
    "Request",
    "SampleArticle",
    "sample_portals",
    "write_site_files",
]


def sample_portals() -> list[Portal]:
    """Return the bundled portals in their first edition."""
    return [Gaoyuan(), GaoyuanMirror(), Chengshi(), County()]
