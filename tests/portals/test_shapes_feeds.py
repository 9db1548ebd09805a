"""Crawls of generated portals whose articles are only in feeds or sitemaps, or for browsers only."""

from shape_checks import ShapeChecks
from shapes_feeds import FEED_SHAPES


class TestFeedShapes(ShapeChecks):
    shapes = FEED_SHAPES
