"""Crawls of generated portals with calendars, archives, tags, twin hosts and endless lists."""

from shape_checks import ShapeChecks
from shapes_layouts import ENDLESS_SHAPES


class TestEndlessShapes(ShapeChecks):
    shapes = ENDLESS_SHAPES
