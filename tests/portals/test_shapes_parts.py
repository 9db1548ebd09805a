"""Crawls of generated portals that have articles of several pages."""

from shape_checks import ShapeChecks
from shapes_parts import PART_SHAPES


class TestPartShapes(ShapeChecks):
    shapes = PART_SHAPES
