"""Article items as JSON: lossless in both directions, with clear errors for invalid items."""

import json
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.items import Article, Evidence, Provenance
from crawler.store import ItemFormatError, article_from_json, article_to_json

# All characters, including lone surrogates, which occur in JSON-LD escapes.
any_text = st.text(st.characters(), max_size=40)
texts = st.lists(any_text, max_size=3).map(tuple)
evidence = st.builds(
    Evidence, any_text, any_text, any_text, st.lists(st.tuples(any_text, any_text), max_size=2).map(tuple)
)
provenance = st.builds(Provenance, any_text, any_text, st.integers(0, 2**53), any_text, any_text)
optional = st.none() | any_text
articles = st.builds(
    Article,
    url=any_text,
    canonical_url=optional,
    site=optional,
    title=optional,
    date=optional,
    source=optional,
    editor=optional,
    body=optional,
    date_precision=optional,
    date_modified=optional,
    authors=texts,
    language=optional,
    section=optional,
    tags=texts,
    images=texts,
    flags=texts,
    evidence=st.dictionaries(any_text, evidence, max_size=3),
    provenance=st.none() | provenance,
    extractor=optional,
)


@settings(max_examples=200, deadline=None)
@given(articles)
def test_items_survive_a_round_trip(article):
    line = article_to_json(article)
    assert "\n" not in line
    assert line.encode()
    assert article_from_json(line) == article
    assert article_from_json(line.encode()) == article


def test_keys_are_in_item_order_and_characters_unescaped():
    line = article_to_json(
        Article(url="http://a.localhost/", title="西藏", provenance=Provenance("r", "f", 1, "d", "t"))
    )
    assert list(json.loads(line)) == [field.name for field in fields(Article)]
    assert list(json.loads(line)["provenance"]) == [field.name for field in fields(Provenance)]
    assert "西藏" in line


def test_json_equals_as_dict(make_article):
    article = make_article(authors=("B. Fern",), tags=("roads",))
    assert json.loads(article_to_json(article)) == json.loads(json.dumps(article.as_dict()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not an article item"),
        ("[]", "expected a JSON object"),
        ('{"title": "x"}', "no 'url'"),
        ('{"url": "u", "colour": "red"}', "unknown key 'colour'"),
        ('{"url": "u", "provenance": {"file": "f"}}', "record_id"),
        ('{"url": "u", "evidence": {"title": 1}}', "u:"),
        ('{"url": "u", "authors": 1}', "u:"),
        (b"\xff\xfe\xfa", "not an article item"),
    ],
)
def test_invalid_item_is_refused(text, message):
    with pytest.raises(ItemFormatError, match=message):
        article_from_json(text)
