"""Search on SQLite and PostgreSQL: pairs of Chinese characters, words of other scripts, current versions only."""

from datetime import UTC, datetime

import pytest

from crawler.store import SearchQueryError, Store
from crawler.store.opt_outs import StoredOptOut
from crawler.store.search_query import parse_query
from crawler.store.words import split_words


@pytest.fixture
def searched(location, make_article):
    texts = [
        ("拉萨举行藏历新年庆祝活动", "西藏自治区各地群众欢度新年。", "2026-02-18T09:00:00+08:00"),
        ("Bridge reopens in Harrow", "The county's old bridge, café and all, is open.", "2026-03-01T07:30:00+00:00"),
        ("བོད་ལྗོངས་ཀྱི་གསར་འགྱུར", "བོད་ཀྱི་སྐད་ཡིག", "2026-01-05"),
        ("青藏铁路 ABC 号列车", "新的列车由拉萨开往西宁", None),
    ]
    with Store.open(location) as store:
        for number, (title, body, day) in enumerate(texts, 1):
            values = {"title": title, "body": body, "date": day, "source": None, "editor": None}
            store.articles.save(make_article(f"/{number}", record=f"r{number}", **values))
        yield store


def found(store: Store, text: str, **how) -> list[str]:
    return [hit.article.url.rpartition("/")[2] for hit in store.search(text, **how)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("拉萨", ["1", "4"]),
        ("西藏", ["1"]),
        ("西藏自治区", ["1"]),
        ("藏自", ["1"]),
        ("区自", []),
        ("藏", ["1", "4"]),
        ("动", ["1"]),  # the last character of its run
        ("拉萨 列车", ["4"]),
        ("bridge", ["2"]),
        ("BRIDGE café", ["2"]),
        ("Ｂｒｉｄｇｅ", ["2"]),
        ("bridg", []),
        ("county's", ["2"]),
        ("old-bridge", ["2"]),
        ("harrow the", ["2"]),
        ("བོད", ["3"]),
        ("铁路abc", ["4"]),
        ("abc号", ["4"]),
        ("abc 号列", ["4"]),
        ('"OR" NEAR(x) *:', []),
        ('"old bridge"', ["2"]),
        ('"bridge old"', []),
        ("“old bridge”", ["2"]),
        ('"拉萨开往"', ["4"]),
        ("bridge OR 铁路", ["2", "4"]),
        ("西藏 OR 西宁", ["1", "4"]),
        ("拉萨 -西宁", ["1"]),
        ("拉萨 NOT 西宁", ["1"]),
        ('拉萨 -"新的列车"', ["1"]),
        ("拉萨 -(西宁 OR 西藏)", []),
        ("(bridge OR 拉萨) (county OR 列车)", ["2", "4"]),
        ("bridge AND old", ["2"]),
        ("reop*", ["2"]),
        ('"old bri*"', []),
        ("old-bridge -harrow", []),
        ("or", []),
        ("' | ! & <->", []),
        ("", []),
    ],
)
def test_matching_articles_are_found(searched, text, numbers):
    assert found(searched, text) == numbers


def test_results_are_paged_and_filtered_by_site(searched):
    assert found(searched, "拉萨", limit=1) == ["1"]
    assert found(searched, "拉萨", limit=1, offset=1) == ["4"]
    assert found(searched, "拉萨", site="paper") == ["1", "4"]
    assert found(searched, "拉萨", site="another") == []


def test_only_current_versions_are_searched(searched, make_article):
    at, record = "2026-04-01T08:00:00Z", "later"
    searched.articles.save(make_article("/2", record=record, at=at, title="Bridge closed", body="Flood.", source=None))
    assert found(searched, "reopens") == []
    assert found(searched, "flood") == ["2"]
    # The same record now yields other content: its old words are removed from the index.
    searched.articles.save(
        make_article("/2", record=record, at=at, title="Bridge shut", body="High water.", source=None)
    )
    assert found(searched, "flood") == []
    assert found(searched, "high water") == ["2"]


def test_withheld_article_is_not_found(searched):
    [url] = [hit.article.url for hit in searched.search("西藏")]
    stated = StoredOptOut(url=url, site="paper", seen_at=datetime.now(UTC), record_id=None, found="[]", withheld=True)
    searched.opt_outs.save(stated)
    assert searched.search("西藏") == []


def test_excerpt_surrounds_the_match(location, make_article):
    with Store.open(location) as store:
        store.articles.save(make_article(body="开头的话。" * 40 + "扎西德勒！" + "结尾的话。" * 40))
        [hit] = store.search("德勒")
    assert "扎西德勒" in hit.excerpt
    assert hit.excerpt.startswith("…")
    assert hit.excerpt.endswith("…")


def test_scripts_without_spaces_are_split_into_pairs():
    assert list(split_words("西藏ABC区")) == ["西藏", "藏", "abc", "区"]
    assert list(split_words("カメラ")) == ["カメ", "メラ", "ラ"]
    assert list(split_words("don't 3.5")) == ["don", "t", "3", "5"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"old bridge', "a quote is not closed"),
        ("拉萨 OR", "OR needs words on both sides"),
        ("OR 拉萨", "OR needs words on both sides"),
        ("-西宁", "words are excluded, but none are searched for"),
        ("拉萨 OR -西宁", "words are excluded, but none are searched for"),
        ("bridge AND", "AND needs words on both sides"),
        ("bridge NOT", "NOT needs a word behind it"),
        ("(bridge OR old", r"a bracket \( is not closed"),
        ("bridge) old", r"a bracket \) has no opening one"),
        ("(" * 30 + "a" + ")" * 30, "more than 20 brackets"),
    ],
)
def test_query_that_cannot_be_read_is_named(text, fault):
    with pytest.raises(SearchQueryError, match=fault):
        parse_query(text)
