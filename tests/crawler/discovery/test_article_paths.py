import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery.article_paths import article_pattern, group_by_shape

HOME = ["http://a.example/", "http://a.example/news/", "http://a.example/news/index_2.html"]


@pytest.mark.parametrize(
    ("paths", "pattern"),
    [
        (["/cn/news/202503/t20250303_78.html", "/cn/x/y/202504/t20250413_7814.html"], r"/\d{6}/t\d{8}_\d+\.html$"),
        (["/2025-03/03/content_123.htm", "/2025-04/13/content_1423.htm"], r"/\d{4}-\d{2}/\d{2}/content_\d+\.htm$"),
        (["/n1/2025/0303/c1001-404300.html", "/n1/2025/0403/c14-404301.html"], r"/\d{4}/\d{4}/c\d+-\d+\.html$"),
        (["/news/a/2025/03/09/the-river-rose", "/2025/12/31/one"], r"/\d{4}/\d{2}/\d{2}/[a-z0-9-]+$"),
        (["/2025/03/%E4%B8%AD%E5%9B%BD/", "/2025/03/%E4%B8%AD%E5/"], r"/\d{4}/\d{2}/[^/]+/$"),
        (["/stories/the-river-rose-4.html", "/stories/a-new-bridge-5.html"], r"^/stories/[a-z0-9-]+\.html$"),
        (["/news/articles/c0mxkd1qy3zo", "/news/articles/cx2pnw0gg9eo"], r"^/news/articles/[a-z0-9-]+$"),
        (["/article.php?id=3", "/article.php?id=14"], r"^/article\.php$"),
        (["/220304/a17.shtml", "/220305/a12.shtml"], r"/\d+/a\d+\.shtml$"),
        (["/article/123456.html", "/article/123479.html"], r"^/article/\d+\.html$"),
        (["/story-12345", "/uk/story-123457"], r"/story-\d+$"),
    ],
)
def test_pattern_looks_like_a_handwritten_one(paths, pattern):
    urls = [f"http://a.example{path}" for path in paths]
    assert article_pattern(group_by_shape(urls), HOME) == pattern
    assert all(re.search(pattern, path.partition("?")[0]) for path in paths)


def test_queries_on_the_front_page_give_no_pattern():
    assert article_pattern(group_by_shape(["http://a.example/?p=12", "http://a.example/?p=13"]), HOME) is None


def test_pattern_that_would_match_lists_is_made_stricter_or_dropped():
    articles = group_by_shape(["http://a.example/a/story-12345", "http://a.example/a/story-12346"])
    assert article_pattern(articles, ["http://a.example/b/story-99"]) == r"^/a/story-\d+$"
    assert article_pattern(articles, ["http://a.example/a/story-99"]) is None


@pytest.mark.parametrize(
    ("paths", "section", "pattern"),
    [
        (["/news/the-river-rose-at-dawn", "/news/a-new-bridge-for-us-all"], "/news/local-news",
         r"^/news/(?:[a-z0-9]+-){3,}[a-z0-9]+$"),
        (["/clanek/river-rose-123456", "/clanek/a-new-bridge-98765"], "/clanek/rubrika", r"^/clanek/[a-z0-9-]+-\d+$"),
        (["/politik/5481-ich-wollte", "/kultur/12345-noch-eins"], "/politik/alle-texte", r"^/[^/]+/\d+-[a-z0-9-]+$"),
        (["/c/7rtKNyg6PU9", "/c/7pplXmYoC6f"], "/c/video", r"^/c/[0-9A-Za-z]{11}$"),
    ],
)  # fmt: skip
def test_article_names_are_distinguished_from_section_names(paths, section, pattern):
    shapes = group_by_shape(f"http://a.example{path}" for path in paths)
    assert article_pattern(shapes, [*HOME, f"http://a.example{section}"]) == pattern
    assert all(re.search(pattern, path) for path in paths)


def test_number_in_a_folder_is_part_of_the_pattern():
    urls = ["http://a.example/politik/article409956720/ampeln.html", "http://a.example/sport/article4099567/tor.html"]
    assert article_pattern(group_by_shape(urls), HOME) == r"^/[^/]+/article\d+/[a-z0-9-]+\.html$"


def test_two_shapes_give_two_alternatives():
    shapes = group_by_shape([f"http://a.example/{path}" for path in ("t20250303_1.html", "v20250303_1.html")])
    assert article_pattern(shapes, HOME) == r"/t\d{8}_\d+\.html$|/v\d{8}_\d+\.html$"


paths = st.lists(
    st.text(st.characters(codec="utf-8", min_codepoint=33, exclude_characters="?#/[]"), min_size=1, max_size=12),
    max_size=5,
)


@given(st.lists(paths, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_pattern_of_a_shape_matches_its_urls_and_no_others(rows):
    urls = ["http://a.example/" + "/".join(row) for row in rows]
    shapes = group_by_shape(urls)
    assert sorted(url for shape in shapes for url in shape.urls) == sorted(set(urls))
    for shape in shapes:
        assert all(map(shape.has, shape.urls))
        pattern = article_pattern([shape], HOME)
        if pattern is not None:
            matches = [bool(re.search(pattern, urlsplit(url).path)) for url in (*shape.urls, *HOME)]
            assert sum(matches[: len(shape.urls)]) >= 0.9 * len(shape.urls)
            assert not any(matches[len(shape.urls) :])
