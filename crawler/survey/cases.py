"""Test cases, one folder per site: captures in ``<case>.warc.gz``, their expected articles in ``<case>.json``."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive import Capture, WarcWriter, read_captures
from crawler.discovery.article_pages import ArticleParts
from crawler.discovery.multipage import INCOMPLETE
from crawler.extraction import Document, extract_from
from crawler.items import Article
from crawler.sites import BUNDLED, Site

#: The fields of an article that a case records.
FIELDS = ("title", "date", "date_precision", "source", "editor", "authors", "body", "flags")

#: The cases of the bundled sites; they exist only in a checkout.
BUNDLED_CASES = BUNDLED.parent.parent / "tests" / "sites"


def case_folder(sites: Path) -> Path:
    """Return the folder of the cases that belong to a folder of site files."""
    return BUNDLED_CASES if sites.resolve() == BUNDLED else sites / "cases"


def cases_in(folders: Iterable[Path]) -> list[Path]:
    """Return the WARC files of all cases in `folders`, which have one subfolder per site."""
    return sorted(case for folder in folders for case in folder.glob("*/*.warc.gz"))


def save_case(folder: Path, case: str, capture: Capture, expected: Mapping[str, Any]) -> Path:
    """Write a capture and the expected fields of its article to `folder`; return the path of the WARC."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        with WarcWriter(Path(scratch), prefix=case, info={"software": "broadsheet"}) as writer:
            writer.write(capture)
        (warc,) = Path(scratch).glob("*.warc.gz")
        target = folder / f"{case}.warc.gz"
        target.write_bytes(warc.read_bytes())
    text = json.dumps(dict(expected), ensure_ascii=False, indent=1)
    _json_path(target).write_text(text + "\n", encoding="utf-8")
    return target


def read_case(case: Path, site: Site | None = None) -> tuple[Article, dict[str, Any]]:
    """Extract the article of a case, by the settings of `site` if given; return it with the expected fields."""
    (capture,) = read_captures(case)
    return read_capture(capture, site), json.loads(_json_path(case).read_text(encoding="utf-8"))


def find_differences(article: Article, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ from the case: the expected and the actual value."""
    actual = case_values(article)
    return {name: (value, actual[name]) for name, value in expected.items() if actual[name] != value}


def case_values(article: Article) -> dict[str, Any]:
    """Return the fields of `article` that a case records, as JSON values."""
    values = {name: getattr(article, name) for name in FIELDS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def read_capture(capture: Capture, site: Site | None = None) -> Article:
    """Extract the article from a capture."""
    content_type = (capture.head.get(b"content-type") or b"").decode("latin-1") or None
    return read_page(
        Document(capture.body(), capture.url, content_type=content_type, captured_at=capture.started_at), site
    )


def read_page(document: Document, site: Site | None = None) -> Article:
    """Extract the article from a page, by the settings of `site` if given; flag it if it continues on another page."""
    article = _extract_for_site(document, site) if site else extract_from(document)
    return replace(article, flags=(*article.flags, INCOMPLETE)) if ArticleParts(document).count_named() > 1 else article


def _extract_for_site(document: Document, site: Site) -> Article:
    return extract_from(
        document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=site.boilerplate
    )


def _json_path(case: Path) -> Path:
    return case.with_name(case.name.removesuffix(".warc.gz") + ".json")
