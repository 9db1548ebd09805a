"""Crawls of generated digital papers."""

from shape_checks import ShapeChecks
from shapes_papers import PAPER_SHAPES


class TestPaperShapes(ShapeChecks):
    shapes = PAPER_SHAPES
