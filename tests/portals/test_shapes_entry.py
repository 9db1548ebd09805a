"""Crawls of generated portals that have a front page without news."""

from shape_checks import ShapeChecks
from shapes_entry import ENTRY_SHAPES


class TestEntryShapes(ShapeChecks):
    shapes = ENTRY_SHAPES
