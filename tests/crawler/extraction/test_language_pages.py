"""Made-up pages in every language whose table is complete (`language_pages.json`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction import extract
from crawler.extraction.data import tables
from crawler.extraction.data.tables import Role

PAGES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("language_pages.json").read_text("utf-8"))
#: Languages whose tables must have every kind of word below.
CODES = sorted({page["lang"][:2] for page in PAGES})


@pytest.mark.parametrize("page", PAGES, ids=[page["lang"] for page in PAGES])
def test_fields_of_a_page(page: dict[str, Any]) -> None:
    prose = f"<p>{page['prose']}</p>" * 3
    html = (
        f'<html lang="{page["lang"]}"><head><meta charset=utf-8></head><body><h1>{page["title"]}</h1>{page["head"]}'
        f"<div>{prose}</div>{page['foot']}</body></html>"
    )
    article = extract(html.encode(), "https://news.example.com/a/1.html")
    assert article.title == page["title"]
    assert (article.date or "")[:16] == "2025-05-22T09:22"
    assert (article.source, article.editor) == (page["source"], page["editor"])
    assert list(article.authors) == page["authors"]


def test_pages_cover_the_languages_of_the_readme() -> None:
    expected = "ar bn bo de en es fa fr hi id it ja ko mn ms pt ru th tr ug uk ur vi zh"
    assert expected.split() == CODES


@pytest.mark.parametrize("code", CODES)
def test_table_has_every_kind_of_word(code: str) -> None:
    table = tables.language(code)
    roles = {group.role for group in table.labels}
    assert roles >= {Role.SOURCE, Role.EDITOR, Role.OTHER}
    assert table.dates.months or table.dates.month_unit or table.dates.month_word or table.dates.day_patterns
    assert table.dates.weekdays
    assert table.dates.updated
    assert table.next_page.words
    assert table.boilerplate.beginnings
    assert table.not_found.phrases
