"""Crawls of generated portals whose lists are not plain links."""

from shape_checks import ShapeChecks
from shapes_layouts import LAYOUT_SHAPES


class TestLayoutShapes(ShapeChecks):
    shapes = LAYOUT_SHAPES

    def test_list_of_one_page_is_named(self, added):
        _, results = added
        assert "the list seems to have one page only" in results["one_page"][1]
        assert "one page only" not in results["select_pages"][1]
