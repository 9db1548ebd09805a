"""Output of commands: nothing from pages or file names controls the terminal."""

import ast
import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crawler.commands import output
from crawler.commands.item_export import write_csv, write_jsonl
from crawler.items import Article
from crawler.plain_text import escape_text

ESC = "\x1b]0;title\x07\x1b[31m\x9b1m\u202e"
COMMANDS = Path(output.__file__).parent


def test_text_json_and_problems_are_escaped(capsys):
    output.print_text(f"a\n{ESC}")
    output.print_json({"a": ESC})
    output.print_problem(f"{ESC}\nb")
    out, err = capsys.readouterr()
    assert escape_text(out) == out
    assert json.loads(out.splitlines()[2]) == {"a": ESC}
    assert err == "broadsheet: \\x1b]0;title\\x07\\x1b[31m\\x9b1m\\u202e b\n"


@pytest.mark.parametrize("file", sorted(COMMANDS.glob("*.py")), ids=lambda file: file.stem)
def test_commands_print_through_the_output_module_only(file):
    """Text that is printed otherwise would not be escaped."""
    if file.stem == "output":
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{file.name}:{node.lineno}: use crawler.commands.output"


def test_file_names_of_an_imported_package_are_escaped(run, tmp_path):
    package = tmp_path / "a.wacz"
    with zipfile.ZipFile(package, "w") as members:
        members.writestr(f"archive/{ESC}.warc.gz", b"no record")
        members.writestr("datapackage.json", "{}")
    outcome = run("archive", "import", package, "--data", tmp_path / "data")
    assert r"\x1b]0;title\x07" in outcome.err
    assert escape_text(outcome.text + outcome.err) == outcome.text + outcome.err


def test_traceback_of_a_bug_is_escaped(tmp_path):
    code = f"""
import crawler.commands, crawler.commands.serve, warnings
def fail(*_, **__):
    warnings.warn({ESC!r})
    raise ZeroDivisionError({ESC!r})
crawler.commands.serve.DataFolder = fail
crawler.commands.main(["serve"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "broadsheet: warning: " in done.stderr
    assert escape_text(done.stderr) == done.stderr


TITLES = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "a=1", ""]


def exported(raw: bool) -> list[str]:
    file = io.StringIO()
    write_csv((Article(url="http://a/", site="a", title=title) for title in TITLES), file, raw=raw)
    return [row["title"] for row in csv.DictReader(io.StringIO(file.getvalue(), newline=""))]


def test_cells_like_formulas_are_neutralized():
    assert exported(raw=False) == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", r"'\x0d=1", "'＝1", "'=1", "a=1", ""]
    assert exported(raw=True) == TITLES


def test_exported_lines_are_escaped_and_read_as_before():
    file = io.StringIO()
    write_jsonl([Article(url="http://a/", site="a", title=ESC)], file)
    assert escape_text(file.getvalue()) == file.getvalue()
    assert json.loads(file.getvalue())["title"] == ESC
