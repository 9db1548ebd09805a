"""`broadsheet site add` against portals that give nothing to make a site file of, and the recall of what it writes."""

import json
import socket

import pytest

from crawler.demo import DemoServer, Portal, Reply, Request
from crawler.demo.messages import page, redirect, text


class Forbidding(Portal):
    """Wants no crawler at all."""

    name, host, title = "forbidding", "www.forbidding.localhost", "Forbidding"
    articles = ()

    def find(self, request: Request) -> Reply | None:
        return text("User-agent: *\nDisallow: /\n") if request.path == "/robots.txt" else page("<html>")


class Moved(Forbidding):
    """Has gone to another domain."""

    name, host = "moved", "www.moved.localhost"

    def find(self, request: Request) -> Reply | None:
        return redirect("http://www.elsewhere.localhost/", 301) if request.path == "/" else None


class Data(Forbidding):
    """Has no pages."""

    name, host = "data", "www.data.localhost"

    def find(self, request: Request) -> Reply | None:
        return text('{"a": 1}', "application/json") if request.path == "/" else None


class Empty(Forbidding):
    """Has one page."""

    name, host = "empty", "www.empty.localhost"

    def find(self, request: Request) -> Reply | None:
        return page("<html><body><p>Under construction.</p></body></html>") if request.path == "/" else None


SAYS = {
    "forbidding": "refused by robots.disallow on http://www.forbidding.localhost",
    "moved": "www.elsewhere.localhost is not one of the site's hosts",
    "data": "answered with status 200 and no HTML page — give the URL of the portal's front page",
    "empty": "no articles found: saw the front page",
    "down": "held by robots.unreachable",
}


#: Looks at portals in one process; what keeps each from a site file.
LOOKS = """
import asyncio, json, sys
from rich.console import Console
from crawler.commands.data_folder import DataFolder
from crawler.commands.crawl_session import CrawlSession
from crawler.commands.survey_crawl import SurveyCrawl
from crawler.sites import Site, host_of, registrable_domain
from crawler.spiders.loader import make_spider_class
from crawler.spiders.survey import SurveySpider
from crawler.survey.errors import SurveyError
from crawler.survey.findings import Findings
from crawler.survey.survey import Survey

homes, folder = json.loads(sys.argv[1]), DataFolder(__import__("pathlib").Path(sys.argv[2]))
session, said = CrawlSession(folder), {}

async def look(name, home):
    site = Site(name=name, home=home, hosts=(registrable_domain(host_of(home)),), delay=0.01)
    survey, settings = Survey(site, "Broadsheet"), SurveyCrawl(site, folder, None, Console()).settings
    await session.crawl(make_spider_class(site, SurveySpider), settings, source=survey, announce=lambda batch: None)
    try:
        Findings(survey)
    except SurveyError as error:
        said[name] = str(error)

async def main():
    await asyncio.gather(*(look(*one) for one in homes.items()))
    return 0

session.run(main)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory, python, run):
    """What is said of each of the portals, the requests made of each, and how the command ends with the empty one."""
    folder = tmp_path_factory.mktemp("refused")
    portals = [Forbidding(), Moved(), Data(), Empty()]
    with DemoServer(portals) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # a port that nobody listens on
        homes = {portal.name: server.url(portal) for portal in portals}
        homes["down"] = f"http://www.down.localhost:{closed.getsockname()[1]}/"
        looked = python("-c", LOOKS, json.dumps(homes), folder / "data")
        requests = {portal.name: [one.path for one in server.exchanges(portal.host)] for portal in portals}
        done = run("site", "add", homes["empty"], "--yes", "--sites", folder / "sites", "--data", folder / "empty")
    assert looked.returncode == 0, looked.stderr
    return json.loads(looked.stdout), requests, done, folder / "sites"


@pytest.mark.parametrize("name", sorted(SAYS))
def test_what_a_portal_did_not_give_is_said(refused, name):
    assert SAYS[name] in refused[0][name]
    assert "\n" not in refused[0][name]


def test_of_a_portal_that_forbids_it_nothing_but_robots_txt_is_asked(refused):
    assert refused[1]["forbidding"] == ["/robots.txt"]


def test_a_portal_that_gives_nothing_ends_the_command_in_one_line_and_leaves_no_file(refused):
    _, _, done, sites = refused
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("broadsheet: http://www.empty.localhost")
    assert not list(sites.iterdir())


def test_the_site_files_it_writes_crawl_portals_of_every_shape(python):
    done = python("benchmarks/site_add.py", "--articles", 24, "--generated", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) >= 6
    assert all(row["look"] <= 20 for row in rows)
    assert {row["portal"]: row["recall"] for row in rows if row["recall"] < 0.9} == {}
