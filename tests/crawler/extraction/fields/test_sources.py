"""Sources and editors: what a page prints, and nothing else."""

import pytest

from crawler.extraction import Article, extract
from crawler.extraction.fields.outlets_in_line import is_western_outlet

HAN_STORY = "".join(
    f"<p>{text}</p>"
    for text in (
        "本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。",
        "馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。",
        "据了解，旧馆将改建为少年宫，预计明年六月完工，届时将免费向全县中小学生开放，欢迎广大市民前往参观。",
    )
)
STORY = (
    "<p>The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said.</p>"
) * 3


def read(head: str, foot: str = "", lang: str = "zh") -> Article:
    title, story = ("县城图书馆向读者开放", HAN_STORY) if lang.startswith("zh") else ("The new library opens", STORY)
    html = f"<html lang={lang}><body><h1>{title}</h1>{head}<div>{story}</div>{foot}</body></html>"
    return extract(html.encode(), "http://news.county.example/a/1.html")


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("<div>2024-05-06 09:12 来源：[<a href=http://www.jiang.example>江城网</a>]</div>", "江城网"),
        ("<div>2024-05-06 09:12 来源：（<a href=http://www.jiang.example>江城网</a>）</div>", "江城网"),
        (
            "<div><span>本文来源于</span><a href=http://b.example>江城商报</a><span>2024-05-06 09:12</span></div>",
            "江城商报",
        ),
        ("<div>http://www.x.example 2024年05月06日 09:12 <a>《江城周刊》</a></div>", "《江城周刊》"),
        ("<div>【江城晚報╱記者楊正╱即時報導】</div><div>2024.05.06 01:06 pm</div>", "江城晚報"),
        ("<div>新江城online2024.05.06 王明/某地報導</div>", "新江城online"),
        ("<ul><li>發布日期：113-05-06</li><li>資料來源：農業處</li></ul>", "農業處"),
        ("<div>2024-05-06 09:12 来源：<img src=/logo.png alt=江城日报> <a>打印本页</a></div>", "江城日报"),
        ("<h2>2024/05/06 09:12:00 <a href=javascript:p()>友善列印</a></h2>", None),
        (
            "<ul><li><a href=/n/>江城新聞</a></li><li><a href=/n/l>產業新聞</a></li></ul><div>2024/05/06</div>",
            None,
        ),
        ("<div>發布時間：2024-05-06 所屬欄目：<a href=/tag1>國內新聞</a></div>", None),
        ("<div>2024-05-06 09:12</div><h6>影音訂閱:</h6><h6>江城財經</h6>", None),
        ("<div>2024-05-06 09:12 来源：</div>", None),
        ("<div>2024-05-06 09:12 来源：本站部分内容来自互联网</div>", None),
        ("<div>2024-05-06 09:12 来源：本站内容均来自网络，如有侵权请联系</div>", None),
    ],
)
def test_source_of_a_chinese_head(head: str, source: str | None) -> None:
    assert read(head).source == source


def test_data_source_of_a_chart_is_not_the_source() -> None:
    assert read("<div>2024-05-06 09:12</div>", "<p>数据来源：统计局</p>").source is None


def test_person_behind_a_source_label_yields_to_the_outlet() -> None:
    article = read("<div>2024年05月06日 09:12 <a>《江城周刊》</a></div>", "<p>来源: 王明</p>")
    assert (article.source, article.authors) == ("《江城周刊》", ("王明",))


@pytest.mark.parametrize("label", ["选稿", "選稿", "责任编辑", "采编"])
def test_editor_labels(label: str) -> None:
    assert read(f"<div>2024-05-06 09:12 <span>{label}：王明</span></div>").editor == "王明"


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("<p>(<a href=#>Xinhua</a>) 09:22, May 22, 2025</p>", "Xinhua"),
        ("<p>By Jane Doe | Harbour Daily | Updated: 2025-05-22 09:22</p>", "Harbour Daily"),
        (
            "<p>2025-05-22 09:22:15<span>Harbour News Service</span><span>Editor : Jane Doe</span></p>",
            "Harbour News Service",
        ),
        ("<p>Source:Harbour News Service 2025-05-22 09:22</p>", "Harbour News Service"),
        ("<p>SOURCE: Harbour Online 2025-05-22 09:22</p>", "Harbour Online"),
        ("<ul><li>From: Harbour Herald</li><li>March 13, 2025 9:00PM</li></ul>", "Harbour Herald"),
        ("<p>By Jane Doe | May 22, 2025 | <a href=/world/>World Daily</a></p>", None),
        ("<p>By Jane Doe | May 22, 2025 | Local News</p>", None),
        ("<p>By Jane Doe | May 22, 2025 | 5 min read</p>", None),
        ("<p>May 22, 2025 | Image Source: Jane Doe</p>", None),
    ],
)
def test_source_of_an_english_head(head: str, source: str | None) -> None:
    assert read(head, lang="en").source == source


@pytest.mark.parametrize(
    "text", ["Harbour Daily", "The Harbour Times", "Agence Fantaisie", "Reuters", "Valley News Agency"]
)
def test_western_outlets(text: str) -> None:
    assert is_western_outlet(text)


@pytest.mark.parametrize(
    "text", ["Daily", "Jane Doe", "World Online", "5 Times", "the best of times", "Sports Weekly", ""]
)
def test_other_texts_are_not_western_outlets(text: str) -> None:
    assert not is_western_outlet(text)
