"""The story in the page's data: used if the page prints no story, or only the beginning of it."""

import json

import pytest

from crawler.extraction import extract
from crawler.items import Article

TITLE = "Bridge to open next month"
STORY = [
    "The transport minister said on Monday that the new bridge would open to traffic next month after two years.",
    "It will serve more than two hundred thousand people a day, and work was finished in spite of the floods.",
    "Residents of the south bank, who have waited a decade for a crossing, welcomed the news with a street party.",
    "The ferry, which has run since 1911, will make its last trip on the evening before, the harbour master said.",
]
MARKUP = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
OTHER = [
    "Football came back to the valley on Saturday when the two oldest clubs met in front of four thousand people.",
    "The match ended without a goal, but the crowd stayed on to sing with the players for another hour, in the rain.",
]


def read(story: str = "", script: str = "") -> Article:
    html = f"<html lang=en><title>{TITLE}</title><body><h1>{TITLE}</h1><p>2024-05-06 07:08</p>{story}{script}</body>"
    return extract(html.encode(), "https://www.example.com/1")


def ld(body: str) -> str:
    node = {"@type": "NewsArticle", "headline": TITLE, "articleBody": body}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def state(value: object) -> str:
    return json.dumps({"page": {"id": 7, "stories": [{"title": "Another"}, {"title": TITLE, "content": value}]}})


@pytest.mark.parametrize(
    "script",
    [
        f'<script id="__NEXT_DATA__" type="application/json">{state(MARKUP)}</script>',
        f"<script>window.__INITIAL_STATE__ = {state(MARKUP)};</script>",
        f"<script>window['q'] = window['q'] || []; window['q'].push({state(MARKUP)})</script>",
        f'<script type="application/json">{state({"rendered": MARKUP})}</script>',
        f'<script type="application/json">{state(STORY)}</script>',
        f'<script type="application/json">{state([{"type": "p", "text": text} for text in STORY])}</script>',
        f'<script type="application/json">{state("<p>$$AD$$</p>" + MARKUP)}</script>',
    ],
)
def test_script_state_gives_a_story_that_is_not_printed(script):
    article = read(script=script)
    assert article.body == "\n".join(STORY)
    assert article.evidence["body"].rule == "state.body"


@pytest.mark.parametrize(
    "script",
    [
        f'<script type="application/json">{json.dumps({"title": "Another story", "content": MARKUP})}</script>',
        '<script type="application/json">{"title": </script>',
        f"<script>window.a = {'[' * 20_000}</script>",
        f'<script type="application/json">{state(["short", 1, None])}</script>',
    ],
)
def test_data_of_another_story_and_broken_data_are_ignored(script):
    assert read(script=script).body is None


def test_full_text_in_jsonld_replaces_a_printed_beginning():
    article = read(f"<p>{STORY[0]}</p>", ld("\n\n".join(STORY)))
    assert article.body == "\n".join(STORY)
    assert article.evidence["body"].rule == "jsonld.articleBody"


def test_printed_story_wins_and_is_doubtful_if_jsonld_differs():
    printed = read(MARKUP, ld(" ".join(STORY)[:120]))
    assert (printed.body, printed.flags) == ("\n".join(STORY), ())
    other = read("".join(f"<p>{text}</p>" for text in OTHER), ld("\n".join(STORY)))
    assert (other.body, other.flags) == ("\n".join(OTHER), ("low_confidence",))


def test_very_short_story_is_read_with_low_confidence():
    article = read("<p>The new bridge opens on Friday.</p>")
    assert (article.body, article.flags) == ("The new bridge opens on Friday.", ("low_confidence",))


def test_error_page_and_list_of_stories_have_low_confidence():
    missing = "<html lang=en><title>Not found</title><h1>Not found</h1><p>Sorry, the page you want does not exist.</p>"
    assert "low_confidence" in extract(missing.encode(), "https://www.example.com/1").flags
    cards = "".join(f"<div><a href=/{n}><h3>{text[:40]}</h3></a><p>{text}</p></div>" for n, text in enumerate(STORY))
    section = f"<html lang=en><title>Town</title><h1>Town</h1><div>{cards}</div>"
    assert "low_confidence" in extract(section.encode(), "https://www.example.com/town/").flags
