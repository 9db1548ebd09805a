"""The site files of served portals can be read as site files."""

from crawler.demo import DemoServer, PagesPortal, sample_portals, write_site_files
from crawler.sites import load_sites


def test_every_portal_becomes_a_site(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.html").write_text("one")
    with DemoServer([*sample_portals(), PagesPortal(tmp_path / "pages")]) as server:
        files = write_site_files(server, tmp_path / "sites")
        sites = load_sites([tmp_path / "sites"])
    assert {file.stem for file in files} == set(sites) == {portal.name for portal in server.portals.values()}
    for portal in server.portals.values():
        site = sites[portal.name]
        assert site.home == f"http://{portal.host}:{server.port}/"
        assert (site.title, site.hosts, site.delay) == (portal.title, (portal.host,), portal.delay)
        assert (site.language, site.timezone) == (portal.language, portal.timezone)
        assert len(site.sections) == len(portal.sections)
        assert site.is_loopback
        assert all(site.is_article(url) for url in portal.articles_by_url(server.port))
        assert site.max_pages > len(portal.articles)
    assert sites["gaoyuan"].sections[0].page_url(1) == f"{sites['gaoyuan'].home}cn/news/yc/index_1.html"
    assert sites["county"].feeds == (f"{sites['county'].home}rss.xml",)
    assert sites["county"].sitemaps == (f"{sites['county'].home}news-sitemap.xml",)
