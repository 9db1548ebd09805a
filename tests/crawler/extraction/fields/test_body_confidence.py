"""The score of a body, and the flag that depends on it."""

import pytest

from crawler.extraction import Document, extract
from crawler.extraction.fields.body_confidence import MODEL, BodySigns, estimate_score
from crawler.extraction.page import ArticlePage

URL = "http://news.example/2024/05/06/bridge.html"
STORY = [
    f"The county council voted on Tuesday to repair bridge number {n}, ending a debate that had lasted nine years."
    for n in range(12)
]
CLEAR = BodySigns(linked=0.0, length=8.0, mixed=0.0, near=0.0, excluded=0.0)


def page(inner):
    return f"<html lang=en><body><h1>Bridges</h1><p>6 May 2024</p><div class=entry>{inner}</div></body></html>".encode()


def test_uniform_story_without_gaps_is_trusted():
    body = ArticlePage.read(Document(page("".join(f"<p>{text}</p>" for text in STORY)), URL)).search_body()
    assert body.score > MODEL.least_score
    assert body.signs.linked == body.signs.near == body.signs.mixed == 0


def test_story_among_links_to_other_stories_is_flagged():
    links = "".join(f"<li><a href=/{n}>Another story about something else, number {n}</a></li>" for n in range(9))
    mixed = "".join(f"<p>{text}</p><ul>{links}</ul>" for text in STORY[:3])
    assert "low_confidence" in extract(page(mixed), URL).flags


@pytest.mark.parametrize(
    "worse",
    [
        BodySigns(linked=0.2, length=8.0, mixed=0.0, near=0.0, excluded=0.0),
        BodySigns(linked=0.0, length=4.0, mixed=0.0, near=0.0, excluded=0.0),
        BodySigns(linked=0.0, length=8.0, mixed=0.0, near=1.0, excluded=0.0),
        BodySigns(linked=0.0, length=8.0, mixed=0.5, near=0.0, excluded=0.0),
    ],
)
def test_each_sign_lowers_the_score(worse):
    assert 0 < estimate_score(worse) < estimate_score(CLEAR) < 1
