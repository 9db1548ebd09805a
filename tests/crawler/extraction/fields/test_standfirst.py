"""The standfirst: part of the body if the page describes itself with it and the language reads it as the story."""

import pytest

from crawler.extraction import extract

GERMAN = (
    "de",
    "Die Brücke über die Auer wird ein Jahr früher fertig als geplant. Anwohner fürchten nun mehr Verkehr.",
    "Am Montag hat der Stadtrat den neuen Zeitplan vorgestellt, der die Freigabe der Brücke schon im Mai vorsieht.",
)
ENGLISH = (
    "en",
    "The bridge over the Auer will open a year early, and neighbours are afraid of the traffic it may bring.",
    "On Monday the town council presented a new plan under which the bridge is to be opened as early as in May.",
)
CHINESE = (
    "zh",
    "摘要：奥尔河大桥将提前一年通车，沿线居民担心车流量增加，市政府表示将加强管理。",
    "周一，市议会公布了新的施工计划，按照计划，大桥最早将于今年五月通车，比原定时间提前整整一年。",
)
CAPTION = "<figure><img src=/b.jpg><figcaption>Photo: J. Roe</figcaption></figure>"


def page(
    words: tuple[str, str, str], *, between: str = "", lead_tag: str = "h2", described: str | None = None
) -> bytes:
    language, lead, story = words
    description = lead if described is None else described
    paragraphs = "".join(f"<p>{story} ({n})</p>" for n in range(4))
    return (
        f'<html lang="{language}"><head><meta charset=utf-8><title>Auer 12</title>'
        f'<meta name="description" content="{description}"></head><body><h1>Auer 12</h1>'
        f"<{lead_tag}>{lead}</{lead_tag}>{between}<div>{paragraphs}</div></body>"
    ).encode()


@pytest.mark.parametrize(
    ("html", "opens"),
    [
        (page(GERMAN), True),
        (page(GERMAN, between=CAPTION), True),
        (page(GERMAN, described=GERMAN[1][:60] + " …"), True),
        (page(GERMAN, described="Nachrichten aus der Region, jeden Tag neu und kostenlos auf einen Blick."), False),
        (page(GERMAN, described=""), False),
        (page(GERMAN, lead_tag="figcaption"), False),
        (page(ENGLISH), True),
        (page(ENGLISH, between=CAPTION), False),
        (page(CHINESE, lead_tag="div"), False),
    ],
)
def test_lead_opens_the_body_if_it_is_a_standfirst(html: bytes, opens: bool) -> None:
    words = next(words for words in (GERMAN, ENGLISH, CHINESE) if words[1].encode() in html)
    story = [f"{words[2]} ({n})" for n in range(4)]
    body = extract(html, "https://www.example.org/a/1.html").body
    assert (body or "").split("\n") == ([words[1], *story] if opens else story)


def test_lead_that_is_also_the_first_paragraph_is_not_repeated() -> None:
    language, lead, story = GERMAN
    body = extract(page((language, lead, lead + " " + story)), "https://www.example.org/a/1.html").body
    assert (body or "").count(lead) == 4
