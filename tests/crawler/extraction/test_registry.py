"""Page classes: selection by host and capture day, fields declared by selectors, errors."""

import sys
from datetime import UTC, date, datetime

import pytest
from web_poet import HttpResponse, field

from crawler.commands.doctor_checks import Level, check_page_classes
from crawler.extraction import Document, registry
from crawler.extraction.errors import PageClassError
from crawler.extraction.page import ArticlePage, css
from crawler.extraction.registry import PageRegistry, page_for

HTML = """<html lang=zh><head><title>别的题目</title></head><body><h1>别的题目</h1>
<div class=t>石桥将修缮</div><div class=d>2024年5月6日 07:08</div><div class=s>来源：县报</div><div class=e>周明</div>
<div class=x><p>县议会周二表决通过修缮老石桥的方案，结束了持续九年的争论。</p>
<p class=no>广告，广告，还是广告，请看广告，多看广告。</p>
<h4>施工</h4><p>短句。</p></div>
<div><p>另一栏里的长长的句子，不属于这篇报道，也不应进入正文之中，请勿收录。</p></div></body></html>"""
URL = "http://news.county.example/1.html"


class SelectorPage(ArticlePage):
    title = css("div.t")
    date = css("div.d")
    source = css("div.s")
    editor = css("div.e")
    paragraphs = css("div.x > p")
    subheads = css("div.x > h4")
    drop = css("p.no")


def at(day):
    return datetime(*day, tzinfo=UTC)


def test_page_class_declares_fields_by_selectors():
    article = SelectorPage.read(Document(HTML.encode(), URL), timezone="Asia/Shanghai").article
    assert article.title == "石桥将修缮"
    assert article.date == "2024-05-06T07:08+08:00"
    assert article.source == "县报"
    assert article.editor == "周明"
    assert article.body == "县议会周二表决通过修缮老石桥的方案，结束了持续九年的争论。\n施工\n短句。"
    assert {name: article.evidence[name].rule for name in ("title", "source", "editor", "body")} == {
        "title": "page.title",
        "source": "page.source",
        "editor": "page.editor",
        "body": "page.paragraphs",
    }
    assert article.extractor.endswith("+SelectorPage")


def test_selector_without_matches_falls_back_to_the_general_rules():
    page = SelectorPage.read(Document(HTML.replace("class=t", "class=u").encode(), URL))
    assert page.article.title == "别的题目"


def test_page_object_made_from_a_response_can_override_a_field():
    class Louder(SelectorPage):
        @field(cached=True)
        def title(self):
            return "石桥将修缮！"

    page = Louder(HttpResponse(url=URL, body=HTML.encode(), headers={"Content-Type": "text/html; charset=utf-8"}))
    assert page.article.title == "石桥将修缮！"
    assert page.article.source == "县报"


def test_unknown_field_is_refused_by_name():
    with pytest.raises(PageClassError, match="OddPage: no field 'headline'"):

        class OddPage(ArticlePage):
            headline = css("h1")


def test_class_is_chosen_by_host_and_capture_day():
    registry = PageRegistry()
    old, new = type("OldPage", (ArticlePage,), {}), type("NewPage", (ArticlePage,), {})
    desk = type("DeskPage", (ArticlePage,), {})
    registry.handles("county.example", until=date(2020, 12, 31))(old)
    registry.handles("county.example", "county-old.example")(new)
    registry.handles("desk.county.example")(desk)
    assert registry.page_for(URL, at((2020, 12, 31))) is old
    assert registry.page_for(URL, at((2021, 1, 1))) is new
    assert registry.page_for(URL) is new
    assert registry.page_for("https://county-old.example/", at((2019, 1, 1))) is new
    assert registry.page_for("https://DESK.county.example:8080/x", at((2019, 1, 1))) is desk
    assert registry.page_for("https://othercounty.example/") is ArticlePage
    assert registry.page_for("not a url") is ArticlePage
    assert registry.page_for("http://[bad/") is ArticlePage


def test_second_class_for_the_same_host_and_days_is_refused():
    registry = PageRegistry()
    registry.handles("county.example")(type("OnePage", (ArticlePage,), {}))
    with pytest.raises(PageClassError, match=r"county\.example are handled already \(today\)"):
        registry.handles("county.example")(type("TwoPage", (ArticlePage,), {}))


def test_classes_of_the_project_are_loaded():
    assert page_for("http://www.tibet.cn/cn/news/yc/202505/t20250522_1.html").__name__ == "TibetCnPage"


GOOD = """from crawler.extraction.page import ArticlePage, css
from crawler.extraction.registry import pages


@pages.handles("harbour.example")
class HarbourPage(ArticlePage):
    title = css("h2")
"""

BROKEN = {
    "syntax": "@pages.handles('mill.example', 'mill-news.example')\nclass MillPage(ArticlePage)\n    pass\n",
    "name": "@pages.handles('mill.example')\nclass MillPage(ArticlePage):\n    title = selector('h2')\n",
    "field": "@pages.handles('mill.example')\nclass MillPage(ArticlePage):\n    headline = css('h2')\n",
    "import": "import no_such_module\n\n@pages.handles('mill.example')\nclass MillPage(ArticlePage):\n    pass\n",
    "second": "@pages.handles('mill.example')\nclass MillPage(ArticlePage):\n    pass\n\n1 / 0\n",
    "named_after_host": "HOST = 'x'\n1 / 0\n",
}


@pytest.fixture(params=BROKEN)
def broken_module(request, tmp_path, monkeypatch):
    """A folder of page classes, one of which does not load."""
    import crawler.extraction.sites as sites

    (tmp_path / "harbour_example.py").write_text(GOOD)
    start = "from crawler.extraction.page import ArticlePage, css\nfrom crawler.extraction.registry import pages\n\n"
    (tmp_path / "mill_example.py").write_text(start + BROKEN[request.param])
    monkeypatch.setattr(sites, "__path__", [str(tmp_path)])
    monkeypatch.setattr(registry, "pages", PageRegistry())
    registry._load_sites.cache_clear()
    yield request.param
    registry._load_sites.cache_clear()
    for name in ("harbour_example", "mill_example"):
        sys.modules.pop(f"{sites.__name__}.{name}", None)


def test_broken_page_class_stops_its_own_site_only(broken_module):
    assert page_for("http://www.harbour.example/1.html").__name__ == "HarbourPage"
    assert page_for("http://other.example/1.html") is ArticlePage
    with pytest.raises(PageClassError, match=r"mill_example\.py does not load: \w+: .* — correct the file"):
        page_for("http://news.mill.example/1.html")
    (broken,) = registry.find_broken_modules()
    assert "mill.example" in broken.hosts
    assert registry.find_load_error(["harbour.example"]) is None
    assert registry.find_load_error(["other.example", "www.mill.example"]) == broken.message
    assert registry.find_load_error(["example"]) == broken.message


def test_broken_page_class_is_found_by_the_doctor(broken_module):
    result = check_page_classes(None)
    assert result.level is Level.FAILED
    assert "mill_example.py" in result.found
