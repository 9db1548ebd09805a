"""The desk in a browser: captures look as they did, and their links work."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.chromium

ARTICLE = "http://paper.localhost/2026/05/22/1.html"


@pytest.mark.parametrize("is_locked", [False, True], ids=["open", "locked"])
def test_search_leads_to_article_and_capture(request, chromium, is_locked):
    address = request.getfixturevalue("locked_address" if is_locked else "address")
    context = chromium.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda made: asked.append(made.url))
    page.goto(f"{address}/")
    if is_locked:
        page.get_by_label("Password").fill("three words more")
        page.get_by_role("button", name="Log in").click()
    page.get_by_label("Search articles").fill("图书")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="图书馆开放").click()
    assert page.locator("h1").inner_text() == "图书馆开放"

    frame = page.frame_locator("iframe[title]")
    heading = frame.locator("h1")
    expect(heading, "its style sheet is there").to_have_css("color", "rgb(1, 2, 3)")  # it may come after the heading
    assert frame.locator("img").evaluate("node => node.decode().then(() => node.naturalWidth)") == 1, "and its image"

    page.get_by_role("button", name="Show what changed").click()
    assert page.locator(".change del").first.inner_text() == "今"
    assert page.locator(".change ins").first.inner_text() == "明"
    page.get_by_role("link", name="capture before").click()
    assert "2026-05-22" in page.locator(".banner").inner_text()
    page.frame_locator("iframe").get_by_role("link", name="下一篇").click()
    page.wait_for_url("**/view/20260522120000/http://paper.localhost/2026/05/22/2.html")
    assert "2.html" in page.locator(".banner").inner_text(), "what the desk says is of the page that is shown"
    assert [url for url in asked if not url.startswith(f"{address}/")] == []
    context.close()


@pytest.mark.parametrize("width", [360, 1300])
def test_pages_fit_the_screen_width(address, chromium, width):
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    query = f"url={ARTICLE}"
    for path in ("/", "/site/paper", "/search?q=图书", f"/article?{query}", f"/diff?{query}", f"/replay/*/{ARTICLE}",
                 f"/view/20260522120000/{ARTICLE}?{'long' * 60}"):  # fmt: skip
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
