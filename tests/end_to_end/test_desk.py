"""The desk in a browser, after a crawl of the sample portals: search, article, differences, capture."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from archive import Collection
from crawler.store import Store

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def desk(demo) -> Iterator[str]:
    """The URL at which ``broadsheet serve`` shows the demo's data."""
    data, _ = demo
    options = ["serve", "--data", str(data), "--sites", str(data / "sites"), "--port", "0"]
    command = [sys.executable, "-c", "from crawler.commands import main; main()", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        try:
            yield process.stdout.readline().split()[0]
        finally:
            process.terminate()
            process.wait(30)


def test_images_and_style_sheets_of_county_paper_are_stored(demo):
    data, _ = demo
    with Collection(data) as collection:
        entries = [entry for entry in collection.index.search() if "/looks/" in entry.url]
    names = {urlsplit(entry.url).path.rpartition("/")[2] for entry in entries}
    assert {"paper.css", "colors.css", "crest.svg", "linen.svg", "outdoors.svg"} <= names
    assert all(entry.status == 200 for entry in entries)


@pytest.mark.chromium
def test_from_search_by_two_characters_to_the_replayed_page(desk, demo, chromium):
    with Store.open(demo[0] / "broadsheet.sqlite3") as store:
        edited = next(url for url in store.articles.urls("county") if "body" in _changed_fields(store, url))
    context = chromium.new_context()
    page = context.new_page()
    requested: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    page.goto(desk)
    assert "高原在线" in page.locator("main").inner_text()
    page.get_by_label("Search articles").fill("高原")
    page.get_by_role("button", name="Search").click()
    hits = page.locator(".hits li")
    assert hits.count() == 20
    assert "高原" in hits.first.inner_text()
    title = hits.first.locator("h3").inner_text()
    hits.first.get_by_role("link").first.click()
    assert page.locator("h1").inner_text() == title
    page.frame_locator("iframe[title]").locator(".title_box, .text, #content, h2").first.wait_for()

    page.goto(f"{desk}article?{urlencode({'url': edited})}")
    page.get_by_role("button", name="Show what changed").click()
    assert "corrected table" in page.locator(".change ins").last.inner_text()
    page.get_by_role("link", name="capture after").click()
    story = page.frame_locator("iframe")
    story.locator("h1").wait_for()
    assert story.locator(".picture").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    sheet = expect(story.locator("body"), "style sheet is applied")  # it may load after the heading
    sheet.to_have_css("font-family", re.compile("Georgia"), timeout=20_000)
    assert [url for url in requested if not url.startswith(desk)] == []
    context.close()


def _changed_fields(store: Store, url: str) -> set[str]:
    return {name for event in store.articles.history(url) for name in event.changes}
