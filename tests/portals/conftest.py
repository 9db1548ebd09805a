"""Fixtures of the tests of generated portals: crawls of the shapes that a test class names."""

import pytest
from shape_checks import ARTICLES, AddedSiteFiles
from shape_crawls import ShapeCrawl, write_short_site_file


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a class for each of its shapes."""
    if "shape" in metafunc.fixturenames and hasattr(metafunc.cls, "shapes"):
        metafunc.parametrize("shape", metafunc.cls.shapes, ids=lambda shape: shape.name)


@pytest.fixture(scope="class")
def short(request, tmp_path_factory):
    """Return the crawl of the class's shapes by site files of three lines."""
    portals = [shape(ARTICLES) for shape in request.cls.shapes]
    return ShapeCrawl(tmp_path_factory.mktemp("short"), portals, write_short_site_file)


@pytest.fixture(scope="class")
def added(request, tmp_path_factory):
    """Return the crawl by the files that `site add` wrote, and the exit code and messages of the command by portal."""
    portals, files = [shape(ARTICLES) for shape in request.cls.shapes], AddedSiteFiles()
    return ShapeCrawl(tmp_path_factory.mktemp("added"), portals, files.make), files.results
