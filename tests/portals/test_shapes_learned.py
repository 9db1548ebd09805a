"""Crawls of generated portals that have article URLs that look like nothing in particular."""

from shape_checks import ShapeChecks
from shapes_learned import LEARNED_SHAPES


class TestLearnedShapes(ShapeChecks):
    shapes = LEARNED_SHAPES
