"""Crawls of generated portals that differ in how they lead to their further pages."""

from shape_checks import ShapeChecks
from shapes_lists import LIST_SHAPES


class TestListShapes(ShapeChecks):
    shapes = LIST_SHAPES
