"""The vocabulary of link spam: the fast check of a whole page misses no word that the exact search finds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.data import spam_words
from crawler.extraction.data.spam_words import has_spam_heading, has_spam_name, may_be_spam

VOCABULARY = [*spam_words._PARTS, *spam_words._WORDS, *spam_words.VOCABULARY.headings]
WRITTEN = st.builds(
    lambda word, joint: word.replace("-", joint), st.sampled_from(VOCABULARY), st.sampled_from("- _+\n")
)
TEXTS = st.lists(WRITTEN | st.sampled_from([" ", "", "a", "_", "7", "的", "і", "\n", ". "]), max_size=8).map("".join)


@pytest.mark.slow
@settings(max_examples=1000)
@given(TEXTS)
def test_fast_check_misses_no_spam(text: str) -> None:
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
def test_parts_of_longer_words_are_not_spam(text: str) -> None:
    assert not may_be_spam(text)
    assert not spam_words.spam_words(text)


@pytest.mark.parametrize("name", ["pl_css_ganrao", "box hidden_links", "seolink-2", "an_lian"])
def test_ids_and_classes_of_spam_blocks_are_recognised(name: str) -> None:
    assert has_spam_name(name)
    assert not has_spam_name("related-links italian-news spider-man")
