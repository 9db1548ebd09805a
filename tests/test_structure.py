"""The structure of the source: no import cycles between modules or sibling packages, and one class per name."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [file for folder in ("archive", "crawler", "settings") for file in sorted((ROOT / folder).rglob("*.py"))]

Graph = Mapping[str, set[str]]


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in SOURCES}


@cache
def syntax_nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def imported_modules(file: Path) -> Iterator[str]:
    """Yield the names that a module imports; all imports of the project are absolute."""
    for node in syntax_nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (
                name if (name := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names
            )


@cache
def import_graph() -> Graph:
    return {name: {one for one in imported_modules(file) if one in MODULES} - {name} for name, file in MODULES.items()}


def sibling_graph(parent: str) -> Graph:
    """Return the imports between the modules and packages directly in `parent`."""
    graph: dict[str, set[str]] = defaultdict(set)
    depth = parent.count(".") + 2
    for name, imported in import_graph().items():
        sibling = ".".join(name.split(".")[:depth])
        if name.startswith(f"{parent}.") and sibling != parent:
            others = {".".join(one.split(".")[:depth]) for one in imported if one.startswith(f"{parent}.")}
            graph[sibling] |= others - {sibling}
    return graph


def find_cycle(graph: Graph) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_modules_have_no_import_cycle():
    assert find_cycle(import_graph()) == []


@pytest.mark.parametrize("parent", ["archive", "crawler", "crawler.extraction"])
def test_sibling_packages_have_no_import_cycle(parent):
    graph = sibling_graph(parent)
    assert len(graph) > 5
    assert find_cycle(graph) == []


def test_cycles_are_found():
    assert find_cycle({"a": {"b"}, "b": {"a"}})
    assert not find_cycle({"a": {"b"}, "b": set()})


def test_class_names_are_unique():
    files = defaultdict(list)
    for file in SOURCES:
        for node in syntax_nodes(file):
            if isinstance(node, ast.ClassDef):
                files[node.name].append(module_name(file))
    assert {name: modules for name, modules in files.items() if len(modules) > 1} == {}
