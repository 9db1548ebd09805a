"""Crawls of every shape of portal by a site file of three lines written by hand."""

import pytest
from shape_catalog import ARTICLES, CATALOG
from shape_crawls import ShapeCrawl, write_short_site_file


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    portals = [shape(ARTICLES) for shape in CATALOG]
    return ShapeCrawl(tmp_path_factory.mktemp("short"), portals, write_short_site_file)


@pytest.mark.parametrize("name", [shape.name for shape in CATALOG])
def test_three_lines_find_every_article_with_few_useless_requests(crawl, name):
    crawl.result(name).check()
