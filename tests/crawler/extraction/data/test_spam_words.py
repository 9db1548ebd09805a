"""The vocabulary of link spam: no word of it is passed over by the look that spares honest pages the search."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.data import spam_words
from crawler.extraction.data.spam_words import has_spam_heading, has_spam_name, may_be_spam

VOCABULARY = [*spam_words._CHINESE.split(), *spam_words._OTHER.split(), *spam_words._HEADINGS]
WRITTEN = st.builds(
    lambda word, joint: word.replace("-", joint), st.sampled_from(VOCABULARY), st.sampled_from("- _+\n")
)
TEXTS = st.lists(WRITTEN | st.sampled_from([" ", "", "a", "_", "7", "的", "і", "\n", ". "]), max_size=8).map("".join)


@settings(max_examples=1000)
@given(TEXTS)
def test_what_may_be_spam_is_all_that_is(text: str) -> None:
    found = spam_words.spam_words(text) or has_spam_heading(text)
    assert may_be_spam(text) or not found


@pytest.mark.parametrize("word", VOCABULARY)
def test_every_word_is_found(word: str) -> None:
    text = f"x, {word.replace('-', ' ')}."
    assert may_be_spam(text)
    assert spam_words.spam_words(text) or has_spam_heading(text)


@pytest.mark.parametrize(
    "text", ["judicial review", "escorted home", "die kasinoabende", "the slotstone casinoland", ""]
)
def test_parts_of_longer_words_are_none(text: str) -> None:
    assert not may_be_spam(text)
    assert not spam_words.spam_words(text)


@pytest.mark.parametrize("name", ["pl_css_ganrao", "box hidden_links", "seolink-2", "an_lian"])
def test_names_of_such_blocks(name: str) -> None:
    assert has_spam_name(name)
    assert not has_spam_name("related-links italian-news spider-man")
