"""Editors in English sign-offs without a colon; sentences about editing are not sign-offs."""

import pytest

from crawler.extraction import extract
from crawler.extraction.fields.sign_offs import read_signed_editor


@pytest.mark.parametrize(
    ("text", "editor"),
    [
        ("Edited by Rosalind Thacker", "Rosalind Thacker"),
        ("Edited by Rosalind Thacker.", "Rosalind Thacker"),
        ("(Edited by Rosalind Thacker)", "Rosalind Thacker"),
        ("[Edited by: Rosalind Thacker]", None),
        ("The bridge opens on Monday. (Edited by R. Thacker)", "R. Thacker"),
        ("Reporting by Jo Marsh; editing by Ana de la Cruz", "Ana de la Cruz"),
        ("It rained. (Reporting by Jo Marsh in Ashby; Editing by Rosalind Thacker and Émile O’Dea)",
         "Rosalind Thacker and Émile O’Dea"),
        ("The book, edited by Rosalind Thacker, is out.", None),
        ("The book was edited by Rosalind Thacker", None),
        ("Edited by hand", None),
        ("Edited by Rosalind Thacker, the paper won four prizes last year.", None),
        ("Credited by Rosalind Thacker", None),
        ("", None),
    ],
)  # fmt: skip
def test_editor_of_a_sign_off_is_read(text, editor):
    assert read_signed_editor(text) == editor


def test_sign_off_below_an_english_story_gives_the_editor_and_is_not_in_the_body():
    prose = "".join(
        f"<p>The council met on {day} to talk about the old bridge, and the mayor said that work would begin soon.</p>"
        for day in ("Monday", "Tuesday", "Thursday")
    )
    html = f'<html lang="en"><title>Bridge</title><h1>Bridge talks</h1><div>{prose}</div><p>Edited by Ros Thacker</p>'
    article = extract(html.encode(), "https://news.example.com/1")
    assert article.editor == "Ros Thacker"
    assert article.evidence["editor"].rule == "foot.editor.signed"
    assert "Thacker" not in article.body


def test_host_name_beside_the_dateline_does_not_end_a_sentence():
    html = (
        '<html lang="zh"><title>县城新修的图书馆</title><h1>县城新修的图书馆本周向读者开放</h1>'
        "<div>example.cn 發布時間: 2025-05-22 09:22:00 來源: 江城晚報</div>"
        "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，座位在一小时内坐满。</p>"
        "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。</p>"
    )
    article = extract(html.encode(), "https://news.example.cn/1")
    assert (article.source, article.date) == ("江城晚報", "2025-05-22T09:22:00+08:00")
