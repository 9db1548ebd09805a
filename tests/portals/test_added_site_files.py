"""Crawls of every shape of portal by the site file that `site add` writes."""

import pytest
from shape_catalog import ARTICLES, CATALOG
from shape_crawls import ShapeCrawl, run_command


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """Return the crawl, and the exit code and messages of `site add` by portal."""
    results = {}

    def add(server, portal, folder):
        done = run_command(folder.parent, "site", "add", server.url(portal), "--name", portal.name, "--yes")
        results[portal.name] = (done.returncode, done.stderr)
        file = folder / f"{portal.name}.toml"
        if file.exists():
            text = file.read_text(encoding="utf-8").replace("\ndelay = 0.1 ", "\ndelay = 0.01 ")
            file.write_text(text, encoding="utf-8")

    portals = [shape(ARTICLES) for shape in CATALOG]
    return ShapeCrawl(tmp_path_factory.mktemp("added"), portals, add), results


@pytest.mark.slow
@pytest.mark.parametrize("name", [shape.name for shape in CATALOG])
def test_site_add_finds_every_article_or_says_what_is_missing(added, name):
    crawl, results = added
    code, messages = results[name]
    if code == 0:
        crawl.result(name).check()
    else:
        assert code == 1
        assert "do not lead to" in messages or "does not find the articles" in messages or "no articles" in messages
