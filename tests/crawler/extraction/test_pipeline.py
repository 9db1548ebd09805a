"""Steps of extraction import only earlier steps, so that there are no import cycles and the order can be read."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "crawler" / "extraction"
#: Packages and top-level modules in the order in which a page passes through them.
STEPS = (
    "data", "decode", "layout", "clean", "document", "evidence", "fields", "flags", "errors", "page", "registry",
    "field_trace", "trace",
)  # fmt: skip


def imported_steps(file: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    modules = [(node.module or "").split(".") for node in nodes]
    return {module[2] for module in modules if module[:2] == ["crawler", "extraction"] and len(module) > 2}


@pytest.mark.parametrize("step", STEPS)
def test_step_imports_only_earlier_steps(step: str) -> None:
    module = PACKAGE / f"{step}.py"
    files = [module] if module.exists() else sorted((PACKAGE / step).glob("*.py"))
    assert files
    later = set(STEPS[STEPS.index(step) + 1 :])
    assert {file.name: imported_steps(file) & later for file in files} == {file.name: set() for file in files}


def test_every_module_is_a_step() -> None:
    found = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__", "sites"} == set(STEPS)
