"""Articles are found in a list by its structure, whatever their URLs look like."""

import pytest

from crawler.discovery.list_links import find_listed_articles
from crawler.extraction import Document

PAGE = "http://www.town.example/list/1.html"
HEADLINES = ("Council votes for a new bridge", "Market square closed for repairs", "School choir wins the county prize")


def find(body: str) -> set[str]:
    document = Document(f"<html><body>{body}</body></html>".encode(), PAGE, content_type="text/html; charset=utf-8")
    return {
        url.removeprefix("http://www.town.example") for url in find_listed_articles(document.followable_links(), PAGE)
    }


def entries(paths, texts=HEADLINES, end=""):
    rows = "".join(f'<li><a href="{path}">{text}</a>{end}</li>' for path, text in zip(paths, texts, strict=False))
    return f'<ul class="news">{rows}</ul>'


def test_block_of_headlines_lists_articles():
    assert find(entries(["/a/1039", "/a/1040", "/a/1041"])) == {"/a/1039", "/a/1040", "/a/1041"}


def test_block_of_short_links_with_dates_beside_them_lists_articles():
    rows = entries(["/n/6.html", "/n/7.html", "/n/8.html"], ["Bridge", "Market", "Choir"], "<span>2026-03-04</span>")
    assert find(rows) == {"/n/6.html", "/n/7.html", "/n/8.html"}


def test_menu_and_pager_list_no_articles():
    menu = '<div class="menu"><a href="/c/1">News</a> <a href="/c/2">Sport</a> <a href="/c/3">Culture</a></div>'
    pager = '<div><a href="/list/2.html">2</a> <a href="/list/3.html">3</a> <a href="/list/4.html">4</a></div>'
    assert find(menu + pager) == set()


def test_single_link_of_the_same_shape_belongs_to_the_articles():
    lead = '<h2><a href="/a/900">Fair</a></h2>'
    assert "/a/900" in find(lead + entries(["/a/1039", "/a/1040", "/a/1041"]))


def test_few_unlike_headlines_are_a_list_if_the_page_has_no_other():
    few = entries(["/bridge", "/news/2026/market.html"])
    assert find(few) == {"/bridge", "/news/2026/market.html"}
    assert find(few + '<div class="list"><a href="/a/1">Bridge</a></div>') == {"/bridge", "/news/2026/market.html"}
    other = "".join(f'<p><a href="/a/{one}039">{text}</a></p>' for one, text in enumerate(HEADLINES))
    assert find(few + other) == {"/a/0039", "/a/1039", "/a/2039"}


def test_single_headline_needs_a_date():
    assert find(entries(["/bridge"])) == set()
    assert find(entries(["/bridge"], end="<i>2026-03-04</i>")) == {"/bridge"}


def test_links_with_a_label_among_them_or_in_a_menu_are_no_tiny_list():
    assert find(entries(["/bridge", "/market"], [HEADLINES[0], "Sport"])) == set()
    assert find(f'<div class="footer">{entries(["/bridge", "/market"])}</div>') == set()


@pytest.mark.parametrize(
    "paths",
    [
        ["/p/JteeRhPcd", "/p/4DC5Rrh4c", "/p/xVHkTDuPc"],
        ["/新闻/旧书换绿植-24", "/新闻/公交延长到12点-25", "/新闻/老茶馆"],
    ],
)
def test_block_of_headlines_in_one_folder_lists_articles(paths):
    assert find(entries(paths)) == set(paths)
