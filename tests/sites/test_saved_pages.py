"""Every saved page gives the fields that were read from it by hand.

Cases are found in this folder (written by `save_case.py`) and in the folders of BROADSHEET_SITES (written by
`broadsheet site add`).
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from body_score import body_f1

from archive import read_captures
from crawler.extraction.registry import page_for
from crawler.sites import load_sites, site_folders
from crawler.survey.cases import case_folder, cases_in, find_differences, read_case

FOLDERS = [folder for folder in site_folders(os.environ.get("BROADSHEET_SITES")) if folder.is_dir()]
SITES = load_sites(FOLDERS)
OWN = cases_in([Path(__file__).resolve().parent])
CASES = cases_in({case_folder(folder) for folder in FOLDERS} | {Path(__file__).resolve().parent})
#: Least share of saved pages on which the general rules read a field right, and least mean body score.
FLOORS = {"title": 1.0, "date": 1.0, "source": 1.0, "editor": 1.0, "authors": 1.0}
BODY_FLOOR = 0.995


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name.removesuffix('.warc.gz')}")
def test_saved_page_gives_the_expected_fields(case):
    article, expected = read_case(case, SITES.get(case.parent.name))
    assert expected.keys() >= {"title", "date", "body"}
    assert find_differences(article, expected) == {}


def test_every_page_class_reads_a_saved_page():
    import crawler.extraction.sites as sites

    modules = {path.stem for folder in sites.__path__ for path in Path(folder).glob("*.py")} - {"__init__"}
    read_by = {page_for(capture.url, capture.started_at).__module__ for case in OWN for capture in read_captures(case)}
    assert {f"{sites.__name__}.{name}" for name in modules} <= read_by


def test_general_rules_alone_read_the_saved_pages(monkeypatch):
    """Without page classes, the general rules must reach the floors on all saved pages together."""
    from crawler.extraction import registry

    monkeypatch.setattr(registry, "pages", registry.PageRegistry())
    assert len(OWN) >= 20
    right: Counter[str] = Counter()
    score = 0.0
    for case in OWN:
        article, expected = read_case(case, SITES.get(case.parent.name))
        for name in FLOORS:
            value = getattr(article, name)
            right[name] += (list(value) if isinstance(value, tuple) else value) == expected[name]
        score += body_f1(article.body, expected["body"])
    assert {name: right[name] / len(OWN) >= floor for name, floor in FLOORS.items()} == dict.fromkeys(FLOORS, True)
    assert score / len(OWN) >= BODY_FLOOR
