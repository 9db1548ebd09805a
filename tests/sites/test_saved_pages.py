"""Every saved page gives what was read from it by hand: cases are found by walking this folder (`save_case.py`)."""

import json
from collections import Counter
from pathlib import Path

import pytest

from archive import read_captures
from crawler.extraction import extract
from crawler.extraction.registry import page_for
from crawler.items import Article

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*.warc.gz"))
#: Fields that are compared; a case may leave some out of its JSON.
FLOORS = {"title": 1.0, "date": 1.0, "source": 1.0, "editor": 1.0, "authors": 1.0}
BODY_FLOOR = 0.995


def read(case: Path) -> tuple[Article, dict]:
    (capture,) = read_captures(case)
    content_type = capture.head.get(b"content-type")
    article = extract(
        capture.body(),
        capture.url,
        content_type=content_type.decode("latin-1") if content_type else None,
        captured_at=capture.started_at,
    )
    expected = json.loads(case.with_name(case.name.replace(".warc.gz", ".json")).read_text("utf-8"))
    return article, expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name.removesuffix('.warc.gz')}")
def test_the_page_gives_what_it_prints(case):
    article, expected = read(case)
    got = {name: getattr(article, name) for name in expected}
    assert {name: list(value) if isinstance(value, tuple) else value for name, value in got.items()} == expected


def test_every_page_class_has_a_saved_page():
    import crawler.extraction.sites as sites

    modules = {path.stem for folder in sites.__path__ for path in Path(folder).glob("*.py")} - {"__init__"}
    read_by = {
        page_for(capture.url, capture.started_at).__module__ for case in CASES for capture in read_captures(case)
    }
    assert {f"{sites.__name__}.{name}" for name in modules} <= read_by


def four_grams(text: str | None) -> Counter[str]:
    squeezed = "".join((text or "").split())
    return Counter(squeezed[i : i + 4] for i in range(len(squeezed) - 3))


def test_the_general_rules_alone_score_no_less(monkeypatch):
    """The gate: no page class, only rules for every portal, on all the saved pages together."""
    from crawler.extraction import registry

    monkeypatch.setattr(registry, "pages", registry.PageRegistry())
    assert len(CASES) >= 20
    right: Counter[str] = Counter()
    score = 0.0
    for case in CASES:
        article, expected = read(case)
        for name in FLOORS:
            value = getattr(article, name)
            right[name] += (list(value) if isinstance(value, tuple) else value) == expected[name]
        got, want = four_grams(article.body), four_grams(expected["body"])
        score += 2 * (got & want).total() / max(1, got.total() + want.total())
    assert {name: right[name] / len(CASES) >= floor for name, floor in FLOORS.items()} == dict.fromkeys(FLOORS, True)
    assert score / len(CASES) >= BODY_FLOOR
