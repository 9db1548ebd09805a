"""Reporters named in Chinese text."""

import pytest

from crawler.extraction.fields.reporters import read_reporters

LONG = "首日共有两千三百多名读者前来借阅，馆内座位很快坐满，工作人员临时加放了四十把椅子，方便更多读者入座阅读。"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("江城日报记者 王明", ("王明",)),
        ("（江城日报记者 王明 通讯员 李伟）", ("王明",)),
        ("记者王明、李伟／江城报導", ("王明", "李伟")),
        ("記者潘玉文、張明／某地報導", ("潘玉文", "張明")),
        ("【江城晚報╱記者楊正╱即時報導】", ("楊正",)),
        ("社會中心／王明報導", ("王明",)),
        ("新江城2024.10.24 王明/某地報導", ("王明",)),
        ("本报记者 王明 文/图", ("王明",)),
        ("王明/综合报道", ("王明",)),
        (f"（江城社記者張明德台南12日電）{LONG}", ("張明德",)),
        (f"（江城社記者張明苗栗縣12日電）{LONG}", ("張明",)),
        (f"江城社北京5月19日电（王明、李伟）{LONG}", ("王明", "李伟")),
        (f"江城网讯（记者 王明）{LONG}", ("王明",)),
        (f"江城网记者王明5月13日报道：{LONG}", ("王明",)),
        (f"{LONG}（王明）", ("王明",)),
        (f"{LONG}（王明 李伟）", ("王明", "李伟")),
        (f"{LONG}（王明／綜合外電報導）", ("王明",)),
        (f"{LONG}（王明摄）", ()),
        (f"{LONG}（完）", ()),
        (f"{LONG}（待续）", ()),
        (f"{LONG}（记者证）", ()),
        (f"县里的记者王明说，{LONG}", ()),
        (LONG, ()),
        ("", ()),
    ],
)
def test_reporters_are_read_from_lines_and_paragraphs(text: str, names: tuple[str, ...]) -> None:
    assert read_reporters(text) == names
