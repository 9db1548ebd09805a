"""Every command, option, setting, site-file key, item field and flag is documented; links lead to files."""

import ast
import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import get_args

import msgspec
import pytest

from crawler.discovery import multipage
from crawler.items import Article
from crawler.sites import reader
from crawler.spiders.article_reader import TRUNCATED
from settings import base, live, survey

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def names_in_first_column(text: str) -> set[str]:
    """The `code` names that begin a table row."""
    return {
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def settings_of(*modules: ModuleType) -> set[str]:
    return {name for module in modules for name in vars(module) if name.isupper()}


def settings_read_by(package: str) -> set[str]:
    """The names of settings that code asks for: ``settings["NAME"]``, ``settings.getint("NAME")``."""
    found = set()
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_call = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("get")
            )
            key = node.args[0] if is_call and node.args else node.slice if isinstance(node, ast.Subscript) else None
            owner = node.func.value if is_call else node.value if isinstance(node, ast.Subscript) else None
            if isinstance(key, ast.Constant) and owner is not None and "settings" in ast.unparse(owner):
                found.add(str(key.value))
    return {name for name in found if name.isupper()}


def test_command_reference_is_up_to_date():
    spec = importlib.util.spec_from_file_location("make_commands", ROOT / "docs" / "make_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert text_of("commands.md") == module.render(), "run `make docs`"


def test_every_setting_is_documented():
    documented = set(re.findall(r"`([A-Z_]+)`", text_of("settings.md")))
    defined = settings_of(base, live, survey)
    assert defined - documented == set()
    assert settings_read_by("crawler") - documented == set()


def test_every_environment_variable_is_documented():
    used = {
        name
        for package in ("settings", "crawler", "archive")
        for file in (ROOT / package).rglob("*.py")
        for name in re.findall(
            r"environ(?:\.get\(|\[)\s*\"(BROADSHEET_\w+)\"|envvar=\"(BROADSHEET_\w+)\"",
            file.read_text(encoding="utf-8"),
        )
        for name in name
        if name
    }
    assert used
    assert used - names_in_first_column(text_of("settings.md")) == set()


def keys_of(table: type[msgspec.Struct], prefix: str = "") -> set[str]:
    """The dotted keys of a site file's table and the tables within."""
    keys = set()
    for field in msgspec.structs.fields(table):
        inner = [one for one in (field.type, *get_args(field.type)) if isinstance(one, type)]
        tables = [one for one in inner if issubclass(one, msgspec.Struct)]
        keys.add(prefix + field.name)
        keys |= {key for one in tables for key in keys_of(one, f"{prefix}{field.name}.")}
    return keys


def test_every_site_file_key_is_documented():
    keys = keys_of(reader._SiteTable) - {"articles", "crawl"}
    assert "sections.next" in keys
    assert "crawl.delay" in keys
    assert names_in_first_column(text_of("site-files.md")) == keys


def test_every_item_field_is_documented():
    documented = names_in_first_column(text_of("items.md").partition("## Flags")[0])
    assert documented == {field.name for field in fields(Article)}


def test_every_flag_is_documented():
    """Flags are the keys of a table in `find_flags`, appended in the pipeline, or added when pages are joined."""
    extraction = ast.parse((ROOT / "crawler/extraction/flags.py").read_text("utf-8"))
    tables = [node for node in ast.walk(extraction) if isinstance(node, ast.Dict) and len(node.keys) > 5]
    found = {ast.literal_eval(key) for table in tables for key in table.keys if key}
    found |= set(re.findall(r"flags\.append\(\"(\w+)\"\)", (ROOT / "crawler/pipelines/validate.py").read_text("utf-8")))
    found |= {multipage.INCOMPLETE, "multi_page", TRUNCATED}
    assert names_in_first_column(text_of("items.md").partition("## Flags")[2]) == found


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_lead_to_files(file):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (file.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_named_paths_exist(file):
    """Paths of modules and tests in `code` are those of the tree."""
    text = file.read_text(encoding="utf-8")
    named = re.findall(r"`((?:archive|crawler|settings|tests|benchmarks|docs)/[\w./-]+)`", text)
    missing = [path for path in named if not (ROOT / path).exists() and "example" not in path]
    assert missing == []
