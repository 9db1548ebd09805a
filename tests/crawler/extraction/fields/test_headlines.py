"""The title among site names, host names, kickers and decks."""

import pytest

from crawler.extraction import extract

STORY = (
    "<p>The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said.</p>"
) * 3
HAN_STORY = (
    "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。</p>"
    "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。</p>"
)
TITLE, HAN_TITLE = "Hill farmers open the spring fair", "县城新修的图书馆向读者开放"


def read(head: str, body: str, *, lang: str = "en") -> str | None:
    story = HAN_STORY if lang == "zh" else STORY
    html = f"<html lang={lang}><head>{head}</head><body>{body}<div>{story}</div></body></html>"
    return extract(html.encode(), "http://www.county.example/2025/a1.html").title


@pytest.mark.parametrize(
    ("head", "body"),
    [
        # the site's name as a heading
        (f"<title>{TITLE} | County Online</title>", f"<h1>County Online</h1><h1>{TITLE}</h1>"),
        ("<title>Spring fair opens – County Online</title>", f"<h1>County Online</h1><h1>{TITLE}</h1>"),
        (f"<title>{TITLE} - County</title>", f"<h1 class=logo><a href=/>County</a></h1><h2>{TITLE}</h2>"),
        ('<meta property="og:site_name" content="County Online">', f"<h1>County Online</h1><h1>{TITLE}</h1>"),
        # a bad site name in the metadata
        (
            f'<meta property="og:site_name" content="{TITLE}"><meta property="og:title" content="{TITLE}">',
            f"<h1>Good Morning County</h1><h1>{TITLE}</h1>",
        ),
        # a host name
        ("", f"<h1>www.county.example</h1><h2>{TITLE}</h2><p>May 22, 2025</p>"),
        ("<title>www.county.example</title>", f"<h2>{TITLE}</h2><p>May 22, 2025</p>"),
        # a <title> for search engines, and a heading above a date with the name of a month
        ("<title>As the fair opens, you will not believe it!</title>", f"<h2>{TITLE}</h2><p>December 20, 2016</p>"),
        # a template's separator before an empty site name
        (
            f'<title>{TITLE} - </title><meta property="og:title" content="Farmers at the fair this spring">'
            f'<meta name="twitter:title" content="{TITLE}">',
            f"<h1>{TITLE}</h1>",
        ),
    ],
)
def test_title_is_not_the_sites_name(head: str, body: str) -> None:
    assert read(head, body) == TITLE


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", f"<p>{HAN_TITLE}</p><div>——热烈祝贺图书馆开馆</div><div>2025-05-22 09:52</div>"),
        (f"<title>{HAN_TITLE}——热烈祝贺图书馆开馆_江城网</title>",
         f"<p>{HAN_TITLE}</p><div>——热烈祝贺图书馆开馆</div><div>2025-05-22 09:52</div>"),
        ("<title>江城廣播公司全球資訊網</title>", f"<div>{HAN_TITLE}</div><div>2025/05/22 18:58 報導</div>"),
        ("<title>江城新闻网</title>", f"<div>江城新闻网</div><div>{HAN_TITLE}</div><div>2025-05-22 18:58</div>"),
        ("", f"<div>county.example</div><div>home</div><div>{HAN_TITLE}</div><div>发布时间: 2025-05-22 09:22:00</div>"),
        (f'<meta property="og:title" content="{HAN_TITLE[:9]} - 江城新聞">',
         f"<ul class=nav><a href=/1>{HAN_TITLE[:9]}</a></ul><div id=heading>{HAN_TITLE}</div><div>2025/05/22</div>"),
    ],
)  # fmt: skip
def test_title_of_a_chinese_page_is_neither_deck_nor_site(head: str, body: str) -> None:
    assert read(head, body, lang="zh") == HAN_TITLE
