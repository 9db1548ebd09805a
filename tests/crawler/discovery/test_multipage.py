from crawler.discovery.multipage import join_pages
from crawler.items import Article, Evidence

URL = "http://a.example/1.html"


def test_single_page_is_returned_unchanged():
    article = Article(url=URL, body="one")
    assert join_pages([article]) is article


def test_bodies_are_joined_and_the_editor_comes_from_the_last_page():
    first = Article(url=URL, title="T", source="S", body="one", flags=("injected_links",), images=("a.jpg",))
    last = Article(
        url=URL,
        title="T 2",
        editor="甲",
        body="two",
        images=("a.jpg", "b.jpg"),
        evidence={"editor": Evidence("tail.editor")},
    )
    joined = join_pages([first, last])
    assert (joined.title, joined.source, joined.editor, joined.body) == ("T", "S", "甲", "one\ntwo")
    assert joined.flags == ("injected_links", "multi_page")
    assert joined.images == ("a.jpg", "b.jpg")
    assert joined.evidence["editor"].rule == "tail.editor"


def test_repeated_page_adds_nothing():
    page = Article(url=URL, body="one")
    assert join_pages([page, page]).body == "one"


def test_pages_without_body_give_no_body():
    assert join_pages([Article(url=URL), Article(url=URL)]).body is None
