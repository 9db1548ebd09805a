"""``broadsheet site add`` on portals without usable pages, and the recall of the site files it writes."""

import json
import socket

import pytest

from crawler.demo import DemoServer, Portal, Reply, Request
from crawler.demo.messages import page, redirect, text


class ForbiddingPortal(Portal):
    """A portal that forbids all crawlers."""

    name, host, title = "forbidding", "www.forbidding.localhost", "Forbidding"
    articles = ()

    def find(self, request: Request) -> Reply | None:
        return text("User-agent: *\nDisallow: /\n") if request.path == "/robots.txt" else page("<html>")


class MovedPortal(ForbiddingPortal):
    """A portal that redirects to another domain."""

    name, host = "moved", "www.moved.localhost"

    def find(self, request: Request) -> Reply | None:
        return redirect("http://www.elsewhere.localhost/", 301) if request.path == "/" else None


class JsonPortal(ForbiddingPortal):
    """A portal without HTML pages."""

    name, host = "data", "www.data.localhost"

    def find(self, request: Request) -> Reply | None:
        return text('{"a": 1}', "application/json") if request.path == "/" else None


class EmptyPortal(ForbiddingPortal):
    """A portal with a single page."""

    name, host = "empty", "www.empty.localhost"

    def find(self, request: Request) -> Reply | None:
        return page("<html><body><p>Under construction.</p></body></html>") if request.path == "/" else None


class WalledPortal(ForbiddingPortal):
    """A portal whose firewall answers."""

    name, host = "walled", "www.walled.localhost"

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return None
        return page("<title>安全验证</title><h2>请完成安全验证</h2><p>请拖动滑块完成拼图后继续浏览。</p>")


class HourlyPortal(ForbiddingPortal):
    """A portal that asks for an hour between requests."""

    name, host = "hourly", "www.hourly.localhost"

    def find(self, request: Request) -> Reply | None:
        return text("User-agent: *\nCrawl-delay: 3600\n") if request.path == "/robots.txt" else page("<html>")


MESSAGES = {
    "walled": "the server asks for a captcha",
    "hourly": "robots.txt asks for 3600 s between requests (Crawl-delay), which is too long to wait here",
    "forbidding": "refused by robots.disallow on http://www.forbidding.localhost",
    "moved": "www.elsewhere.localhost is not one of the site's hosts",
    "data": "answered with status 200 and no HTML page — give the URL of the portal's front page",
    "empty": "no articles found: saw the front page",
    "down": "held by robots.unreachable",
}


#: Surveys portals in one process and prints the error of each as JSON.
SURVEYS = """
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
session, errors = CrawlSession(folder), {}

async def survey_portal(name, home):
    site = Site(name=name, home=home, hosts=(registrable_domain(host_of(home)),), delay=0.01)
    survey, settings = Survey(site, "Broadsheet"), SurveyCrawl(site, folder, None, Console()).settings
    await session.crawl(make_spider_class(site, SurveySpider), settings, source=survey, announce=lambda batch: None)
    try:
        Findings(survey)
    except SurveyError as error:
        errors[name] = str(error)

async def main():
    await asyncio.gather(*(survey_portal(*item) for item in homes.items()))
    return 0

session.run(main)
print(json.dumps(errors))
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory, python, run):
    """Return the error and the requests per portal, the result of the command for the empty portal, and its folder."""
    folder = tmp_path_factory.mktemp("refused")
    portals = [ForbiddingPortal(), MovedPortal(), JsonPortal(), EmptyPortal(), WalledPortal(), HourlyPortal()]
    with DemoServer(portals) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # a port without a listener
        homes = {portal.name: server.url(portal) for portal in portals}
        homes["down"] = f"http://www.down.localhost:{closed.getsockname()[1]}/"
        surveys = python("-c", SURVEYS, json.dumps(homes), folder / "data")
        requests = {portal.name: [exchange.path for exchange in server.exchanges(portal.host)] for portal in portals}
        done = run("site", "add", homes["empty"], "--yes", "--sites", folder / "sites", "--data", folder / "empty")
    assert surveys.returncode == 0, surveys.stderr
    return json.loads(surveys.stdout), requests, done, folder / "sites"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_error_says_what_is_missing(refused, name):
    assert MESSAGES[name] in refused[0][name]
    assert "\n" not in refused[0][name]


def test_only_robots_txt_of_forbidding_portal_is_requested(refused):
    assert refused[1]["forbidding"] == refused[1]["hourly"] == ["/robots.txt"]


def test_empty_portal_ends_the_command_with_one_line_and_no_file(refused):
    _, _, done, sites = refused
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("broadsheet: http://www.empty.localhost")
    assert not list(sites.iterdir())


def test_written_site_files_crawl_portals_of_every_shape(python):
    done = python("benchmarks/site_add.py", "--articles", 24, "--generated", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) >= 6
    assert all(row["survey"] <= 20 for row in rows)
    assert {row["portal"]: row["recall"] for row in rows if row["recall"] < 0.9} == {}
