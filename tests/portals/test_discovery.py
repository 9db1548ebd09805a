"""Crawls of portals of every shape by the command: the articles found and the requests needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from portal_shapes import HIDDEN_ARTICLE, SHAPES, find_useless_requests, hosts_of, make_portals
from visit_reports import check_stored_reports

from crawler.demo import DemoServer, write_site_files
from crawler.store import Store
from crawler.urls import url_key

PROJECT = Path(__file__).resolve().parents[2]
ARTICLES = 30


def crawl(folder: Path, *arguments: str, check: bool = True) -> list[dict]:
    """Crawl by the command and return what it prints. With `check`, it must succeed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    command = [sys.executable, "-c", "from crawler.commands import main; main()", "crawl", *arguments]
    place = ["--sites", str(folder / "sites"), "--data", str(folder), "--json"]
    done = subprocess.run([*command, *place], capture_output=True, text=True, timeout=240, cwd=PROJECT, env=clean)
    assert done.returncode == 0 or not check, done.stderr
    check_stored_reports(folder)
    return json.loads(done.stdout)


def write_portal_site_files(server: DemoServer, folder: Path) -> None:
    """Write the site files a person would write: a portal's subdomains belong to it."""
    for file in write_site_files(server, folder):
        if file.stem.startswith("m_"):
            file.unlink()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """Visit a portal of each shape twice; return the portals, the server's log of each visit, and the store."""
    folder = tmp_path_factory.mktemp("shapes")
    portals = make_portals(ARTICLES)
    with DemoServer([host for portal in portals for host in hosts_of(portal)]) as server:
        write_site_files(server, folder / "sites")
        names = [portal.name for portal in portals]
        first = crawl(folder, *names)
        visits = [list(server.log)]
        crawl(folder, *names)
        visits.append(server.log[len(visits[0]) :])
        truth = {portal.name: portal.articles_by_url(server.port) for portal in portals}
    with Store.open(folder / "broadsheet.sqlite3") as store:
        yield portals, truth, visits, store, first


def requests_to(portal, visit) -> list[tuple[str, str]]:
    hosts = {host.host for host in hosts_of(portal)}
    return [(one.host, one.path) for one in visit if one.host in hosts]


@pytest.mark.parametrize("shape", [shape.name for shape in SHAPES])
def test_every_article_is_found_with_few_useless_requests(crawled, shape):
    portals, truth, visits, store, _ = crawled
    portal = next(one for one in portals if one.name == shape)
    items = {url_key(item.url): item for item in store.articles.items(shape)}
    found = [url for url, article in truth[shape].items() if (item := items.get(url_key(url))) and
             item.title == article.title and item.body == article.body]  # fmt: skip
    assert len(found) / len(truth[shape]) >= 0.98
    assert len(items) == len(found), "an item is not an article"
    requests = requests_to(portal, visits[0])
    useless = find_useless_requests(portal, requests)
    assert len(useless) / len(requests) <= 0.15, useless


@pytest.mark.parametrize("shape", [shape.name for shape in SHAPES])
def test_second_visit_requests_no_article_again(crawled, shape):
    portals, _, visits, _, _ = crawled
    portal = next(one for one in portals if one.name == shape)
    again = [
        target
        for host, target in requests_to(portal, visits[1])
        if (one := portal.served(target, host)) and one.article
    ]
    assert again == []


def test_hidden_links_are_not_followed(crawled):
    _, _, visits, _, _ = crawled
    assert not [one for visit in visits for one in visit if one.path == HIDDEN_ARTICLE]


def test_soft_404_gives_no_item_and_is_not_requested_again(crawled):
    _, _, visits, store, _ = crawled
    dead = {(one.host, one.path) for one in visits[0] if one.path.startswith("/article/999")}
    assert dead
    assert not dead & {(one.host, one.path) for one in visits[1]}
    assert not [item for item in store.articles.items("soft") if "/article/999" in item.url]
