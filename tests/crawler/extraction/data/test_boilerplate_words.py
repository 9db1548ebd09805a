"""Words of boilerplate lines, headings and sign-offs: each word of the tables is recognised as pages print it."""

import pytest

from crawler.extraction.clean.boilerplate import is_boilerplate, remove_sign_off
from crawler.extraction.data.heading_words import find_heading_kind
from crawler.extraction.data.tables import language, languages

CODES = [code for code, one in languages().items() if one.boilerplate != language("xx").boilerplate]
CODES_WITH_HEADINGS = [code for code, one in languages().items() if one.headings != language("xx").headings]


@pytest.mark.parametrize("code", CODES)
def test_every_beginning_of_boilerplate_lines_is_recognised(code: str) -> None:
    words = language(code).boilerplate
    for word in words.beginnings:
        assert is_boilerplate(f"• {word.capitalize()} …")
        assert is_boilerplate(f"{word} …")
    for word in words.lines:
        assert is_boilerplate(word)
        assert not is_boilerplate(f"{word} 2024")
    for label in (*words.labels, *words.staff_labels):
        assert is_boilerplate(f"【{label}：某某")


@pytest.mark.parametrize("code", CODES_WITH_HEADINGS)
def test_every_heading_is_recognised(code: str) -> None:
    table = language(code)
    joint = " " if table.writing.has_blanks else ""
    for kind, headings in (("related", table.headings.related), ("comments", table.headings.comments)):
        pairs = (f"{first}{joint}{last}" for first in headings.beginnings for last in headings.endings)
        for heading in (*headings.words, *pairs):
            # In a few languages the same words may be above both kinds of blocks.
            assert find_heading_kind(heading) in {kind, "related"}, heading
            assert find_heading_kind(f"» {heading.upper()} (12) »") in {kind, "related"}, heading


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Related Stories", "related"),
        ("latest-news videos", "related"),
        ("latest videos posts news", None),
        ("24小时热点 更多>>", "related"),
        ("网友评论 3条", "comments"),
        ("3条评论", "comments"),
        ("5 comments View all", "comments"),
        ("Bình luận", "comments"),
        ("人気の記事", "related"),
        ("A related matter", None),
        ("相关部门回应", None),
        ("1234", None),
    ],
)
def test_headings_are_whole_lines(text: str, kind: str | None) -> None:
    assert find_heading_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("©2024 The Paper", True),
        ("(c) 2024", True),
        ("【1】【2】【3】", True),
        ("一、凡本网注明“来源：某某网”的所有作品", True),
        ("某某网声明：本文仅代表作者观点，转载请注明。", True),
        ("E-mail：news@example.com（新闻部）", True),
        ("E-mail: news@example.com", False),
        ("Select the text and press Ctrl + Enter", True),
        ("Copies are made by hand.", False),
        ("返乡的人多了起来。", False),
    ],
)
def test_lines_are_boilerplate_by_their_beginning(text: str, expected: bool) -> None:
    assert is_boilerplate(text) is expected


@pytest.mark.parametrize(
    ("paragraph", "kept"),
    [
        ("大桥开通。（责任编辑：某某）", "大桥开通。"),
        ("大桥开通。审核：某某", "大桥开通。"),
        ("大桥开通。（原題為：橋）", "大桥开通。"),
        ("（原标题：桥）大桥开通。", "大桥开通。"),
        ("大桥开通。>>返回某某网首页", "大桥开通。"),
        ("大桥开通。【1】【2】", "大桥开通。"),
        ("大桥开通。【纠错】", "大桥开通。"),
        ("大桥开通，责编：某某", "大桥开通，"),
        ("他说：“大桥开通。”", "他说：“大桥开通。”"),
        ("The bridge is open (Editor: Smith)", "The bridge is open (Editor: Smith)"),
    ],
)
def test_sign_offs_are_removed_from_paragraphs(paragraph: str, kept: str) -> None:
    assert remove_sign_off(paragraph) == kept
