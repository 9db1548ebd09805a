"""New articles are read before the backlog, in every visit."""

import pytest
from portal_shapes import Served
from shape_crawls import run_command
from shapes_learned import MixedSitemapPortal

from crawler.demo import DemoServer, Request
from crawler.demo.messages import text
from crawler.store import Store

BUDGET, NEW = 20, 5


class GrowingPortal(MixedSitemapPortal):
    """Five new articles each day, at the end of a sitemap that has no dates."""

    name = "growing"
    day = 0

    @property
    def articles(self):
        return self.written[(3 - self.day) * NEW :]

    def serve(self, request: Request) -> Served | None:
        if request.path != "/sitemap.xml":
            return None
        rows = "".join(f"<url><loc>{request.origin}{one.path}</loc></url>" for one in reversed(self.articles))
        return Served(text(f"<urlset>{rows}</urlset>", "application/xml"))


class IndexedPortal(GrowingPortal):
    """An index of sitemaps by month, with the time when each changed."""

    name = "indexed"

    def serve(self, request: Request) -> Served | None:
        if request.path == "/sitemap.xml":
            months = [(f"2024-{month:02}", f"2024-{month:02}-28T10:00:00Z") for month in range(1, 7)]
            rows = "".join(
                f"<sitemap><loc>{request.origin}/map-{month}.xml</loc><lastmod>{changed}</lastmod></sitemap>"
                for month, changed in months
            )
            return Served(text(f"<sitemapindex>{rows}</sitemapindex>", "application/xml"))
        if request.path.startswith("/map-"):
            own = self.articles[int(request.path[10:12]) - 1 :: 6]
            rows = "".join(f"<url><loc>{request.origin}{one.path}</loc></url>" for one in own)
            return Served(text(f"<urlset>{rows}</urlset>", "application/xml"))
        return None


def write_file(server, portal, folder, budget):
    home = server.url(portal).rstrip("/")
    (folder / "sites").mkdir()
    (folder / "sites" / f"{portal.name}.toml").write_text(
        f'name = "{portal.name}"\nhome = "{home}/"\nsitemaps = ["{home}/sitemap.xml"]\n'
        f"crawl = {{ delay = 0.01, max_pages = {budget} }}\n",
        encoding="utf-8",
    )


@pytest.mark.slow
def test_articles_of_the_day_are_stored_in_its_visit_and_the_backlog_shrinks(tmp_path):
    portal = GrowingPortal(120)
    with DemoServer([portal]) as server:
        write_file(server, portal, tmp_path, BUDGET)
        waiting = []
        for day in range(4):
            portal.day = day
            done = run_command(tmp_path, "crawl", portal.name)
            assert done.returncode == 0, done.stderr
            with Store.open(tmp_path / "broadsheet.sqlite3") as store:
                stored = set(store.articles.urls(portal.name))
                frontier = store.frontier(portal.name)
                frontier.visit = -1  # in no visit: all that is queued waits
                waiting.append(frontier.count_waiting_articles())
            latest = {f"{server.url(portal).rstrip('/')}{one.path}" for one in portal.articles[:NEW]}
            assert day == 0 or latest <= stored
        assert waiting == sorted(set(waiting), reverse=True)


@pytest.mark.slow
def test_unchanged_sitemaps_of_an_index_are_not_requested_again(tmp_path):
    portal = IndexedPortal(30)
    portal.day = 3
    with DemoServer([portal]) as server:
        write_file(server, portal, tmp_path, 100)
        assert run_command(tmp_path, "crawl", portal.name).returncode == 0
        before = len(server.log)
        assert run_command(tmp_path, "crawl", portal.name).returncode == 0
        assert [one.path for one in server.log[before:] if one.path != "/robots.txt"] == ["/sitemap.xml"]
        with Store.open(tmp_path / "broadsheet.sqlite3") as store:
            assert store.articles.counts(portal.name).articles == 30
