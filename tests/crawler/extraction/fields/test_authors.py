"""Authors of whole pages, from bylines in many languages and from metadata."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction import extract
from crawler.extraction.fields.authors import split_names

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
