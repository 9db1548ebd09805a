"""Injected link spam in many forms: removed from body and frontier and flagged. Clean pages stay as they are."""

import re

import pytest
from saved_pages import read_saved_pages

from crawler.extraction import Document, extract, extract_from
from crawler.extraction.clean.injected import domain_of

WORDS = ["在线彩票平台", "棋牌游戏下载", "信用卡套现", "发票代开", "老虎机攻略", "私服发布", "百家乐技巧", "时时彩软件"]
ENGLISH = ["online casino", "buy viagra", "payday loans", "replica watches", "slot gacor", "essay writing service"]


def links(words=WORDS, host="s{}.example", glue=" | "):
    return glue.join(f'<a href="http://{host.format(n)}/{n}.html">{word}</a>' for n, word in enumerate(words))


NEUTRAL = [f"水泵{n}" for n in range(8)]

FORMS = {
    "display none": f"<div style='display:none'>{links(NEUTRAL)}</div>",
    "visibility": f"<div style='visibility: hidden'>{links(NEUTRAL)}</div>",
    "off screen": f"<div style='position:absolute;left:-9999px'>{links(NEUTRAL)}</div>",
    "off screen top": f"<p style='position:fixed; top:-2000px'>{links(NEUTRAL)}</p>",
    "indented": f"<div style='text-indent:-9999px'>{links(NEUTRAL)}</div>",
    "no size": f"<div style='height:0;overflow:hidden'>{links(NEUTRAL)}</div>",
    "one pixel": f"<div style='width:1px;height:1px;overflow:hidden'>{links(NEUTRAL)}</div>",
    "tiny letters": f"<div style='font-size:0px'>{links(NEUTRAL)}</div>",
    "transparent": f"<div style='opacity:0'>{links(NEUTRAL)}</div>",
    "ink of paper": f"<div style='color:#fff;background-color:#fff'>{links(NEUTRAL)}</div>",
    "hidden attribute": f"<div hidden>{links(NEUTRAL)}</div>",
    "aria": f"<div aria-hidden='true'>{links(NEUTRAL)}</div>",
    "noscript": f"<noscript>{links(NEUTRAL)}</noscript>",
    "one site": f"<div style='display:none'>{links(NEUTRAL, host='shop.example')}</div>",
    "one site in a named box": "<div class=box7 style='position:absolute;top:-9999px'>"
    f"{links(NEUTRAL * 4, host='w{}.shop.example')}</div>",
    "tiny frame": "<iframe src='http://frames.example/x.html' width='1' height='1'></iframe>",
    "named": f"<div class='pl_css_ganrao'>{links()}</div>",
    "random names": "<div id='pl_css_ganrao' style='display:none'>"
    + "".join(f"<nobr id='x{n}q'><font id='b{n}z'>{link}</font></nobr>" for n, link in enumerate(links().split(" | ")))
    + "</div>",
    "spider pool": f"<div>主站蜘蛛池模板: {links(glue='| ')}|</div>",
    "partner links": f"<div>友情链接</div><ul><li>{links(glue='</li><li>')}</li></ul>",
    "visible": f"<p>{links()}</p>",
    "english": f"<div>{links(ENGLISH)}</div>",
    "keywords": f"<p>{'、'.join(WORDS)}</p>",
    "comment": f"<div class='comment'><p>Great post! {links(ENGLISH, glue=' ')}</p></div>",
}

STORY = [
    "市交通部门昨日介绍，跨江大桥主体工程已经完成，预计明年春天通车，两岸居民往来将更加方便。",
    "据介绍，大桥全长两千三百米，双向六车道，设有人行道和自行车道，夜间照明采用节能灯具。",
    "“以前过江要等轮渡，赶上大雾就得绕行一个小时。”家住南岸的王女士说，“盼这座桥盼了十年。”",
]
PAGE = """<html><head><meta charset=utf-8><title>跨江大桥明年通车_晚报网</title></head><body>
<div class="nav"><a href="/">首页</a> <a href="/news/">新闻</a></div>{top}
<h1>跨江大桥明年通车</h1><div class="info">2024-05-06 07:08 来源：江城晚报</div>
<div class="content"><p>{story[0]}</p>{middle}<p>{story[1]}</p><p>{story[2]}</p></div>
<div class="editor">责任编辑：周明</div>{bottom}
<div class="footer"><a href="http://city.example/">市政府</a></div></body></html>"""
URL = "http://news.example/a/20240506.html"


def insert(form, place):
    return PAGE.format(story=STORY, **{"top": "", "middle": "", "bottom": "", place: form}).encode()


@pytest.mark.parametrize("place", ["top", "middle", "bottom"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_spam_is_kept_out_of_body_and_frontier(form, place):
    document = Document(insert(form, place), URL)
    article = extract_from(document)
    assert article.body == "\n".join(STORY)
    assert "injected_links" in article.flags
    assert {link.url for link in document.followable_links()} == {
        "http://news.example/",
        "http://news.example/news/",
        "http://city.example/",
    }
    found = [removed for removed in document.removed_blocks if removed.reason.startswith("injected:")]
    assert found
    assert all(removed.path for removed in found)
    assert (article.title, article.source, article.editor) == ("跨江大桥明年通车", "江城晚报", "周明")


@pytest.mark.parametrize(
    "markup",
    [
        "<div style='display:none'><a href='/a'>甲</a><a href='/b'>乙</a><a href='/c'>丙</a></div>",
        "<div style='display:none' class='share'><a href='https://www.facebook.com/s'>F</a><a href='https://x.com/s'>X</a>"
        "<a href='https://service.weibo.com/share'>微博</a></div>",
        "<div>友情链接 <a href='http://a.example/'>人民日报</a> <a href='http://b.example/'>省政府</a>"
        " <a href='http://c.example/'>图书馆</a> <a href='http://d.example/'>博物馆</a></div>",
        "<noscript><iframe src='https://www.googletagmanager.com/ns.html?id=G' height=0 width=0></iframe></noscript>",
        "<p>警方通报，该团伙开设网上赌场，涉案资金达两亿元，三十余人被抓获，案件正在进一步侦办之中。</p>",
        "<nav style='display:none'><a href='http://x1.example/'>姊妹报</a><a href='http://x2.example/'>周刊</a></nav>",
        "<div class='m-submenu' style='display:none'><a href='http://x1.example/'>姊妹报</a><a href='http://x2.example/'>周刊</a>"
        "<a href='http://x3.example/'>画报</a></div>",
        "<noscript><p>有<a href='http://report.example/a'>报道</a>称，工程将延期一年，市民可以在<a href='http://city2.example/'>市政府</a>"
        "网站查看完整的施工方案和交通绕行安排。</p></noscript>",
        "<div id=tab1 style='display:none'>"
        + "".join(f"<a href='http://ads.example/{n}'>企业{n}</a>" for n in range(9))
        + "</div><div id=tab2 style='display:none'><a href='http://ads.example/x'>服务</a></div>",
        "<iframe id='adframe' src='http://pfp.portal.example/union/1.html' width=0 height=0></iframe>",
        "<p>See <a href='http://ministry.example/report'>the report on casinos</a> for the figures.</p>",
    ],
)
def test_legitimate_markup_is_not_flagged(markup):
    article = extract(insert(markup, "bottom"), URL)
    assert "injected_links" not in article.flags


@pytest.mark.parametrize("name", ["zh-portals", "scrapinghub", "fundus"])
def test_clean_real_pages_are_not_flagged(shared, name):
    documents = [
        Document(html, truth["url"] or "http://www.example.com/") for truth, html in read_saved_pages(shared, name)
    ]
    flagged = [document.url for document in documents if document.injections.found]
    assert len(flagged) <= 0.01 * len(documents)


@pytest.mark.parametrize("name", ["zh-portals", "scrapinghub", "fundus"])
def test_spam_added_to_real_pages_does_not_change_their_body(shared, name):
    forms = list(FORMS.values())
    unchanged = flagged = tried = 0
    for number, (truth, html) in enumerate(read_saved_pages(shared, name)):
        if number % 4:
            continue
        url = truth["url"] or "http://www.example.com/"
        clean = extract(html, url)
        ends = [match.end() for match in re.finditer(rb"</p>", html, re.IGNORECASE)] or [0]
        places = (html.lower().rfind(b"</body>"), ends[len(ends) // 2], html.find(b">", html.find(b"<body")) + 1)
        for step, at in enumerate(places):
            form = forms[(number * 7 + step * 5) % len(forms)]
            infected = extract(html[:at] + form.encode() + html[at:], url)
            tried += 1
            unchanged += infected.body == clean.body
            flagged += "injected_links" in infected.flags
    assert unchanged == tried
    assert flagged >= 0.95 * tried


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("yokohama.jp", "yokohama.jp"),
        ("www.city.yokohama.jp", "city.yokohama.jp"),
        ("www.news.sx.cn", "news.sx.cn"),
        ("www.city.nagoya.aichi.jp", "nagoya.aichi.jp"),
        ("www.amis.asso.fr", "amis.asso.fr"),
        ("www.news.gd.cn", "news.gd.cn"),
        ("www.city.oakland.ca.us", "oakland.ca.us"),
        ("www.news.co.uk", "news.co.uk"),
        ("NEWS.example.com:8080", "example.com"),
        ("192.0.2.7", "192.0.2.7"),
        ("localhost", "localhost"),
    ],
)
def test_domain_of_a_link_follows_the_public_suffix_list(host, domain):
    assert domain_of(f"https://{host}/a.html") == domain
    assert domain_of(f"//user@{host}") == domain


@pytest.mark.parametrize("suffix", ["sx.cn", "gd.cn", "aichi.jp", "asso.fr", "ca.us", "yokohama.jp"])
def test_sites_under_one_public_suffix_are_foreign_to_each_other(suffix):
    assert domain_of(f"http://www.alpha.{suffix}/") != domain_of(f"http://www.beta.{suffix}/")


def test_links_without_a_host_have_no_domain():
    assert [domain_of(url) for url in ("/a.html", "mailto:a@example.com", "", "http:///")] == ["", "", "", ""]
