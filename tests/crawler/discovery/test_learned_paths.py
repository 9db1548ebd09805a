"""The pages of a shape decide which URLs may be articles, unless the site file has a pattern."""

from crawler.discovery.learned_paths import MIN_OTHERS, ArticlePaths, LearnedShape
from crawler.sites import PathPattern, Site

HOME = "http://www.town.example"
SITE = Site(name="town", home=f"{HOME}/", hosts=("town.example",))
PATTERN = Site(name="town", home=f"{HOME}/", hosts=("town.example",), article_path=PathPattern(r"^/news/\d+$"))


def test_article_pages_teach_the_shape_of_their_urls():
    paths = ArticlePaths(SITE)
    assert not paths.may_be_article(f"{HOME}/news/1030.html")
    paths.note(f"{HOME}/news/1031.html", is_article=True)
    assert paths.may_be_article(f"{HOME}/news/1030.html")
    assert paths.changed == {"/news/#.html": LearnedShape(1, 0, f"{HOME}/news/1031.html")}
    assert not paths.may_be_article(f"{HOME}/list/2.html")


def test_shape_without_articles_is_left_alone_after_several_pages():
    paths = ArticlePaths(SITE)
    for number in range(MIN_OTHERS):
        assert paths.may_be_article(f"{HOME}/topic/1234{number}.html")
        paths.note(f"{HOME}/topic/{number}.html", is_article=False)
    assert not paths.may_be_article(f"{HOME}/topic/12349.html", is_listed=True)
    assert not paths.may_be_entry(f"{HOME}/topic/12349.html")


def test_word_that_was_an_article_says_nothing_about_other_words():
    paths = ArticlePaths(SITE, {"/~": LearnedShape(5, 0, f"{HOME}/bridge")})
    assert not paths.may_be_article(f"{HOME}/contact")


def test_pattern_of_the_site_file_decides_alone():
    paths = ArticlePaths(PATTERN, {"/a/#": LearnedShape(5, 0, f"{HOME}/a/1")})
    assert paths.may_be_entry(f"{HOME}/news/1030")
    assert not paths.may_be_entry(f"{HOME}/a/1030")
    paths.note(f"{HOME}/a/2", is_article=True)
    assert not paths.changed


def test_pages_without_news_are_no_entries_of_a_sitemap():
    paths = ArticlePaths(SITE)
    urls = ["/", "/tag/fair/", "/author/ann/", "/privacy/", "/bridge/", "/2026/03/jobs-at-the-mill/", "/index.php?id=7"]
    assert [url for url in urls if paths.may_be_entry(HOME + url)] == urls[4:]


def test_a_kind_of_page_is_unknown_until_one_was_read():
    paths = ArticlePaths(SITE)
    assert paths.find_unknown_shape(f"{HOME}/a/1039") == "/a/#"
    paths.note(f"{HOME}/a/1039", is_article=True)
    assert paths.find_unknown_shape(f"{HOME}/a/1040") is None
    assert ArticlePaths(PATTERN).find_unknown_shape(f"{HOME}/a/1039") is None
