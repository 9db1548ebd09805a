"""Lists are distinguished from articles by what extraction found on them."""

from crawler.discovery.page_kinds import is_list_page, needs_browser
from crawler.extraction import Document
from crawler.items import Article

TITLES = [f"Council debates the budget of district {number}" for number in ("one", "two", "three", "four", "five")]
LINKS = "".join(f'<li><a href="/a/{number}">{title}</a></li>' for number, title in enumerate(TITLES))


def judge(body: str | None, head: str = "") -> bool:
    html = f"<html><head>{head}</head><body><ul>{LINKS}</ul></body></html>".encode()
    document = Document(html, "http://www.town.example/x", content_type="text/html; charset=utf-8")
    return is_list_page(document, Article(url=document.url, title="Budget", body=body))


def test_page_whose_text_is_made_of_links_is_a_list():
    assert judge("\n".join(TITLES))
    assert judge(None)


def test_story_with_related_links_is_no_list():
    assert not judge("\n".join(["The council met on Monday.", "It voted.", "It closed.", "It left.", TITLES[0]]))


def test_page_with_a_publication_time_is_no_list():
    assert not judge(None, '<meta property="article:published_time" content="2026-03-04T10:00:00Z">')


def test_page_that_a_script_draws_needs_a_browser():
    assert needs_browser(
        Document(b'<body><div id="app"></div><script src="/app.js"></script></body>', "http://a.example/")
    )
    routes = "".join(f'<a href="#!/news/{n}">Market square closed</a>' for n in range(6))
    assert needs_browser(Document(f"<body>{routes}<script></script></body>".encode(), "http://a.example/"))
    assert not needs_browser(Document(b'<body><a href="/a">Market</a><script></script></body>', "http://a.example/"))
