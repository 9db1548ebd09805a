"""No private names of Scrapy and Twisted are used: a minor release may change them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("scrapy", "twisted")

#: Last names of expressions that hold an object of Scrapy or Twisted: `self._crawler.engine` as well as `engine`.
OBJECTS = {
    "agent",
    "crawler",
    "downloader",
    "engine",
    "extensions",
    "failure",
    "pool",
    "process",
    "reactor",
    "request",
    "response",
    "runner",
    "scheduler",
    "scraper",
    "settings",
    "signals",
    "slot",
    "spider",
    "spidercls",
    "stats",
    "transport",
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def imported_names(tree: ast.AST) -> set[str]:
    """Return the names that a module imports from Scrapy and Twisted."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in nodes
        for alias in node.names
        if (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0] in LIBRARIES
    }


def is_library_object(node: ast.expr, imported: set[str]) -> bool:
    """True if the expression names an object of Scrapy or Twisted, judged by its last name."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.lstrip("_") in OBJECTS or (isinstance(node, ast.Name) and name in imported)


def private_uses(source: str) -> Iterator[str]:
    """Yield each import of a private name and each access to a private attribute of Scrapy or Twisted."""
    tree = ast.parse(source)
    imported = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] in LIBRARIES:
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for a in node.names if a.name.split(".")[0] in LIBRARIES for part in a.name.split(".")]
        elif isinstance(node, ast.Attribute) and is_library_object(node.value, imported):
            names = [node.attr]
        else:
            continue
        if any(is_private(name) for name in names):
            yield f"line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("package", ["archive", "crawler", "settings"])
def test_no_private_names_of_scrapy_or_twisted_are_used(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert [f"{file.relative_to(ROOT)}, {use}" for file in files for use in private_uses(file.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "engine._slot",
        "self._crawler.engine._slot.closing",
        "crawler._stats is None",
        "task.add_done_callback(self._process._stop_reactor)",
        "from scrapy.utils._download_handlers import make_response",
        "from twisted.web.client import _StandardEndpointFactory",
        "import twisted.web._newclient",
        "from scrapy.http import Headers\nHeaders._normalize",
    ],
)
def test_private_use_is_found(source):
    assert len(list(private_uses(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "self._crawler.engine.running",
        "self._store._connection",
        "crawler.__dict__",
        "cls._from_row(row)",
        "from crawler.commands.items import _evidence",
        "from ._local import name",
    ],
)
def test_own_private_names_are_allowed(source):
    assert list(private_uses(source)) == []
