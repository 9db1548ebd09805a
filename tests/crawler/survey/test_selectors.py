from crawler.extraction import Document
from crawler.survey.selectors import ListPage, find_links_selector, select_urls


def list_page(markup: str, *articles: str) -> ListPage:
    document = Document(f"<html><body>{markup}</body></html>".encode(), "http://a.example/list/")
    return ListPage(document, frozenset(f"http://a.example/{one}" for one in articles))


def test_shortest_selector_that_matches_only_articles_is_chosen():
    menu = '<ul class="menu"><li><a href="/one/">One</a></li><li><a href="/two/">Two</a></li></ul>'
    stories = (
        '<div id="x7"><ul class="list-9f3a stories first"><li><h4><a href="/1">A</a></h4><a href="/9">more</a></li>'
    )
    page = list_page(menu + stories + '<li><h4><a href="/2">B</a></h4></li></ul></div>', "1", "2")
    assert find_links_selector([page]) == "ul.stories h4 a"
    assert select_urls("ul.stories h4 a", page) == page.articles


def test_selector_must_match_all_lists():
    here = list_page('<div class="box"><a href="/1">A</a></div><p><a href="/x">x</a></p>', "1")
    there = list_page('<div class="pile"><a href="/2">B</a></div><p><a href="/x">x</a></p>', "2")
    assert find_links_selector([here]) == "div.box a"
    assert find_links_selector([here, there]) is None
    assert find_links_selector([]) is None


def test_unstable_names_are_not_used():
    page = list_page('<div class="css-1a2b3c active col-3"><a href="/1">A</a></div><p><a href="/x">x</a></p>', "1")
    assert find_links_selector([page]) is None
