"""Portals that show walls instead of their articles: no items, no removals, and everything is read once they open."""

from itertools import count

import pytest
from frontier_states import count_by_state
from portal_shapes import NumberedPortal
from test_discovery import crawl, write_portal_site_files

from crawler.demo import DemoServer, Reply, Request
from crawler.demo.messages import page, redirect
from crawler.demo.misbehaviour import always, status
from crawler.store import EventKind, Store
from crawler.store.frontier_urls import UrlState

ARTICLES = 6
_numbers = count(1)


def _unknown_page(request: Request) -> Reply:
    """Return a page that no rule knows, with a different request number each time."""
    return page(f"<title>Courier</title><p>Come back another day, friend. Ticket a7f{next(_numbers):07d}c</p>")


def _script(source: str, status: int = 200) -> Reply:
    return Reply(status=status, headers=(("Content-Type", "text/html"),), body=f"<script>{source}</script>".encode())


WALLS = {
    "captcha": lambda request: page("<title>人机验证</title><p>请拖动滑块，完成拼图后继续浏览。</p>"),
    "challenge": lambda request: _script("document.cookie='k=1';location.reload()"),
    "ruishu": lambda request: _script("$_ts=window['$_ts']", 412),
    "jiasule": lambda request: _script("go()", 521),
    "blocked": lambda request: Reply(status=403, body=b"<title>403 Forbidden</title>"),
    "login": lambda request: redirect("/user/login") if "login" not in request.path else page("<title>Courier</title>"),
    "passport": lambda request: redirect("http://passport.example/in?from=1"),
    "front": lambda request: redirect("/"),
    "empty": lambda request: page(""),
    "repeated": _unknown_page,
}
CAUSES = {
    "ruishu": "challenge",
    "jiasule": "challenge",
    "login": "redirect",
    "passport": "redirect",
    "front": "redirect",
}


class WalledPortal(NumberedPortal):
    """A portal whose articles are behind a wall while `is_open` is false."""

    is_open = False

    def answer(self, request: Request) -> Reply:
        is_article = any(request.path == article.path for article in self.articles) or request.path == "/user/login"
        if is_article and not self.is_open:
            return WALLS[self.name](request)
        return super().answer(request)


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    """Visit a portal behind each wall twice, open all, and visit again; return the reports and the store."""
    folder = tmp_path_factory.mktemp("walls")
    portals = [type("Portal", (WalledPortal,), {"name": name})(ARTICLES) for name in WALLS]
    with DemoServer(portals) as server:
        write_portal_site_files(server, folder / "sites")
        visits = [crawl(folder, *WALLS, check=False) for _ in range(2)]
        with Store.open(folder / "broadsheet.sqlite3") as store:
            blocked = {name: count_by_state(folder / "broadsheet.sqlite3", name) for name in WALLS}
            items = {name: len(list(store.articles.items(name))) for name in WALLS}
        for portal in portals:
            portal.is_open = True
        visits.append(crawl(folder, *WALLS))
    with Store.open(folder / "broadsheet.sqlite3") as store:
        yield [{one["site"]: one for one in visit} for visit in visits], blocked, items, store


@pytest.mark.slow
@pytest.mark.parametrize("name", WALLS)
def test_wall_gives_no_items_and_no_url_is_given_up(visited, name):
    visits, blocked, items, _ = visited
    for visit in visits[:2]:
        assert visit[name]["outcome"] == "failed"
        assert visit[name]["articles"]["lost"] == ARTICLES
        assert [cause["why"] for cause in visit[name]["causes"]] == [f"wall.{CAUSES.get(name, name)}"]
    assert items[name] == 0
    assert blocked[name][UrlState.QUEUED] == ARTICLES


@pytest.mark.slow
@pytest.mark.parametrize("name", WALLS)
def test_all_articles_are_read_once_the_portal_opens(visited, name):
    visits, _, _, store = visited
    assert visits[2][name]["outcome"] == "done"
    assert visits[2][name]["articles"]["new"] == ARTICLES
    articles = list(store.articles.items(name))
    assert len(articles) == ARTICLES
    events = [event.kind for article in articles for event in store.articles.history(article.url)]
    assert set(events) == {EventKind.FIRST}


@pytest.mark.slow
def test_wall_instead_of_the_list_fails_the_visit(tmp_path):
    portal = type("Portal", (NumberedPortal,), {"name": "walled_list"})(ARTICLES)
    with DemoServer([portal]) as server:
        write_portal_site_files(server, tmp_path / "sites")
        server.misbehave(portal.host, "/robots.txt", status(404))
        server.misbehave(portal.host, "/", always(_script("document.cookie='k=1';location.reload()")))
        [blocked] = crawl(tmp_path, portal.name, check=False)
        server.clear_misbehaviour()
        [opened] = crawl(tmp_path, portal.name)
    assert blocked["outcome"] == "failed"
    assert {one["why"].partition(":")[0] for one in blocked["causes"]} == {"wall.challenge"}
    assert (opened["outcome"], opened["articles"]["new"]) == ("done", ARTICLES)
