"""Crawls of generated portals that load their lists as JSON."""

from shape_checks import ShapeChecks
from shapes_json import JSON_SHAPES


class TestJsonShapes(ShapeChecks):
    shapes = JSON_SHAPES
