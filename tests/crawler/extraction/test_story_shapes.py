"""Stories of many shapes and scripts, read completely from a page with menu, other stories and footer."""

import json
from pathlib import Path

import pytest

from crawler.extraction import extract

#: Each case has its `story` as markup and the paragraphs to `want`; with `alone` the page has no menu and footer.
CASES = json.loads(Path(__file__).with_name("story_shapes.json").read_text("utf-8"))
MENU = "".join(f'<li><a href="/{name}/">{name}</a></li>' for name in ("Home", "World", "Sport", "Culture"))
OTHERS = "".join(
    f'<li><a href="/{number}">{title}</a></li>'
    for number, title in enumerate(
        [
            "Minister resigns over ferry contract after long inquiry",
            "Harbour wall to be rebuilt before winter, council says",
            "Three hurt as bus leaves road near Ashby in heavy rain",
        ]
    )
)
FOOT = (
    f'<div class="side"><h3>Most read</h3><ul>{OTHERS}</ul></div>'
    "<footer><p>© 2024 The Example Times. All rights reserved. Registered office: 1 High Street.</p></footer>"
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_story_is_read_completely(case):
    menu, foot = ("", "") if case.get("alone") else (f'<div class="nav"><ul>{MENU}</ul></div>', FOOT)
    html = (
        f'<!DOCTYPE html><html lang="{case["lang"]}"><head><meta charset="utf-8">'
        f"<title>{case['title']} | Example Times</title>{case.get('meta', '')}</head>"
        f'<body>{menu}<h1>{case["title"]}</h1><p class="date">2024-05-06 07:08</p>{case["story"]}{foot}</body></html>'
    )
    body = extract(html.encode(), "https://www.example.com/2024/05/06/bridge.html").body
    assert (body.split("\n") if body else []) == case["want"]
