"""The import rules of the packages, checked in the source: the modules that each package never imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HTTP_CLIENTS = {"requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client"}

#: package -> modules (including submodules) that no file of the package imports
NEVER = {
    "archive": {"scrapy", "twisted", "crawler", "settings"},
    "archive/replay": HTTP_CLIENTS,
    "crawler/extraction": {
        "scrapy",
        "twisted",
        "archive",
        "socket",
        *HTTP_CLIENTS,
        "crawler.handlers",
        "crawler.store",
    },
    "crawler/politeness": {"socket", "scrapy", "twisted", "time", "crawler.handlers", "crawler.middlewares"},
    "crawler/middlewares": {"crawler.extraction", "archive.warc_writer"},
    "crawler/spiders": {"archive.warc_writer", "crawler.commands", "crawler.web"},
    "crawler/pipelines": {"parsel", "selectolax", "lxml", "crawler.commands", "crawler.web"},
    "crawler/handlers": {"crawler.spiders", "crawler.pipelines", "crawler.commands", "crawler.middlewares"},
    "crawler/fetch_context.py": {
        "crawler.handlers",
        "crawler.middlewares",
        "crawler.spiders",
        "crawler.pipelines",
        "crawler.scheduler",
    },
    "crawler/store": {"scrapy", "crawler.spiders", "crawler.pipelines", "crawler.handlers", "crawler.commands"},
    "crawler/discovery": {"scrapy", "twisted", "socket", "archive", *HTTP_CLIENTS, "crawler.spiders", "crawler.survey"},
    "crawler/drift": {"scrapy", "twisted", "socket", "archive", *HTTP_CLIENTS, "crawler.store", "crawler.spiders"},
    "crawler/survey": {
        "scrapy",
        "twisted",
        "socket",
        *HTTP_CLIENTS,
        "crawler.spiders",
        "crawler.handlers",
        "crawler.middlewares",
        "crawler.commands",
        "crawler.web",
    },
    "crawler/schedule": {"scrapy", "twisted", "crawler.spiders", "crawler.handlers", "crawler.commands", "crawler.web"},
    "crawler/web": {"scrapy", "twisted", "crawler.commands", "crawler.spiders", "archive.warc_writer", *HTTP_CLIENTS},
    "crawler/demo": {"scrapy", "twisted", "archive", "crawler.commands"},
    "crawler/sites": {"crawler", "scrapy", "archive"},
    "crawler/items.py": {"crawler", "scrapy", "archive"},
    "settings": {"crawler", "archive", "scrapy", "socket", *HTTP_CLIENTS},
}


def files_of(package: str) -> list[Path]:
    path = ROOT / package
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports_of(file: Path) -> set[str]:
    package = file.relative_to(ROOT).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level]) + "." if node.level else ""
            module = (base + (node.module or "")).strip(".")
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def is_forbidden(imported: str, never: set[str]) -> bool:
    return any(imported == name or imported.startswith(f"{name}.") for name in never)


def own_prefix(package: str) -> str:
    """Return the prefix of a package's own modules, which its files may always import."""
    return package.replace("/", ".") + "."


@pytest.mark.parametrize("package", sorted(NEVER))
def test_package_imports_no_forbidden_module(package):
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files_of(package)
        for name in imports_of(file)
        if is_forbidden(name, NEVER[package]) and not name.startswith(own_prefix(package))
    ]
    assert not wrong


def test_page_classes_import_only_extraction():
    for file in files_of("crawler/extraction/sites"):
        for name in imports_of(file):
            assert not name.startswith(("crawler.", "archive")) or name.startswith("crawler.extraction"), file


def test_pure_packages_never_read_the_clock():
    for package in ("crawler/extraction", "crawler/politeness", "crawler/drift"):
        for file in files_of(package):
            calls = [
                ast.unparse(node.func)
                for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                if isinstance(node, ast.Call)
            ]
            assert not [c for c in calls if c.split(".")[-1] in ("now", "utcnow", "today", "time", "monotonic")], file


def test_checker_finds_imports():
    assert is_forbidden("scrapy.http", {"scrapy"})
    assert is_forbidden("scrapy", {"scrapy"})
    assert not is_forbidden("scrapyd", {"scrapy"})
    assert imports_of(ROOT / "crawler" / "sites" / "reader.py") >= {"pathlib.Path", "tomllib"}


def imported_modules(package: str) -> dict[str, set[str]]:
    """Return the modules of `package`, each with the modules of it that it imports, inside functions too."""
    files = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files_of(package)}
    files = {name.removesuffix(".__init__"): file for name, file in files.items()}
    edges: dict[str, set[str]] = {name: set() for name in files}
    for name, file in files.items():
        for imported in imports_of(file):
            while imported and imported not in files:
                imported = imported.rpartition(".")[0]
            if imported and imported != name:
                edges[name].add(imported)
    return edges


def test_archive_modules_have_no_import_cycle():
    edges = imported_modules("archive")
    assert edges["archive.resolver"] >= {"archive.reading", "archive.http"}
    while leaves := [name for name, imported in edges.items() if not imported & edges.keys()]:
        for name in leaves:
            del edges[name]
    assert not edges


READING_LAYERS = ("pairs", "record_file", "fast_path", "record_parser", "record_head", "gzip_members", "buffer")


def test_record_reading_has_one_direction():
    """A module of `archive.reading` only imports lower layers of it, and nothing that makes captures or indexes."""
    edges = imported_modules("archive")
    for number, layer in enumerate(READING_LAYERS):
        upper = {f"archive.reading.{name}" for name in READING_LAYERS[:number]}
        users = {"archive.warc_reader", "archive.indexing", "archive.revisit", "archive.resolver", "archive.index"}
        assert not edges[f"archive.reading.{layer}"] & (upper | users), layer
