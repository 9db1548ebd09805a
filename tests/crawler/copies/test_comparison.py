"""Copies distinguished from stories of a series."""

import pytest

from crawler.copies.comparison import compare_sentences
from crawler.copies.sentences import split_sentences

STORY = [
    "The old bridge over the river reopened on Monday after nine months of work",
    "Masons replaced four hundred stones and kept the marks of their predecessors",
    "Traders on the west bank said that custom had fallen by a third while it was closed",
    "The county paid most of the bill, and a foundation gave the remainder",
    "A second crossing downstream remains a promise without a date",
    "Schoolchildren were the first to walk across, followed by a brass band",
]


def compare(before, after):
    return compare_sentences(split_sentences("\n".join(before)), split_sentences("\n".join(after)))


@pytest.mark.parametrize(
    "after",
    [
        STORY,
        STORY[:3],
        ["Our readers asked for this report.", *STORY[:4]],
        [STORY[0], *reversed(STORY[1:])],
        [*STORY[:3], "Subscribe now for half the price.", *STORY[3:]],
        [STORY[0].replace("nine", "ten"), *STORY[1:]],
    ],
    ids=["same", "brief", "lead and tail", "order", "advertisement", "number"],
)
def test_changes_of_editors_leave_a_copy(after):
    compared = compare(STORY, after)
    assert compared.is_copy(may_be_series=False)
    assert compared.contained > 0.7


def test_other_story_is_no_copy():
    other = ["Heavy rain closed two schools", "Buses ran late all morning", STORY[4], "More rain is on its way tonight"]
    assert not compare(STORY, other).is_copy(may_be_series=False)


@pytest.mark.parametrize("may_be_series", [True, False])
def test_reports_that_share_a_template_are_no_copies(may_be_series):
    def report(day, first, second, third):
        return [
            f"Shares closed {first} on March {day}, with the index moving {second} percent to {third} points",
            f"Banks gained {third} percent while miners lost {day} percent in heavy trading",
            f"Turnover reached {second} billion, the most since the start of the year",
            "Analysts said that investors remained cautious ahead of the decision on interest rates",
            "This report is for information only and does not constitute advice to investors",
        ]

    compared = compare(report(3, "higher", "0.4", "7100"), report(4, "lower", "1.2", "6955"))
    assert compared.contained > 0.5
    assert not compared.is_copy(may_be_series=may_be_series)


def test_second_print_on_a_portal_has_no_other_words():
    changed = [line.replace("county", "city").replace("nine", "six") for line in STORY]
    assert compare(STORY, changed).is_copy(may_be_series=False)
    assert not compare(STORY, changed).is_copy(may_be_series=True)


def test_differences_are_listed_by_sentence():
    after = ["A new first line.", *STORY[:1], STORY[1].replace("four", "five"), *STORY[2:5]]
    compared = compare(STORY, after)
    assert [one.printed for one in compared.added] == ["A new first line."]
    assert [one.printed for one in compared.removed] == [STORY[5]]
    assert [(old.printed, new.printed) for old, new in compared.altered] == [(STORY[1], after[2])]
    assert compared.replacements == 1


def test_common_property_is_left_out():
    sentences = split_sentences("\n".join(STORY))
    compared = compare_sentences(sentences, sentences, {one.folded for one in sentences[1:]})
    assert compared.kept == sentences[0].weight
    assert not compared.is_copy(may_be_series=False)
