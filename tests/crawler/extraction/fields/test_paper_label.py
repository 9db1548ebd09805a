"""Labels of a newspaper's pages."""

import pytest

from crawler.extraction import extract
from crawler.extraction.fields.paper_label import read_label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("第01版：要闻", ("01", "要闻")),
        ("第A12版:文化·副刊", ("A12", "文化·副刊")),
        ("04版 国际", ("04", "国际")),
        ("第三版 本地新闻", ("三", "本地新闻")),
        ("要闻 (第02版)", ("02", "要闻")),
        ("Page A4: Sports", ("A4", "Sports")),
        ("第05版", ("05", None)),
        ("上一版", None),
        ("出版日期", None),
        ("2026年11月03日", None),
    ],
)
def test_labels_that_say_so_are_read(text, label):
    assert read_label(text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [("A1 – News", ("A1", "News")), ("03", ("03", None)), ("B2要闻", ("B2", "要闻")), ("Sport (12)", ("12", "Sport"))],
)
def test_texts_of_links_to_pages_are_read(text, label):
    assert read_label(text, is_page=True) == label


def test_page_and_section_of_an_article():
    story = "<p>本报讯 记者从昨日召开的会议上获悉，今年的各项工作进展顺利，主要任务已经完成。</p>" * 5
    pages = "<li><a href='node_1.htm'>第01版：头版</a></li><li><a href='node_2.htm'>第02版：要闻</a></li>"
    head = "<div>2026年11月03日 <span>第02版：要闻</span> <a href='a'>上一篇</a></div><h1>全市召开工作会议</h1>"
    markup = f"<html><body><ul>{pages}</ul>{head}{story}</body></html>"
    article = extract(markup.encode(), "http://p.example/a.htm")
    assert (article.page, article.section) == ("02", "要闻")
