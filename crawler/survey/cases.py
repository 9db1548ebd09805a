"""Saved cases: one capture as ``<case>.warc.gz`` and what its page must give as ``<case>.json``, a folder a site."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive import Capture, WarcWriter, read_captures
from crawler.discovery.multipage import INCOMPLETE
from crawler.extraction import Document, extract_from
from crawler.extraction.fields.pagination import next_page
from crawler.items import Article
from crawler.sites import BUNDLED, Site

#: What a case holds of an article.
FIELDS = ("title", "date", "date_precision", "source", "editor", "authors", "body", "flags")

#: The cases of the bundled sites, in a checkout.
BUNDLED_CASES = BUNDLED.parent.parent / "tests" / "sites"


def case_folder(sites: Path) -> Path:
    """Where the cases of a folder of site files lie, a folder a site."""
    return BUNDLED_CASES if sites.resolve() == BUNDLED else sites / "cases"


def cases_in(folders: Iterable[Path]) -> list[Path]:
    """The WARC files of all cases in `folders`, each of which has a folder a site."""
    return sorted(case for folder in folders for case in folder.glob("*/*.warc.gz"))


def save_case(folder: Path, case: str, capture: Capture, expected: Mapping[str, Any]) -> Path:
    """Write a capture and what it must give into `folder`; the WARC's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        with WarcWriter(Path(scratch), prefix=case, info={"software": "broadsheet"}) as writer:
            writer.write(capture)
        (written,) = Path(scratch).glob("*.warc.gz")
        target = folder / f"{case}.warc.gz"
        target.write_bytes(written.read_bytes())
    text = json.dumps(dict(expected), ensure_ascii=False, indent=1)
    _expectation(target).write_text(text + "\n", encoding="utf-8")
    return target


def read_case(case: Path, site: Site | None = None) -> tuple[Article, dict[str, Any]]:
    """How the page of a case reads now, as an article of `site` where that is known, and what it must give."""
    (capture,) = read_captures(case)
    return article_of(capture, site), json.loads(_expectation(case).read_text(encoding="utf-8"))


def differing(article: Article, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of a case that read otherwise than they must: what must be, and what is."""
    read = values_of(article)
    return {name: (value, read[name]) for name, value in expected.items() if read[name] != value}


def values_of(article: Article) -> dict[str, Any]:
    """What a case holds of `article`, as JSON has it."""
    values = {name: getattr(article, name) for name in FIELDS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def article_of(capture: Capture, site: Site | None = None) -> Article:
    """The article that the page of `capture` is."""
    kind = (capture.head.get(b"content-type") or b"").decode("latin-1") or None
    return read_page(Document(capture.body(), capture.url, content_type=kind, captured_at=capture.started_at), site)


def read_page(document: Document, site: Site | None = None) -> Article:
    """The article that a page is, by what the file of its site says; flagged where it goes on on a next page."""
    article = _read(document, site) if site else extract_from(document)
    return replace(article, flags=(*article.flags, INCOMPLETE)) if next_page(document) else article


def _read(document: Document, site: Site) -> Article:
    known = frozenset(site.boilerplate)
    return extract_from(document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=known)


def _expectation(case: Path) -> Path:
    return case.with_name(case.name.removesuffix(".warc.gz") + ".json")
