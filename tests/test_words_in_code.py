"""Words that pages print are in the tables of ``crawler/extraction/data``, not in code.

A module may use letters beyond ASCII only where `EXEMPT` says why. Marks, figures and ranges of characters written as
escapes in raw strings are not words. A list of English words in a regular expression is found by its bars.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("crawler/extraction", "crawler/discovery", "crawler/survey")
#: Tables, and rules of single portals.
WITH_WORDS = ("crawler/extraction/data/", "crawler/extraction/sites/")

#: Modules with letters beyond ASCII that are not words -> what they are.
EXEMPT = {
    "crawler/extraction/decode/charset.py": "characters that show which legacy encoding a page is in",
    "crawler/extraction/decode/mojibake.py": "what UTF-8 looks like in another encoding",
    "crawler/extraction/flags.py": "what UTF-8 looks like in another encoding",
    "crawler/extraction/decode/glosses.py": "letters of Pinyin, and characters with a second reading",
}
#: Modules with lists of ASCII words in regular expressions that pages do not print -> what they are.
EXEMPT_LISTS = {
    "crawler/discovery/page_scripts.py": "objects of the browser",
    "crawler/discovery/json_description.py": "file name extensions",
    "crawler/discovery/pager_scripts.py": "file name extensions",
    "crawler/discovery/script_requests.py": "functions of JavaScript, file name extensions",
    "crawler/discovery/walls.py": "properties of the DOM",
    "crawler/extraction/decode/charset.py": "names of encodings",
    "crawler/extraction/decode/structured.py": "properties of schema.org",
    "crawler/extraction/fields/date_candidates.py": "names of fields in scripts",
    "crawler/extraction/fields/date_grammar.py": "weekdays as Unix and Java print them",
    "crawler/extraction/layout/visibility.py": "properties of CSS",
    "crawler/discovery/article_paths.py": "file name extensions",
    "crawler/survey/leads.py": "media types",
    "crawler/survey/links.py": "file name extensions",
    "crawler/survey/selectors.py": "class names that change with an element's state",
}
#: Marks that Unicode counts as letters: bars between the parts of a line.
BARS = "丨ㅣ"
#: Three or more words between bars.
LIST = re.compile(r"[A-Za-z]{3,}\??(?:\|[A-Za-z-]{3,}\??){2,}")


def modules() -> Iterator[tuple[str, ast.AST]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(WITH_WORDS):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and value of every string constant that is not a docstring."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in docstrings:
            yield node.lineno, node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def has_foreign_letter(text: str) -> bool:
    return any(char.isalpha() and not char.isascii() and char not in BARS for char in text)


def has_list_of_words(text: str) -> bool:
    return LIST.search(text) is not None


def test_no_letters_beyond_ascii_in_code() -> None:
    found = [
        f"{name}:{line}: {text[:40]!r}"
        for name, tree in modules()
        if name not in EXEMPT
        for line, text in strings(tree)
        if has_foreign_letter(text)
    ]
    assert not found, "move the words to the tables in crawler/extraction/data (see its README)"


def test_no_lists_of_words_in_regular_expressions() -> None:
    found = [
        f"{name}:{line}: {text[:40]!r}"
        for name, tree in modules()
        if name not in EXEMPT_LISTS
        for line, text in strings(tree)
        if has_list_of_words(text)
    ]
    assert not found, "move the words to the tables in crawler/extraction/data (see its README)"


def test_every_exemption_is_needed() -> None:
    texts = {name: [text for _, text in strings(tree)] for name, tree in modules()}
    assert [name for name in EXEMPT if not any(map(has_foreign_letter, texts[name]))] == []
    assert [name for name in EXEMPT_LISTS if not any(map(has_list_of_words, texts[name]))] == []


@pytest.mark.parametrize("source", ["x = '来源'", "x = r'[年月]'", "x = f'{y}Fuente|Edición'", "f('\\u6765')"])
def test_words_are_noticed(source: str) -> None:
    assert any(has_foreign_letter(text) for _, text in strings(ast.parse(source)))


@pytest.mark.parametrize("source", ["'来源'", "x = r'[\\u3400-\\u9fff]'", "x = '[·•|｜丨【】]'", "x = 1  # 来源"])
def test_docstrings_comments_marks_and_ranges_are_no_words(source: str) -> None:
    assert not any(has_foreign_letter(text) for _, text in strings(ast.parse(source)))


@pytest.mark.parametrize("pattern", ["related|popular|latest", r"(?:reader|user)\s|posts?|story|news"])
def test_list_of_words_is_noticed(pattern: str) -> None:
    assert has_list_of_words(pattern)
