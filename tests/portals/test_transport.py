"""Portals whose servers announce wrong lengths, close connections early, redirect in circles and encode links oddly."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from portal_news import article_list, article_page, html_page, write_articles
from test_discovery import crawl

from crawler.demo import DemoServer, Portal, Reply, Request, write_site_files
from crawler.demo.messages import page, text
from crawler.demo.portal import SectionList
from crawler.store import Store

pytestmark = pytest.mark.slow

KINDS = (
    "whole",
    "longer",
    "cut",
    "beheaded",
    "empty_location",
    "circle",
    "cookie",
    "block",
    "opted_out",
    "two_pages",
    "query",
    "late",
)
NOARCHIVE = '<meta name="robots" content="noarchive">'
BLOCK = html_page(
    "Access denied", "<h1>Access denied</h1><p>Your request was blocked. Event 5f3a9.</p>", head=NOARCHIVE
)


def _redirect(location: str, *headers: tuple[str, str]) -> Reply:
    return replace(text("", status=302), headers=(("Location", location), *headers))


class OddPortal(Portal):
    """A list in GBK with one article of each kind."""

    name = "odd"
    host = "odd.localhost"
    title = "Odd news"
    delay = 0.01
    sections = (SectionList("/", links="ul.list a"),)

    def __init__(self) -> None:
        super().__init__()
        self._written = write_articles("gaoyuan", len(KINDS), lambda one, slug: f"/news/{KINDS[one.number - 1]}.html")
        self.has_late = False
        self._by_path = {one.path: one for one in self._written}

    @property
    def articles(self):
        return self._written

    def find(self, request: Request) -> Reply | None:
        if request.path == "/":
            links = [(one.path + ("?title=水渠" if "query" in one.path else ""), one) for one in self._written]
            body = html_page(self.title, article_list(links), charset="gbk")
            return page(body, charset="gbk", encoding="gb18030")
        if (article := self._by_path.get(request.path)) is None:
            return None
        kind, whole = request.path[6:-5], page(article_page(article))
        has_query = f"title={quote('水渠'.encode('gbk'))}" in request.target
        circle = _redirect("/news/circle.html?again")
        replies = {
            "longer": replace(whole, length=len(whole.body) + 100, cut_after=len(whole.body)),
            "cut": replace(whole, length=len(whole.body), cut_after=len(whole.body) * 3 // 4),
            "beheaded": replace(whole, length=len(whole.body), cut_after=30),
            "empty_location": _redirect(""),
            "circle": _redirect("/news/circle.html") if "again" in request.target else circle,
            "cookie": whole if request.header("cookie") else _redirect(request.path, ("Set-Cookie", "a=1; path=/")),
            "block": page(BLOCK),
            "opted_out": page(article_page(article, head=NOARCHIVE)),
            "two_pages": page(article_page(article, furniture='<a href="/news/two_pages_2.html">下一页</a>')),
            "late": whole if self.has_late else self.missing(request),
            "query": whole if has_query else text("no such title", status=500),
        }
        return replies.get(kind, whole)


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    """Visit the portal six times; return the reports, the requests of each visit, and the flags of items by kind."""
    folder = tmp_path_factory.mktemp("odd")
    portal = OddPortal()
    with DemoServer([portal]) as server:
        write_site_files(server, folder / "sites")
        reports, requests = [], []
        for _ in range(6):
            before = len(server.log)
            reports += crawl(folder, OddPortal.name, check=False)
            requests.append([one.path for one in server.log[before:]])
            portal.has_late = True
    with Store.open(folder / "broadsheet.sqlite3") as store:
        flags = {one.url.rpartition("/news/")[2].partition(".")[0]: one.flags for one in store.articles.items()}
    return reports, requests, flags


def _causes(report):
    return {one["why"]: (one["state"], [url.rpartition("/")[2] for url in one["urls"]]) for one in report["causes"]}


def test_only_articles_that_arrived_are_stored(visited):
    _, _, flags = visited
    assert set(flags) == {"whole", "longer", "cut", "cookie", "two_pages", "query", "late"}


@pytest.mark.parametrize("kind", ["longer", "cut"])
def test_body_shorter_than_announced_is_read_and_flagged(visited, kind):
    assert "truncated" in visited[2][kind]


def test_causes_name_what_is_missing(visited):
    causes = _causes(visited[0][0])
    assert causes["network.cut"][1] in (["cut.html"], ["beheaded.html"])
    named = [
        (one["state"], one["why"], url.rpartition("/")[2]) for one in visited[0][0]["causes"] for url in one["urls"]
    ]
    assert sorted(named) == [
        ("gone", "link.dead", "late.html"),
        ("lost", "network.cut", "beheaded.html"),
        ("lost", "redirect.circular", "circle.html"),
        ("lost", "redirect.circular", "empty_location.html"),
        ("lost", "wall.blocked", "block.html"),
        ("partial", "network.cut", "cut.html"),
        ("partial", "status.404", "two_pages.html"),
        ("refused", "optout.noarchive", "opted_out.html"),
    ]


def test_circular_redirects_end_at_once(visited):
    _, requests, _ = visited
    assert requests[0].count("/news/empty_location.html") == 1
    assert requests[0].count("/news/circle.html") == 1
    assert requests[0].count("/news/circle.html?again") == 1


def test_host_is_not_left_alone_after_cut_bodies(visited):
    reports, requests, _ = visited
    assert not [one for one in reports[0]["causes"] if one["why"].startswith(("pace", "backoff"))]
    assert requests[0].count("/news/cut.html") == 3
    assert requests[0].count("/news/longer.html") == 1


def test_cut_article_is_requested_again_in_the_next_visit(visited):
    _, requests, _ = visited
    assert "/news/cut.html" in requests[1]
    assert "/news/longer.html" not in requests[1]


def test_article_given_up_after_five_visits_is_named_while_a_list_links_to_it(visited):
    reports, requests, _ = visited
    assert [[one["why"] for one in report["causes"]].count("given_up") for report in reports] == [0, 0, 0, 0, 0, 1]
    [given_up] = [one for one in reports[5]["causes"] if one["why"] == "given_up"]
    named = sorted(url.rpartition("/")[2] for url in given_up["urls"])
    assert given_up["state"] == "refused"
    assert named == ["beheaded.html", "circle.html", "cut.html", "empty_location.html", "two_pages.html"]
    assert not [path for path in requests[5] if path.startswith(("/news/circle", "/news/beheaded"))]


def test_article_shown_before_it_is_published_is_read_in_the_next_visit(visited):
    reports, _, _ = visited
    assert reports[0]["articles"]["gone"] == 1
    assert reports[1]["articles"]["new"] == 1
