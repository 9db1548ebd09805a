"""Head and foot lines as portals print them (`portal_heads.json`), read from whole pages."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction import extract

TITLE = "县城新修的图书馆本周向读者开放"
STORY = [
    "本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。",
    "馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。",
    "据了解，旧馆将改建为少年宫，预计明年六月完工，届时将免费向全县中小学生开放，欢迎广大市民前往参观。",
]
ENGLISH_STORY = [
    "The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said."
] * 3
#: Each case has `head` and `foot` as markup; `goes_on` is the paragraph of the foot that belongs to the story.
CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("portal_heads.json").read_text("utf-8"))


def story(case: dict[str, Any]) -> list[str]:
    return ENGLISH_STORY if case.get("english") else STORY


def page(case: dict[str, Any]) -> bytes:
    title = case.get("title", "<h1>{title}</h1>").format(title=TITLE)
    prose = "".join(f"<p>\u3000\u3000{paragraph}</p>" for paragraph in story(case))
    return (
        f'<html lang="{case.get("lang", "zh")}"><head><meta charset=utf-8><title>{TITLE}_某某网</title></head><body>'
        f"<div><a href=/>首页</a> <a href=/a>国内</a> <a href=/b>国际</a></div>"
        f"<div>您当前的位置：<a href=/>首页</a> &gt; <a href=/n>要闻</a> &gt; 正文</div>{title}{case['head']}"
        f"<div id=c>{prose}{case['foot']}</div>"
        "<div class=rel><h3>相关阅读</h3><ul><li><a href=/1>全省道路维修工程启动</a> 2018-01-01</li>"
        "<li><a href=/2>水库今年蓄水量创新高</a></li></ul></div>"
        "<div class=footer>某某网版权所有 编辑部电话：010-12345678 违法和不良信息举报电话：010-87654321<br>"
        "互联网新闻信息服务许可证：00000000000</div></body></html>"
    ).encode()


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_fields_are_read_from_head_and_foot(case: dict[str, Any]) -> None:
    article = extract(page(case), case.get("url", "https://news.example.com/a/1.html"))
    found = (article.title, article.date, article.source, article.editor)
    assert found == (TITLE, case["date"], case["source"], case["editor"])
    if "authors" in case:
        assert article.authors == tuple(case["authors"])
    goes_on = [case["goes_on"]] if "goes_on" in case else []
    assert (article.body or "").split("\n") == [*story(case), *goes_on]
