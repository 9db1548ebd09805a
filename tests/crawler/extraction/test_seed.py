"""The seed page: five fields are read from a mirror page with pinyin glosses and injected links."""

from datetime import UTC, datetime

import pytest

from crawler.extraction import Document, extract, extract_from

CAPTURED = datetime(2025, 5, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("http://www.tibet.cn/cn/news/yc/202505/t20250522_7801234.html", False),
        ("http://copy.example/t/20250522.html", False),
        ("http://copy.example/t/20250522.html", True),
    ],
    ids=["portal", "mirror", "bare"],
)
def test_every_field_of_the_seed_page_is_read(seed_page, url, bare):
    article = extract(seed_page(bare=bare), url, captured_at=CAPTURED)
    assert article.title == "西藏民政部門聚焦困難兒童群體 強化關愛服務保障"
    assert article.date == "2025-05-22T09:22:00+08:00"
    assert article.date_precision == "second"
    assert article.source == "西藏商報"
    assert article.editor == "李雅妮"
    paragraphs = article.body.split("\n")
    assert len(paragraphs) == 5
    assert paragraphs[0].startswith("自2024年西藏農村留守兒童")
    assert paragraphs[-1].endswith("邁上新臺階。")
    assert article.flags == ("injected_links", "pinyin_gloss")
    for unwanted in ("home", "email", "發布時間", "責編", "版權聲明", "蜘蛛池", "彩票", "(mén)"):
        assert unwanted not in article.body
    assert "村(居)" in article.body
    assert "227人(次)" in article.body
    assert set(article.evidence) >= {"title", "date", "source", "editor", "body"}


def test_injected_tail_is_removed_and_its_links_are_not_followed(seed_page):
    document = Document(seed_page(), "http://www.tibet.cn/cn/news/yc/202505/t20250522_7801234.html")
    assert [link.url for link in document.followable_links()] == ["http://www.tibet.cn/"]
    (removed,) = document.removed_blocks
    assert removed.reason.startswith("injected:")
    assert removed.links == 40
    assert "在线彩票平台" in removed.text


def test_page_class_of_the_portal_reads_the_seed_page(seed_page):
    url = "http://www.tibet.cn/cn/news/yc/202505/t20250522_7801234.html"
    article = extract_from(Document(seed_page(), url, captured_at=CAPTURED))
    assert article.extractor.endswith("+TibetCnPage")
    assert article.evidence["title"].rule == "page.title"
    assert article.evidence["source"].rule == "page.source"
    assert article.evidence["body"].rule == "page.paragraphs"


@pytest.mark.parametrize("first_span", [True, False], ids=["three spans", "two spans"])
def test_both_datelines_of_the_portal_are_read(seed_page, first_span):
    url = "http://www.tibet.cn/cn/news/yc/202505/t20250522_7801234.html"
    article = extract(seed_page(first_span=first_span), url, captured_at=CAPTURED)
    assert (article.date, article.source) == ("2025-05-22T09:22:00+08:00", "西藏商報")
    named = [rule for name in ("date", "source") for rule, _ in article.evidence[name].others]
    assert [rule for rule in named if rule.endswith(".absent")] == (
        [] if first_span else ["page.date.absent", "page.source.absent"]
    )
