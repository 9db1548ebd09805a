"""Crawls of generated portals whose lists are not plain links."""

from shape_checks import ShapeChecks
from shapes_layouts import LAYOUT_SHAPES


class TestLayoutShapes(ShapeChecks):
    shapes = LAYOUT_SHAPES
