"""Authors of whole pages, from bylines in many languages and from metadata."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction import extract
from crawler.extraction.fields.author_names import split_names

TITLE = "New library opens its doors in the old mill town"
PROSE = (
    "<p>The new library opened on Wednesday, and more than two thousand readers came on the first day to borrow books, "
    "the town council said.</p>"
) * 3


def page(head: str = "", *, meta: str = "", node: dict[str, object] | None = None, lang: str = "en") -> bytes:
    story = {"@type": "NewsArticle", "headline": TITLE, **(node or {})}
    script = f'<script type="application/ld+json">{json.dumps(story)}</script>' if node is not None else ""
    return (
        f'<html lang="{lang}"><head><meta charset="utf-8"><title>{TITLE}</title>{meta}{script}</head>'
        f"<body><h1>{TITLE}</h1>{head}{PROSE}</body></html>"
    ).encode()


def read(html: bytes) -> tuple[str, ...]:
    return extract(html, "https://news.example.com/a/1.html").authors


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jane Doe", ("Jane Doe",)),
        ("By Jane Doe", ("Jane Doe",)),
        ("By Jane Doe and John Roe", ("Jane Doe", "John Roe")),
        ("By Jane Doe, John Roe & Ann Poe", ("Jane Doe", "John Roe", "Ann Poe")),
        ("Jane Doe, senior political correspondent", ("Jane Doe",)),
        ("Jane Doe, John Roe, and Ann Poe, The Mill", ("Jane Doe", "John Roe", "Ann Poe", "The Mill")),
        ("Jane Doe (London)", ("Jane Doe",)),
        ("Jane Doe | jane@example.com", ("Jane Doe",)),
        ("Jane Doe @janedoe", ("Jane Doe",)),
        ("Jane Doe for The Mill", ("Jane Doe",)),
        ("Von Bernd Beispiel und Anna Muster", ("Bernd Beispiel", "Anna Muster")),
        ("Par Jeanne Exemple et Paul Modèle", ("Jeanne Exemple", "Paul Modèle")),
        ("Por Juana Ejemplo y Pablo Modelo", ("Juana Ejemplo", "Pablo Modelo")),
        ("di Gianna Esempio e Paolo Modello", ("Gianna Esempio", "Paolo Modello")),
        ("Door Jan Voorbeeld en Piet Model", ("Jan Voorbeeld", "Piet Model")),
        ("Jane O&#39;Neill", ("Jane O'Neill",)),
        ("https://example.com/jane", ()),
        ("", ()),
        ("Staff reporter", ()),
        ("Jane Doe, Harbour Herald reporter", ("Jane Doe",)),
        ("Jane Doe, Valley staff writer, and John Roe", ("Jane Doe", "John Roe")),
        ("Harbour staff reporter", ("Harbour staff reporter",)),
        ("Facebook", ()),
        ("Jane Doe, Twitter", ("Jane Doe",)),
    ],
)
def test_byline_is_split_into_names(text: str, names: tuple[str, ...]) -> None:
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Jane Doe", ("Jane Doe",)),
        ("Jane Doe, John Roe", ("Jane Doe", "John Roe")),
        ({"@type": "Person", "name": "Jane Doe"}, ("Jane Doe",)),
        ([{"name": "Jane Doe"}, {"name": "John Roe"}], ("Jane Doe", "John Roe")),
        ({"name": ["Jane Doe", "John Roe"]}, ("Jane Doe", "John Roe")),
        ({"givenName": "Jane", "familyName": "Doe"}, ("Jane Doe",)),
        ([{"name": "Jane Doe"}, {"name": "JANE DOE"}], ("Jane Doe",)),
        ({"name": None}, ()),
        ({"@id": "#nobody"}, ()),
        (7, ()),
    ],
)
def test_authors_are_read_from_json_ld(author: object, names: tuple[str, ...]) -> None:
    assert read(page(node={"author": author})) == names


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("<p>By Jane Doe</p>", ("Jane Doe",)),
        ("<p>By <a href='/jane'>Jane Doe</a> and <a href='/john'>John Roe</a></p>", ("Jane Doe", "John Roe")),
        ("<p class='author'>Jane Doe</p>", ("Jane Doe",)),
        ("<p><span class='byline__name'>Jane Doe</span><span>3 May 2024</span></p>", ("Jane Doe",)),
        ("<p>By Jane Doe | Friday, May 3, 2024</p>", ("Jane Doe",)),
        ("<p>By Jane Doe with agencies</p>", ("Jane Doe",)),
        ("<p>By <a href='/jane'>Jane Doe</a> <span>Follow</span></p>", ("Jane Doe",)),
        ("<p class='byline'>By</p>", ()),
        ("<p class='author'>Photo: John Roe</p>", ()),
        ("<p>by the river</p>", ()),
        ("<p>3 May 2024</p>", ()),
    ],
)
def test_authors_are_read_from_the_head(head: str, names: tuple[str, ...]) -> None:
    assert read(page(head)) == names


def test_person_beats_the_name_of_the_site() -> None:
    meta = '<meta property="og:site_name" content="The Mill"><meta name="author" content="The Mill">'
    assert read(page("<p>By Jane Doe</p>", meta=meta)) == ("Jane Doe",)
    assert read(page(meta=meta)) == ("The Mill",)


def test_name_of_the_host_is_not_a_person() -> None:
    html = page("<p>By Jane Doe</p>", meta='<meta name="author" content="The Mill">')
    assert extract(html, "https://the-mill.example/1").authors == ("Jane Doe",)


def test_inverted_names_are_put_in_order() -> None:
    meta = '<meta name="dc.creator" content="Doe, Jane"><meta name="dc.creator" content="Roe, John">'
    assert read(page(meta=meta)) == ("Jane Doe", "John Roe")


def test_endlessly_nested_names_are_ignored() -> None:
    author: object = "Jane Doe"
    for _ in range(200):
        author = [author]
    assert read(page(node={"author": author})) == ()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_byline_is_split_without_raising(text: str) -> None:
    assert all(name.strip() == name != "" for name in split_names(text))


@pytest.mark.parametrize(
    ("byline", "name"),
    [
        ("By Jane Doe on May 22, 2025", "Jane Doe"),
        ("By Jane Doe On 5/22/25 at 6:30 AM EDT", "Jane Doe"),
        ("By Jane Doe, Thursday, May 22, 2025", "Jane Doe"),
        ("By Jane Doe | Thursday, May 22, 2025", "Jane Doe"),
        ("By Jane Doe last updated May 22, 2025", "Jane Doe"),
        ("By Jane Doe 15 comments", "Jane Doe"),
        ("By Jane Doe 5 minute read", "Jane Doe"),
        ("By Jane Doe (3 min read)", "Jane Doe"),
        ("By: Jane Doe  Source: Harbour Online  2025-05-22 09:22", "Jane Doe"),
        ("By Jane Doe, Harbour Herald Staff Writer", "Jane Doe"),
        ("By Lena Sun, May 22, 2025", "Lena Sun"),
        ("Por Ana Domingo 22/05/2025", "Ana Domingo"),
        ("Par Guy Le Mesurier, jeudi 22 mai 2025", "Guy Le Mesurier"),
    ],
)
def test_words_behind_a_name_are_not_part_of_it(byline: str, name: str) -> None:
    assert read(page(f"<p>{byline}</p>")) == (name,)


def test_login_name_yields_to_the_printed_byline() -> None:
    meta = '<meta name="author" content="webdesk7">'
    assert read(page("<p>By Jane Doe</p>", meta=meta)) == ("Jane Doe",)
    assert read(page(meta=meta)) == ("webdesk7",)


def test_login_name_that_the_page_prints_stays() -> None:
    assert read(page("<p class=author>Von dpa</p>", meta='<meta name="author" content="dpa">')) == ("dpa",)


def test_date_in_the_element_of_the_author_is_not_a_name() -> None:
    head = "<div class=author><span>谢小含</span><span class=date>2024-05-06 09:12</span></div>"
    assert read(page(head, lang="zh")) == ("谢小含",)


def test_desk_in_the_element_of_the_author_is_not_a_name() -> None:
    head = "<div class=author><a href=/s?k=1>江報快訊／范小鈺</a> 2024年05月06日 09:12</div>"
    story = (
        "<p>藝人日前錄製節目時談到病情，引起廣大社會輿論譁然，有人直批，每個人都會有的情緒，應該更自律、謹慎。</p>" * 3
    )
    html = f"<html lang=zh><body><h1>藝人談到病情，輿論譁然</h1>{head}{story}</body></html>"
    assert read(html.encode()) == ("范小鈺",)
