"""Tests of soft 404 detection."""

import pytest

from crawler.discovery.soft_404 import says_not_found
from crawler.items import Article


def page(title=None, body=None, number=1, **values) -> Article:
    return Article(url=f"http://paper.localhost/{number}", title=title, body=body, **values)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("页面不存在", None),
        ("404 Not Found", None),
        ("Page not found", "Try the search."),
        ("County Courier", "Sorry, the article you are looking for could not be found."),
        ("提示信息", "您访问的页面不存在或者已被删除"),
        ("出错了", "五秒后返回首页"),
        (None, "找不到页面"),
    ],
)
def test_not_found_pages_are_recognized(title, body):
    assert says_not_found(page(title, body))


@pytest.mark.parametrize(
    "article",
    [
        page("Missing boy not found after a week", "The search goes on.", date="2026-03-01"),
        page("专家：该说法不存在", "记者获悉。", source="新华社"),
        page("Lost and not found", "The museum still looks for its ship. " * 20),
        page("Bridge reopens", "The bridge is open."),
        page(),
    ],
)
def test_articles_about_something_not_found_are_not_soft_404s(article):
    assert not says_not_found(article)
