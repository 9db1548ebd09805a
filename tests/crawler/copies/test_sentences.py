"""Sentences in a comparable form, and their keys."""

import pytest

from crawler.copies.sentences import MAX_KEYS, make_keys, split_sentences


def fold_all(text):
    return [one.folded for one in split_sentences(text)]


def keys_of(text):
    return {key for key in make_keys(split_sentences(text)) if key is not None}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("國務院發佈了關於鐵路建設的報告。", "国务院发布了关于铁路建设的报告。"),
        ("投资１２亿元，“惠及”百姓。", "投资12亿元，「惠及」百姓。"),
        ("鐵(tiě)路正在建設(shè)中。", "铁路正在建设中。"),
        ("“The BRIDGE is open,” he said.", '"The bridge is open", he said.'),
        ("Café prices rose.", "Cafe\u0301 prices rose."),
    ],
    ids=["scripts", "width", "glosses", "case", "composition"],
)
def test_sentences_that_differ_in_form_are_equal(one, other):
    assert fold_all(one) == fold_all(other)


def test_texts_are_split_at_the_ends_of_sentences():
    assert fold_all("第一句话！第二句话？“第三句。”\n第四句") == ["第一句话", "第二句话", "第三句", "第四句"]
    assert fold_all("It rose 4.5 percent. Few knew why!\n\n * * *\nMore") == [
        "it rose 4 5 percent",
        "few knew why",
        "more",
    ]
    assert split_sentences("") == []


def test_printed_form_is_kept():
    assert [one.printed for one in split_sentences("“第一句。”第二句")] == ["“第一句。”", "第二句"]


def test_equal_sentences_have_equal_keys_and_short_ones_none():
    assert keys_of("记者从有关部门获悉，新的公路已经通车。好。") == keys_of("記者從有關部門獲悉,新的公路已經通車！")
    assert keys_of("好。他说。") == set()
    assert not keys_of("记者从有关部门获悉，新的公路已经通车。") & keys_of("市民在新落成的图书馆里度过了周末时光。")


def test_keys_of_long_texts_are_limited_to_the_same_ones():
    long = "\n".join(f"The committee looked at item {number} of the long list on the table" for number in range(300))
    assert len(keys_of(long)) == MAX_KEYS
    assert len(keys_of(long) & keys_of(long + "\nAnd then the meeting came to an end at last")) >= MAX_KEYS - 1
