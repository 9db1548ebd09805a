"""Items name the images that replay shows: both read one table of attributes."""

import pytest

from archive.replay.lazy import real_image
from crawler.extraction.data.lazy_images import image_addresses

IMAGES = [
    {"src": "a.jpg"},
    {"src": "grey.gif", "data-src": "a.jpg", "data-url": "b.jpg"},
    {"src": "grey.gif", "data-url": "b.jpg"},
    {"src": "a.jpg", "data-url": "/share?id=1"},
    {"src": "", "data-url": "/get?id=1"},
    {"src": "a.jpg", "data-lazy": "true"},
    {"src": "a.jpg", "data-src": ""},
    {"src": "none.gif", "zoomfile": "z.jpg", "file": "f.jpg"},
    {"src": "a.jpg", "data-src": None},
]


@pytest.mark.parametrize("attributes", IMAGES)
def test_extraction_and_replay_choose_the_same_image(attributes):
    assert next(image_addresses(attributes)) == real_image(attributes)


def test_image_without_an_address_has_none():
    assert list(image_addresses({"alt": "x"})) == []
