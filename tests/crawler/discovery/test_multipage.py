from crawler.discovery.multipage import join_parts
from crawler.items import Article, Evidence

URL = "http://a.example/1.html"


def test_one_page_is_the_article_as_it_is():
    article = Article(url=URL, body="one")
    assert join_parts([article]) is article


def test_bodies_follow_each_other_and_the_sign_off_of_the_last_page_counts():
    first = Article(url=URL, title="T", source="S", body="one", flags=("injected_links",), images=("a.jpg",))
    last = Article(
        url=URL,
        title="T 2",
        editor="甲",
        body="two",
        images=("a.jpg", "b.jpg"),
        evidence={"editor": Evidence("tail.editor")},
    )
    whole = join_parts([first, last])
    assert (whole.title, whole.source, whole.editor, whole.body) == ("T", "S", "甲", "one\ntwo")
    assert whole.flags == ("injected_links", "multi_page")
    assert whole.images == ("a.jpg", "b.jpg")
    assert whole.evidence["editor"].rule == "tail.editor"


def test_a_page_that_repeats_the_one_before_adds_nothing():
    page = Article(url=URL, body="one")
    assert join_parts([page, page]).body == "one"


def test_no_body_stays_no_body():
    assert join_parts([Article(url=URL), Article(url=URL)]).body is None
