"""A site file whose pattern takes for ever for one URL: the URL is named, the rest of the site is read."""

import pytest
from test_discovery import crawl

from crawler.demo import DemoServer, Portal, Reply, Request, SampleArticle
from crawler.demo.messages import page, text

#: A pattern that is exponential for these paths: of a page's link, of an entry of a sitemap.
PATTERN = r"^/news/(?:[a-z]|[a-z0-9])+$"
SLOW_PATHS = [f"/news/{letter * 60}!" for letter in "ab"]

pytestmark = pytest.mark.slow


class SlowPatternPortal(Portal):
    """A portal of six articles that also links to paths for which the pattern of its site file is slow."""

    name, host, title = "ivy", "ivy.localhost", "Ivy news"
    articles: tuple[SampleArticle, ...] = ()

    def find(self, request: Request) -> Reply | None:
        paths = [f"/news/story{number}" for number in range(6)]
        if request.path == "/map.xml":
            return text(f"<urlset><url><loc>{SLOW_PATHS[1]}</loc></url></urlset>", "application/xml")
        if request.path == "/":
            links = "".join(f'<li><a href="{one}">Report of the day {one}</a></li>' for one in [*paths, SLOW_PATHS[0]])
            return page(f"<html lang=en><title>All</title><body><ul>{links}</ul></body></html>")
        if request.path.startswith("/news/"):
            body = f"<p>The council of {request.path} met on Tuesday and spoke at length about bridge and road.</p>" * 4
            return page(f"<html lang=en><title>Report of {request.path}</title><h1>Report of {request.path}</h1>{body}")
        return None


def test_urls_for_which_the_pattern_is_slow_are_named_and_the_others_read(tmp_path):
    with DemoServer([SlowPatternPortal()]) as server:
        origin = f"http://ivy.localhost:{server.port}"
        (tmp_path / "sites").mkdir()
        lists = f'sitemaps = ["{origin}/map.xml"]\n[[sections]]\nurl = "{origin}/"\n'
        rest = f"[articles]\npath = '{PATTERN}'\n[crawl]\ndelay = 0.01\n"
        (tmp_path / "sites/ivy.toml").write_text(f'name = "ivy"\nhome = "{origin}/"\n{lists}{rest}')
        (report,) = crawl(tmp_path, "ivy", check=False)
        requested = {one.path for one in server.log}
    assert (report["outcome"], report["articles"]["new"], report["articles"]["lost"]) == ("failed", 6, 2)
    cause = report["causes"][0]
    assert (cause["why"], cause["count"]) == ("pattern.slow", 2)
    assert "ivy.toml" in cause["text"]
    assert "takes too long" in cause["text"]
    assert not requested & set(SLOW_PATHS)
