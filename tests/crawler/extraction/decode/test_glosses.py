"""Pinyin glosses are removed; all other brackets stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.decode.glosses import remove_glosses


@pytest.mark.parametrize(
    ("glossed", "plain", "count"),
    [
        ("部門(mén)", "部門", 1),
        ("強(qiáng)化關(guān)愛(ài)服務(wù)", "強化關愛服務", 4),
        ("發(fā)布時(shí)間: 2025", "發布時間: 2025", 2),
        ("來(lái)源: 商報(bào)", "來源: 商報", 2),
        ("(責(zé)編: 李雅妮 )", "(責編: 李雅妮 )", 1),
        ("萬(wàn)元開(kāi)展針(zhēn)對(duì)性", "萬元開展針對性", 4),
        ("隊（duì）伍", "隊伍", 1),
        ("動( dòng )態", "動態", 1),
        ("綠(lǜ)色與(yǔ)孩子們(men)", "綠色與孩子們", 3),
        ("長(cháng)期與校長(zhǎng)", "長期與校長", 2),
        ("專(zhuān)業(yè)", "專業", 2),
        ("以后(hòu)的事，以後(hòu)的事", "以后(hòu)的事，以後的事", 1),
        ("乾(gān)燥與徵(zhēng)文", "乾燥與徵文", 2),
    ],
)
def test_glosses_are_removed(glossed, plain, count):
    assert remove_glosses(glossed) == (plain, count)


@pytest.mark.parametrize(
    "text",
    [
        "村(居)兒童主任", "鄉(鎮、街道)", "227人(次)", "高原(北京)文化", "(責編: 李雅妮 )", "A股(gǔ)", "亳(bó)州",
        "龟兹(qiū cí)古国", "歙(shè)县", "尉犁(yù lí)县", "張(Zhang)先生", "陳(Chen)教授", "劉某(LJ)", "王某(xx)",
        "電腦(PC)", "門(door)口", "門(M)", "網(net)",
        "歐盟(EU)", "關稅(tariff)", "頭(tou2)", "東(DONG)風", "里(km)",
        "長(cm)", "寬(m)", "重(kg)", "時(h)", "軍(army)", "愛(love)", "馬(ma)來西亞", "們(men)", "點(a)", "圖(1)",
        "圖(左)", "記者(實習)", "東京(とうきょう)", "서울(首爾)",
        "門(ㄇㄣˊ)", "條(第3款)", "萬(2024)", "類(a類)", "業()",
        "業( )", "務(w ù)", "車(車)", "產(ch)", "開(kāi", "(mén)", "飛(plane)機", "無(no)", "風(wind)",
        "[門]mén", "門[mén]", "長（米）", "café(咖啡館)", "naïve (ài)", "國(guó jiā)家",
    ],
)  # fmt: skip
def test_other_brackets_stay(text):
    assert remove_glosses(text) == (text, 0)


def test_reading_of_another_character_stays_among_glosses():
    assert remove_glosses("門(mén)口的車(mén)與強(qiáng)")[0] == "門口的車(mén)與強"


def test_neutral_tones_are_removed_only_if_the_page_has_glosses():
    assert remove_glosses("孩子們(men)") == ("孩子們(men)", 0)
    assert remove_glosses("孩子們(men)", glossed=True) == ("孩子們", 1)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="門強關爱中(（)）ménqiáng guān,。A1", max_size=60))
def test_removal_deletes_text_and_adds_nothing(text):
    plain, count = remove_glosses(text)
    assert len(plain) <= len(text)
    assert (count == 0) == (plain == text)
    kept = iter(text)
    assert all(char in kept for char in plain)  # a subsequence: nothing is added or moved


def test_glosses_of_the_seed_page_are_removed_exactly(shared):
    text = (shared / "seed" / "tibet-cn-20250522.txt").read_text("utf-8")
    plain, count = remove_glosses(text)
    assert count == 204
    assert [char for char in "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ" if char in plain] == []
    for kept in ("村(居)", "鄉(鎮、街道)", "227人(次)", "2000人(次)", "高原(北京)"):
        assert kept in plain
