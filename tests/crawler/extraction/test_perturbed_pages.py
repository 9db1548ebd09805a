"""Extraction must not depend on one signal: pages without names, metadata or headings score nearly as well."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from body_score import body_f1
from saved_pages import read_saved_pages

from archive import read_captures
from crawler.extraction import extract

SITES = Path(__file__).resolve().parents[2] / "sites"
URL = "https://www.example.com/a.html"
_NAMES = re.compile(rb"\s(?:class|id|itemprop|itemtype|data-[\w-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I)
_METADATA = re.compile(rb"<meta(?![^>]*(?:charset|http-equiv))[^>]*>|<script\b.*?</script\s*>", re.I | re.S)
_HEADINGS = re.compile(rb"<(/?)h[1-6]\b", re.I)


def remove_names(html: bytes) -> bytes:
    return _NAMES.sub(b"", html)


def remove_metadata(html: bytes) -> bytes:
    return _METADATA.sub(b"", html)


def remove_headings(html: bytes) -> bytes:
    return _HEADINGS.sub(rb"<\1div", html)


PERTURBED = {"names": remove_names, "metadata": remove_metadata, "headings": remove_headings}


@pytest.mark.parametrize("perturb", PERTURBED.values(), ids=PERTURBED)
def test_saved_pages_are_read_without(perturb):
    cases = sorted(SITES.glob("*/*.warc.gz"))
    right: Counter[str] = Counter()
    body = 0.0
    for case in cases:
        (capture,) = read_captures(case)
        truth = json.loads(case.with_name(case.name.replace(".warc.gz", ".json")).read_text("utf-8"))
        article = extract(perturb(capture.body()), "http://elsewhere.example/news/1.html")
        right.update(name for name in ("title", "source", "editor") if getattr(article, name) == truth[name])
        right["day"] += (article.date or "")[:10] == truth["date"][:10]  # the timezone may be in the metadata only
        body += body_f1(article.body, truth["body"])
    assert {name: count / len(cases) >= 0.9 for name, count in right.items()} == dict.fromkeys(right, True)
    assert body / len(cases) >= 0.97


@pytest.mark.parametrize("perturb", PERTURBED.values(), ids=PERTURBED)
@pytest.mark.parametrize(("name", "floor"), [("zh-portals", 0.97), ("scrapinghub", 0.93), ("fundus", 0.92)])
def test_real_pages_are_read_without(shared, perturb, name, floor):
    scores = [
        body_f1(extract(perturb(html), truth["url"] or URL).body, truth["body"])
        for truth, html in read_saved_pages(shared, name, step=4)
    ]
    assert sum(scores) / len(scores) >= floor
