"""Crawls of generated portals that differ in the URLs of their articles."""

from shape_checks import ShapeChecks
from shapes_urls import URL_SHAPES


class TestUrlShapes(ShapeChecks):
    shapes = URL_SHAPES
