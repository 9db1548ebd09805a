"""Evidence shows why a field has its value and what was removed from the page."""

from crawler.commands.items import _evidence
from crawler.extraction import extract

SPAM = " | ".join(
    f'<a href="http://s{number}.example/">{word}</a>'
    for number, word in enumerate(["在线彩票平台", "棋牌游戏下载", "信用卡套现", "老虎机攻略", "百家乐技巧"])
)
PAGE = (
    "<html lang=zh><title>县城新修的图书馆</title><h1>县城新修的图书馆开放</h1>"
    "<div>2025-05-22 09:22 来源：江城晚报</div>"
    "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，座位在一小时内坐满。</p>"
    f"<div id=tail>{SPAM}</div>"
)


def test_evidence_shows_each_field_and_the_removed_links():
    article = extract(PAGE.encode(), "https://news.example.cn/1")
    assert "tail" in article.evidence["injected_links"].place
    assert "在线彩票平台" in article.evidence["injected_links"].text
    shown = dict(_evidence(article))
    assert "by head.source.labelled at div" in shown["source"]
    assert "removed by injected." in shown["injected_links"]
    assert shown["not found"] == "editor"
    assert shown["flags"] == "injected_links"


def test_evidence_of_a_clean_page_shows_nothing_removed():
    article = extract(PAGE.replace(SPAM, "").encode(), "https://news.example.cn/1")
    assert "injected_links" not in article.evidence
    assert "flags" not in dict(_evidence(article))
