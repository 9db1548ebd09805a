"""The body: the story's paragraphs, without the text beside the story."""

import pytest

from crawler.extraction import extract

LONG = [
    "The county council voted on Tuesday to repair the old stone bridge, ending a debate that had lasted nine years.",
    "Engineers will close the crossing from March, and buses are to take the road through the neighbouring village.",
    "“We have waited long enough,” said the ferryman, who has carried passengers every weekend since the floods.",
    "The work is expected to cost two million pounds, of which the county pays half and a heritage fund the rest.",
]
HAN = [
    "县议会周二表决通过修缮老石桥的方案，结束了持续九年的争论，工程将于三月开工。",
    "施工期间大桥封闭，公交车改走邻村道路，渡船周末照常运行，直到工程完成为止。",
    "工程预计耗资两百万元，县里承担一半，其余由文物保护基金支付，明年春天完工。",
]
URL = "http://news.example/2024/05/06/bridge.html"


def body(inner, head="", url=URL):
    html = f"<html><head><meta charset=utf-8>{head}</head><body><nav><a href=/>Home</a></nav>{inner}</body></html>"
    return extract(html.encode(), url).body


def paragraphs(texts, tag="p"):
    return "".join(f"<{tag}>{text}</{tag}>" for text in texts)


@pytest.mark.parametrize("story", [LONG, HAN], ids=["en", "zh"])
@pytest.mark.parametrize(
    "layout",
    [
        "<h1>Bridge</h1><div>{}</div>",
        "<h1>Bridge</h1><article><section>{}</section></article>",
        "<table><tr><td><h1>Bridge</h1>{}</td></tr></table>",
        "<div class='with-sidebar has-comments'><h1>Bridge</h1><div class=entry>{}</div></div>",
    ],
)
def test_paragraphs_keep_their_order_in_any_container(story, layout):
    assert body(layout.format(paragraphs(story))).split("\n") == story


def test_line_breaks_separate_paragraphs():
    assert body("<h1>T</h1><div id=c>" + "<br><br>".join(HAN) + "</div>").split("\n") == HAN


def test_story_may_be_split_over_containers():
    parts = "".join(f"<div class=part><p>{text}</p></div><div class=ad-slot>Advertisement</div>" for text in LONG)
    assert body(f"<h1>T</h1><div class=story>{parts}</div>").split("\n") == LONG


@pytest.mark.parametrize(
    "beside",
    [
        "<footer><p>{}</p></footer>",
        "<aside><p>{}</p></aside>",
        "<figure><figcaption>{}</figcaption></figure>",
        "<div class='related-stories'><p>{}</p></div>",
        "<div id=comments><p>{}</p></div>",
        "<section class='newsletter-signup'><p>{}</p></section>",
        "<div class='articleFooter'><p>{}</p></div>",
        "<div class='cookie-consent'><p>{}</p></div>",
        "<div class='author-bio'><p>{}</p></div>",
    ],
)
def test_text_beside_the_story_is_dropped(beside):
    other = (
        "A sentence that is long enough to be a paragraph, with commas, but belongs to a different story altogether."
    )
    story = f"<div class=story>{paragraphs(LONG)}{beside.format(other)}</div>"
    assert body(f"<h1>T</h1>{story}").split("\n") == LONG
    assert body(f"<h1>T</h1><div class=story>{paragraphs(LONG)}</div>{beside.format(other)}").split("\n") == LONG


@pytest.mark.parametrize(
    "line",
    [
        "（原标题：县议会通过修桥方案）", "原标题：县议会通过修桥方案", "本文原标题：《修桥》",
        "责任编辑：周明", "（责编：周明、李青）", "【责任编辑：周明】",
        "来源：县报", "相关阅读：", "延伸阅读", "相关新闻", "【免责声明】本文仅代表作者本人观点，与本网无关。",
        "版权声明：凡注明来源的作品，未经授权不得转载。",
        "扫描下方二维码关注我们", "【1】【2】【3】", "1 2 3 下一页", "分享到：", "图片来源：县档案馆",
        "更多精彩内容请关注公众号", "返回首页>>", "【纠错】",
    ],
)  # fmt: skip
def test_chinese_boilerplate_lines_are_dropped(line):
    story = paragraphs([*HAN, line])
    assert body(f"<h1>T</h1><div>{story}</div>").split("\n") == HAN


@pytest.mark.parametrize(
    "line",
    ["Read more: another story", "Related stories", "Sign up to our newsletter", "Advertisement", "© 2024 The Courier",
     "Follow us on Twitter", "Lesen Sie auch: etwas anderes", "Lire aussi : autre chose", "Leggi anche: altro",
     "Iezīmējiet tekstu un spiediet Ctrl+Enter, lai nosūtītu labojamo teksta fragmentu redaktoram!",
     "Нашли ошибку? Выделите её, нажмите Ctrl + Enter, и мы всё исправим."],
)  # fmt: skip
def test_other_boilerplate_lines_are_dropped(line):
    story = paragraphs([*LONG[:2], line, *LONG[2:]])
    assert body(f"<h1>T</h1><div>{story}</div>").split("\n") == LONG


@pytest.mark.parametrize(
    ("glued", "kept"),
    [
        ("工程明年完工。（责任编辑：周明）", "工程明年完工。"),
        ("工程明年完工。[责编：周明]", "工程明年完工。"),
        ("工程明年完工。>>返回县报网首页>>", "工程明年完工。"),
        ("工程明年完工（见附图）。", "工程明年完工（见附图）。"),
    ],
)
def test_sign_off_is_cut_off_the_last_paragraph(glued, kept):
    start = "工程预计耗资两百万元，县里承担一半，其余由文物保护基金支付，"
    assert body(f"<h1>T</h1><div>{paragraphs([*HAN, start + glued])}</div>").split("\n") == [*HAN, start + kept]


def test_subheadings_and_lists_are_kept_and_the_title_is_not_repeated():
    items = "<ul><li>Buses</li><li>Ferries</li></ul>"
    story = f"<p>{LONG[0]}</p><h2>What comes next</h2><p>{LONG[1]}</p>{items}<p>{LONG[2]}</p>"
    text = body(f"<h1>Bridge to be repaired</h1><div class=story><p>Bridge to be repaired</p>{story}</div>")
    assert text.split("\n") == [LONG[0], "What comes next", LONG[1], "Buses", "Ferries", LONG[2]]


def test_lists_of_other_stories_are_not_prose():
    teasers = "".join(
        f"<li><a href=/{n}>Another headline of this paper {n}</a> A summary of that story, with a comma, follows.</li>"
        for n in range(8)
    )
    assert body(f"<div><ul>{teasers}</ul></div><h1>T</h1><div>{paragraphs(LONG)}</div>").split("\n") == LONG


def test_story_under_the_page_title_is_chosen_of_two():
    other = [text.replace("bridge", "school").replace("county", "town") for text in LONG] * 2
    html = (
        f"<title>Bridge to be repaired</title><main><article><h1>Bridge to be repaired</h1>{paragraphs(LONG)}</article>"
        f"<article><h1>School to open</h1>{paragraphs(other)}</article></main>"
    )
    assert body(html).split("\n") == LONG


def test_body_ends_where_another_story_begins():
    mine, other = ("".join(f"<p>{text}</p>" for text in texts) for texts in (LONG, reversed(LONG)))
    page = (
        f"<main><section><h1>Bridge</h1><div>{mine}</div><div>Share</div></section>"
        f"<section><h1>Ferry</h1><div>{other}</div></section></main>"
    )
    assert body(page, head="<title>Bridge</title>").split("\n") == LONG


def test_subheading_is_kept_despite_its_class():
    first, *rest = LONG
    page = f"<h1>Bridge</h1><div>{paragraphs([first])}<h2 class=widget-title>Works</h2>{paragraphs(rest)}</div>"
    assert body(page).split("\n") == [first, "Works", *rest]


def test_page_without_prose_has_no_body():
    assert body("<h1>Title</h1><ul><li><a href=/1>One</a></li></ul>") is None
    assert body("") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "أعلنت بلدية المدينة أمس أن بناء الجسر قد انتهى، وسيفتح أمام حركة المرور في الربيع المقبل بعد انتظار."),
        ("th", "สำนักงานขนส่งของเมืองแถลงเมื่อวานว่าการก่อสร้างสะพานข้ามแม่น้ำเสร็จสิ้นแล้วและจะเปิดใช้ในปีหน้า"),
        ("bo", "གྲོང་ཁྱེར་གྱི་འགྲིམ་འགྲུལ་ལས་ཁུངས་ཀྱིས་ཁ་སང་བརྡ་སྤྲོད་བྱས་དོན། ཟམ་པའི་འཛུགས་སྐྲུན་གྲུབ་ཟིན་པ་རེད།"),
        ("ja", "市の交通局は昨日、川を渡る橋の工事がほぼ終わり、来年の春に開通する見通しだと発表しました。"),
        ("ko", "시 교통국은 어제 강을 건너는 다리의 주요 공사가 끝나 내년 봄에 개통할 예정이라고 밝혔습니다."),
    ],
)
def test_body_is_found_in_other_scripts(language, text):
    html = f"<html lang={language}><body><h1>T</h1><div>{paragraphs([text] * 3)}</div></body></html>"
    assert extract(html.encode(), URL).body.split("\n") == [text] * 3


@pytest.mark.parametrize("names", ["twitter-tweet", "weibo-embed", "social-post", "instagram-media"])
@pytest.mark.parametrize(
    "wrapper",
    ["{}", "<section class='embed-widget'><div class=social>{}</div></section>", "<div class=video-container>{}</div>"],
)
def test_quoted_posts_are_part_of_the_story(names, wrapper):
    post = "Every bed in the village is taken tonight, so please bring a tent and a warm blanket."
    quote = wrapper.format(f"<blockquote class='{names}'><p>{post}</p></blockquote>")
    inner = f"<h1>Bridge</h1><article>{paragraphs(LONG[:2])}{quote}{paragraphs(LONG[2:])}</article>"
    assert body(inner).split("\n") == [*LONG[:2], post, *LONG[2:]]


def test_repeated_quotations_are_dropped():
    pull_quote = f"<blockquote class='pull-quote'><p>{LONG[2]}</p></blockquote>"
    inner = f"<h1>Bridge</h1><article>{paragraphs(LONG[:2])}{pull_quote}{paragraphs(LONG[2:])}</article>"
    assert body(inner).split("\n") == LONG


def test_long_headings_with_full_stops_are_paragraphs():
    long = [f"{text} The vote was closer than the chairman had expected." for text in LONG]
    inner = f"<h1>Bridge</h1><div class=entry>{paragraphs(long[:2], 'h2')}{paragraphs(long[2:])}</div>"
    assert body(inner).split("\n") == long


def test_deck_marked_up_as_heading_is_not_a_paragraph():
    deck = "Nine years after the floods the county decides what becomes of the bridge, and who will pay for its repair."
    inner = f"<header><h1>Bridge</h1><h2>{deck * 2}</h2></header><div class=entry>{paragraphs(LONG)}</div>"
    assert body(inner).split("\n") == LONG


def test_linked_subheadings_between_paragraphs_are_kept():
    items = "".join(f"<h3><a href='/film/{i}'>The Film {i}</a></h3><p>{text}</p>" for i, text in enumerate(LONG[1:]))
    got = body(f"<article><h1>Films of the year</h1><p>{LONG[0]}</p>{items}</article>").split("\n")
    assert got == [LONG[0], "The Film 0", LONG[1], "The Film 1", LONG[2], "The Film 2", LONG[3]]


def test_captions_are_the_story_of_a_gallery():
    figures = "".join(
        f"<figure class=gallery-item><img src={i}.jpg><figcaption class=caption><p>{text}</p></figcaption></figure>"
        for i, text in enumerate(LONG)
    )
    assert body(f"<h1>Bridge in pictures</h1><div class=slides>{figures}</div>").split("\n") == LONG


def test_long_lead_in_its_own_element_opens_the_story():
    lead = f"{LONG[0]} The vote was closer than the chairman had expected."
    story = paragraphs([f"{text} Part {i}." for i, text in enumerate(LONG * 3)])
    inner = f"<h1>Bridge</h1><div class=lead><p>{lead}</p></div><div><img src=a.jpg></div><div class=text>{story}</div>"
    assert body(inner).startswith(lead)


def test_story_above_a_longer_list_of_other_stories_is_found():
    cards = "".join(
        f"<li><div><h4><a href=/{i}>Headline of another story {i}</a></h4><p>{text * 3}</p></div></li>"
        for i, text in enumerate(HAN * 3)
    )
    inner = (
        f"<main><article><h1>石桥</h1><p>{HAN[0] * 2}</p></article></main><aside2><ul class=list>{cards}</ul></aside2>"
    )
    assert body(inner) == HAN[0] * 2


def test_notices_of_a_form_beside_a_short_story_are_dropped():
    notices = ["Your email has been sent to the address that you entered.", "An error has occurred, please try again."]
    form = f"<div class=emailbox><form>{paragraphs(notices)}</form></div>"
    inner = f"<div><h1>Bridge</h1>{form}<div class=post>{paragraphs(LONG[:1])}</div></div>"
    assert body(inner) == LONG[0]


def test_links_printed_as_urls_between_paragraphs_are_kept():
    items = "".join(
        f"<p>{text}</p><p><a href='http://shop.example/{n}'>http://shop.example/{n}</a></p>"
        for n, text in enumerate(LONG)
    )
    got = body(f"<h1>Gifts</h1><div class=entry>{items}</div>")
    assert got.split("\n")[:4] == [LONG[0], "http://shop.example/0", LONG[1], "http://shop.example/1"]


@pytest.mark.parametrize(
    "line", ["★江城新聞關心您：再給自己一次機會", "自殺諮詢專線：0800-000-000（24小時）", "※ 安心專線：1925"]
)
def test_advice_below_stories_about_suicide_is_dropped(line):
    assert body(f"<h1>石桥</h1><div class=entry>{paragraphs([*HAN, line])}</div>").split("\n") == HAN


def test_story_kept_in_noscript_is_read_if_the_page_shows_only_menus_and_notices():
    notices = "".join(f"<p>This content belongs to the community of readers, part {n}</p>" for n in range(9))
    hidden = f"<noscript>{paragraphs(LONG)}</noscript>"
    assert body(f"<h1>Bridge</h1><div class=entry>{hidden}</div><div>{notices}</div>").split("\n")[:4] == LONG
