"""Docstrings, comments, messages and documents are free of the wording that newcomers stumble over most.

The list is a floor, not a style guide: `docs/architecture.md`, section *How we write*, says what to aim at.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Pattern -> what to write instead.
BANNED = {
    r"\b(is|are|was|were|be) none\b": "say 'there is no ...', 'not a ...'",
    r"\boctets?\b": "bytes",
    r"\bmend(s|ed|ing)?\b": "fix, correct, hint",
    r"\bwish(es|ed)?\b": "opt-out, request",
    r"\banew\b": "again",
    r"\b(held|hold|holds|holding) against\b": "compare with",
    r"\b(is|are|was|were|be) told\b|\btold (from|apart|by|of)\b": "identify, distinguish, report",
    r"\bstand(s|ing)? (in|on|at|above|below|behind|beside|before|under|between|there|alone)\b": "is",
    r"\b(lies|lie|lying) (in|on|at|beside|before|below|between|elsewhere|there|under|behind)\b": "is",
    r"\bin hand\b": "in progress, leased",
    r"\bgoes with\b": "belongs to, matches",
    r"\bsa(id|ys?) of\b|\bkn(own|ows?) of\b": "about",
    r"\bgives? [\w ]{1,20} free\b": "release",
    r"\b(the|a|whole) house\b|\brooms?\b": "project, package",
    r"\bno part of\b": "not part of",
}
ANY_BANNED = re.compile("|".join(BANNED), re.IGNORECASE)
QUESTION = re.compile(r"(What|Whether|Where|How|Why|Which|When|Who|Whose)\b(?!.*\?$)")
#: A Python source without a match has no fault, and is not parsed: most have none.
SUSPECT = re.compile(rf"{ANY_BANNED.pattern}|(#|\"|')[:\s]*{QUESTION.pattern}", re.IGNORECASE | re.MULTILINE)

#: Words that are a page's, a language's or a portal's own, or quoted as examples of what not to write.
EXEMPT = {"tests/test_plain_english.py", "CONTRIBUTING.md"}

FOLDERS = ("archive", "benchmarks", "crawler", "deploy", "docs", "settings", "tests")


def python_texts(source: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each docstring and comment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring:
                yield node.body[0].lineno, docstring.strip()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#: ")


def message_texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each string in a raised error, a log call or a help text."""
    for node in ast.walk(tree):
        callee = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if callee.endswith(("Error", "Option", "Argument", "Trouble")) or callee.split(".")[0] in ("log", "logger"):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


def faults(line: int, text: str, *, is_python: bool) -> Iterator[str]:
    if is_python and QUESTION.match(text.split("\n")[0]):
        yield f"{line}: begins with a question word: {text.split(chr(10))[0]}"
    if not ANY_BANNED.search(text):
        return
    for offset, row in enumerate(text.split("\n")):
        for pattern, instead in BANNED.items():
            if found := re.search(pattern, row, re.IGNORECASE):
                yield f"{line + offset}: {found[0]!r} (write: {instead}): {row.strip()}"


def faults_in(file: Path) -> list[str]:
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return list(faults(1, source, is_python=False))
    if not SUSPECT.search(source):
        return []
    tree = ast.parse(source)
    texts = [(line, text, True) for line, text in python_texts(source, tree)]
    if not file.is_relative_to(ROOT / "tests"):
        texts += [(line, text, False) for line, text in message_texts(tree)]
    return [fault for line, text, is_python in texts for fault in faults(line, text, is_python=is_python)]


def files_of(folder: str) -> list[Path]:
    found = [file for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md")]
    return sorted(file for file in found if file.relative_to(ROOT).as_posix() not in EXEMPT)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_banned_wording(folder):
    assert [f"{file.relative_to(ROOT)}:{fault}" for file in files_of(folder) for fault in faults_in(file)] == []


def test_no_banned_wording_in_top_level_documents():
    files = [file for file in ROOT.glob("*.md") if file.name not in EXEMPT]
    assert files
    assert [f"{file.name}:{fault}" for file in files for fault in faults_in(file)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""Whether a host is held."""', 1),
        ('"""Return True if the host is held."""', 0),
        ("x = 1  # octets of the body", 1),
        ("def f():\n    raise SiteError('there is no mend')", 1),
        ("def f():\n    return 'octets'", 0),
    ],
)
def test_rule_finds_what_it_bans(tmp_path, source, expected):
    file = tmp_path / "module.py"
    file.write_text(source, encoding="utf-8")
    assert len(faults_in(file)) == expected
