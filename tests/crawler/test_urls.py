"""Tests of URL normalization."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import urls
from crawler.urls import clean_url, url_key

HOME = "http://www.example.com"


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        (f"{HOME}/a?utm_source=rss&id=3&utm_medium=feed", f"{HOME}/a?id=3"),
        (f"{HOME}/a?b=2&a=1", f"{HOME}/a?b=2&a=1"),
        (f"{HOME}:80/a#top", f"{HOME}/a"),
        ("https://EXAMPLE.com:443", "https://example.com/"),
        ("https://example.com:80/a", "https://example.com:80/a"),
        (f"{HOME}/a?from=timeline&isappinstalled=0", f"{HOME}/a"),
        (f"{HOME}/list?from=20", f"{HOME}/list?from=20"),
        (f"{HOME}/a;jsessionid=0A1B2C?x=1", f"{HOME}/a?x=1"),
        (f"{HOME}/a?x=1&sessionid=8120034455", f"{HOME}/a?x=1"),
        (f"{HOME}/a?sid=8120034455", f"{HOME}/a?sid=8120034455"),
        (f"{HOME}/a?PHPSESSID=0123456789abcdef0", f"{HOME}/a"),
        (f"{HOME}/a?sid=12", f"{HOME}/a?sid=12"),
        (f"{HOME}/a?spm=C73544894212.P59511941341.0.0", f"{HOME}/a"),
        (f"{HOME}/a?q=%B2%E2%CA%D4", f"{HOME}/a?q=%B2%E2%CA%D4"),
        (f"{HOME}/a?gclid=x&fbclid=y&flag", f"{HOME}/a?flag"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://county.example.:8080/a", "http://county.example:8080/a"),
        ("http://[broken/a", "http://[broken/a"),
    ],
)
def test_url_is_cleaned_before_it_is_requested(url, cleaned):
    assert clean_url(url) == cleaned


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://www.example.com/a", "https://example.com/a", True),
        ("http://m.example.com/a/", "http://www.example.com/a", True),
        ("http://example.com/a?x=1&y=2", "http://example.com/a?y=2&x=1&utm_source=z", True),
        ("http://m.com/a", "http://com/a", False),
        ("http://example.com/a", "http://example.com/A", False),
        ("http://example.com/a?x=1", "http://example.com/a?x=2", False),
        ("http://example.com:8080/a", "http://example.com/a", False),
        ("http://news.example.com/a", "http://example.com/a", False),
    ],
)
def test_variants_of_a_url_share_a_key(one, other, same):
    assert (url_key(one) == url_key(other)) is same


any_url = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["www.example.com", "m.example.com:8080", "[::1]", "EXAMPLE.com:80", "中文.example"]),
    st.text(max_size=12).map(lambda path: f"/{path}"),
    st.lists(
        st.tuples(st.sampled_from(["id", "utm_source", "sid", "from", "新"]), st.text(max_size=20)), max_size=4
    ).map(lambda query: "?" + "&".join(f"{name}={value}" for name, value in query)),
    st.sampled_from(["", "#top"]),
)


@settings(max_examples=200, deadline=None)
@given(any_url | st.text(max_size=30))
def test_cleaning_is_idempotent_and_keeps_the_key(url):
    once = clean_url(url)
    assert clean_url(once) == once
    assert url_key(once) == url_key(url)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.from_regex(urls._PLAIN, fullmatch=True))
def test_fast_path_gives_the_same_result_as_full_parsing(url):
    assert clean_url(url) == urls._clean(url)
    assert urls._key_text(url) == urls._canonical_key_text(url)
