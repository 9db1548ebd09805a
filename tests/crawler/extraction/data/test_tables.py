"""The knowledge tables: the shipped files are valid, mistakes are reported, a language needs no code."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import crawler
from crawler.extraction.clean import boilerplate
from crawler.extraction.data import (
    boilerplate_words,
    byline_labels,
    heading_words,
    link_texts,
    not_found_texts,
    sign_off_words,
    table_file,
    tables,
)
from crawler.extraction.document import Document
from crawler.extraction.fields.byline_grammar import read_labels
from crawler.extraction.fields.bylines import find_bylines

SHIPPED = sorted(path.stem for path in (table_file.DATA / "languages").glob("*.toml"))


def write(folder: Path, text: str, name: str = "xq.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def forget_tables() -> None:
    tables.languages.cache_clear()
    tables._languages_and_aliases.cache_clear()
    byline_labels.label_matcher.cache_clear()
    link_texts._pattern.cache_clear()
    link_texts._menu_pattern.cache_clear()
    not_found_texts._pattern.cache_clear()
    sign_off_words.sign_off_patterns.cache_clear()
    for cached in (*vars(boilerplate_words).values(), *vars(heading_words).values()):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one more language, known to the loader as long as the test runs."""
    write(
        tmp_path,
        r"""
        name = "Invented"
        [next_page]
        words = ["vorra"]
        [not_found]
        phrases = ["nulo paga"]
        [headings.related]
        words = ["autra stori"]
        beginnings = ["nova"]
        endings = ["stori"]
        [boilerplate]
        beginnings = ["lege anko"]
        patterns = ['\d+ minuta']
        [sign_offs]
        labels = ["Redattù"]
        [[labels]]
        role = "source"
        rank = 3
        needs_separator = true
        words = ["Fontà"]
        [[labels]]
        role = "editor"
        rank = 3
        needs_separator = true
        words = ["Redattù de giorn"]
        [[labels]]
        role = "author"
        rank = 3
        needs_separator = true
        words = ["Skribù"]
        """,
    )
    monkeypatch.setattr(tables, "LANGUAGE_FOLDERS", (*tables.LANGUAGE_FOLDERS, tmp_path))
    forget_tables()
    yield tmp_path
    monkeypatch.undo()
    forget_tables()


def page(language: str, head: str, foot: str = "") -> Document:
    prose = "<p>Il ponta nova se aperta merkudi, e plus de du mil personas ha passata la prima jorna sin paga.</p>" * 3
    html = f"<html lang={language}><meta charset=utf-8><h1>Il ponta nova</h1>{head}<div>{prose}{foot}</div>"
    return Document(html.encode(), "https://news.example.com/a/1.html")


@pytest.mark.usefixtures("invented")
def test_language_is_added_by_a_table_alone() -> None:
    found = find_bylines(
        page("xq", "<p>Skribù: Ano Ruiz, Bel Nort</p><p>Fontà: KRO</p>", "<p>Redattù de giorn: Juno Peréz</p>")
    )
    assert found.source == "KRO"
    assert found.editor == "Juno Peréz"
    assert found.authors == ("Ano Ruiz", "Bel Nort")
    assert link_texts.is_next_page("Vorra »")
    assert not_found_texts.is_not_found_text("Nulo paga!")
    assert heading_words.find_heading_kind("Nova stori »") == "related"
    assert boilerplate_words.begins_like_boilerplate("Lege anko: il porta")
    assert boilerplate_words.begins_like_boilerplate("5 minuta de lege")
    assert boilerplate.remove_sign_off("Il ponta nova se aperta. (Redattù: Juno)") == "Il ponta nova se aperta."


@pytest.mark.usefixtures("invented")
def test_labels_of_a_language_are_not_read_on_other_pages() -> None:
    assert find_bylines(page("en", "<p>Fontà: KRO</p>")).source is None
    assert read_labels("Fontà: KRO", "fr") == ()


@pytest.mark.parametrize("code", SHIPPED)
def test_every_label_is_read_on_pages_of_its_language(code: str) -> None:
    for group in tables.language(code).labels:
        for word in group.words:
            label = read_labels(f"{word}: X", code)[0].label
            assert (label.text, label.role, label.rank) == (word, group.role, group.rank)


def test_shipped_languages_are_loaded() -> None:
    assert list(tables.languages()) == SHIPPED
    assert tables.language("zh").name == "Chinese"


@pytest.mark.parametrize("code", [None, "", "xx"])
def test_language_without_a_file_has_empty_tables(code: str | None) -> None:
    assert tables.language(code).labels == ()


def test_alias_of_a_language_has_its_tables() -> None:
    assert tables.language("nb") is tables.language("no")


def test_languages_are_ordered_by_precedence() -> None:
    codes = [code for code, _ in tables.by_precedence()]
    assert codes[:2] == ["en", "de"]
    assert codes.index("pl") < codes.index("hr")


READ_INVENTED_PAGES = """
from datetime import UTC, datetime
from crawler.extraction import extract
html = "<html><meta charset=utf-8><title>T</title><h1>Il ponta nova</h1>{}<div>{}</div>"
prose = "<p>Il ponta nova se aperta merkudi, e plus de du mil personas ha passata la prima jorna sin paga.</p>" * 3
heads = "<p>3 kvintà 2024 an 10:32</p>", "<p>Nuvizada 3 kvintà 2024</p>", "<p>jer</p>", "<p>Skribata da Ano Ruiz</p>"
for head in heads:
    captured_at = datetime(2024, 5, 6, 12, tzinfo=UTC)
    article = extract(html.format(head, prose).encode(), "https://news.example.com/1", captured_at=captured_at)
    print(article.language, article.date, article.date_modified, *article.authors)
"""


@pytest.mark.slow
def test_new_language_needs_a_file_and_no_code(tmp_path: Path) -> None:
    months = ", ".join(f'["kvintà{number}"]' if number != 5 else '["kvintà"]' for number in range(1, 13))
    package = Path(crawler.__file__).parent
    shutil.copytree(package, tmp_path / "crawler", ignore=shutil.ignore_patterns("__pycache__"))
    write(
        tmp_path / table_file.DATA.relative_to(package.parent) / "languages",
        f"""
        name = "Invented"
        country = "lv"
        [detection]
        stop_words = ["il", "se", "plus", "ponta", "ha"]
        [dates]
        months = [{months}]
        before_time = ["an"]
        updated = ["nuvizad*"]
        yesterday = ["jer"]
        [bylines]
        openers = ["skribata da"]
        """,
    )
    command = [sys.executable, "-c", READ_INVENTED_PAGES]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    dates = ["xq 2024-05-03T10:32+03:00 None", "xq 2024-05-03 None", "xq 2024-05-05 None"]
    assert printed == [*dates, "xq None None Ano Ruiz"]


WRONG = [
    ('name = "X"\n[dates]\nmonths = [["a"], ["b"]]', r"dates\.months: 2 months instead of 12"),
    ('name = "X"\n[stories]\nlead = "deck"', r"Invalid enum value 'deck' - at `\$\.stories\.lead`"),
    ('nam = "X"', r"missing required field `name`|unknown field `nam`"),
    ('name = "X"\nlabel = []', r"unknown field `label`"),
    ('name = "X"\n[[labels]]\nrole = "boss"\nrank = 1\nwords = ["a"]', r"'boss' - at `\$\.labels\[0\]\.role`"),
    ('name = "X"\n[[labels]]\nrole = "editor"\nrank = 9\nwords = ["a"]', r"<= 4 - at `\$\.labels\[0\]\.rank`"),
    ('name = "X"\n[[labels]]\nrole = "source"\nrank = 4\nwords = ["a"]', r"labels\[0\]\.rank: 4 is for editors only"),
    ('name = "X"\n[next_page]\nwords = ["a", "b", "a"]', r"next_page\.words: 'a' is there twice"),
    ('name = "X"\n[next_page]\nwords = ["a "]', r"next_page\.words: 'a ' is empty or has blanks at an end"),
    (
        'name = "X"\n[[labels]]\nrole = "source"\nrank = 1\nwords = ["a b"]\n'
        '[[labels]]\nrole = "editor"\nrank = 1\nwords = ["ab"]',
        r"labels\[1\]\.words: 'ab' is in labels\[0\] already",
    ),
    ('name = "X"\nname = "Y"', r"not valid TOML: Cannot overwrite a value"),
]


@pytest.mark.parametrize(("text", "reason"), WRONG)
def test_mistake_in_a_file_is_reported_with_file_key_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(table_file.TableError, match=reason) as raised:
        tables._load_language(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_file_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "xq.toml"
    path.write_bytes(b'name = "\xe9"')
    with pytest.raises(table_file.TableError, match="not UTF-8"):
        tables._load_language(path)


def test_regular_expressions_are_compiled_when_a_table_is_checked() -> None:
    assert list(table_file.find_problems(("a(b",), "openings.patterns")) == [
        ("openings.patterns", "'a(b' is no regular expression: missing ), unterminated subpattern at position 1")
    ]


@pytest.mark.usefixtures("invented")
def test_language_has_one_file_only(invented: Path) -> None:
    write(invented, 'name = "Español"', "es.toml")
    tables.languages.cache_clear()
    with pytest.raises(table_file.TableError, match="language 'es' has a file already"):
        tables.languages()
