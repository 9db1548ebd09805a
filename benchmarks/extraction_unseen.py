"""Compares every field and the body on all pages with leave-one-site-out figures, to show how far the rules are fitted.

    python benchmarks/extraction_unseen.py [--check]

The numbers in the rules were chosen with these pages in view. Each is changed to the values in ALTERNATIVES, one at a
time, and all pages are read again. Per set and field the table has three figures: with the rules as they are, with the
number that is best for all pages ("fitted"), and on unseen sites, where the number is chosen without the site of the
page. With `--check`, the status is 1 if the unseen figure of a body is more than MOST_BODY_GAP below the fitted one.

The pages are in BROADSHEET_SHARED, by default ``../shared`` next to the project; their scorer rates the fields.
"""

import argparse
import gzip
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("BROADSHEET_SHARED", ROOT.parent / "shared"))
sys.path[:0] = [str(ROOT), str(SHARED / "data")]

try:
    import metrics  # type: ignore[import-not-found]  # the scorer is stored with the pages
except ImportError:
    sys.exit(f"{SHARED / 'data'}: no saved pages there; set BROADSHEET_SHARED to the folder that has data/pages")

from crawler.extraction import extract  # noqa: E402
from crawler.sites import registrable_domain  # noqa: E402

SETS = ("zh-portals", "zh-local", "scrapinghub", "fundus", "world")
NO_URL = "https://news.example/story.html"
MOST_BODY_GAP = 0.01
#: Figures of a page, in the order of the table.
FIELDS = ("title", "day", "minute", "source", "editor", "author", "body")
#: Numbers in the rules by module and name, each with other values that are as plausible.
ALTERNATIVES: Mapping[tuple[str, str], tuple[float, ...]] = {
    ("layout.content_density", "_DESCEND"): (0.7, 0.9),
    ("layout.content_density", "_DESCEND_UNLIKE"): (0.6, 0.8),
    ("layout.content_density", "SENTENCE_WEIGHT"): (24.0, 40.0),
    ("clean.boilerplate_blocks", "_NEARLY_ALL"): (0.8, 0.95),
    ("clean.boilerplate_blocks", "_COMMON"): (0.2, 0.4),
    ("clean.related_blocks", "MIN_STORY_WEIGHT"): (60.0, 160.0),
    ("fields.prose_scoring", "_LONG"): (90.0, 150.0),
    ("fields.story_lines", "_LONGEST_GAP"): (8, 18),
    ("fields.story_lines", "_RIVAL_SHARE"): (0.25, 0.6),
    ("fields.standfirst", "_LEAD_WEIGHT"): (40.0, 100.0),
    ("fields.standfirst", "_LONG_LEAD_WEIGHT"): (110.0, 200.0),
    ("fields.title", "SURE"): (2.6, 3.8),
    ("fields.title", "_SITE_NAME_PENALTY"): (4.0, 8.0),
    ("fields.title", "_SAME_STORY"): (0.1, 0.25),
    ("fields.dates", "WEAK"): (2.0, 4.0),
    ("fields.date_candidates", "_ABOVE_TITLE_PENALTY"): (1.0, 3.0),
    ("clean.placement", "_HEAD_ABOVE_TITLE"): (3, 10),
    ("clean.placement", "_FOOT_BELOW_PROSE"): (15, 40),
    ("clean.placement", "_FARTHEST_PROSE"): (50, 120),
}


class Page(NamedTuple):
    """A saved page: its set and site, its true fields and its markup."""

    set: str
    site: str
    truth: Mapping[str, Any]
    html: bytes


def read_pages() -> Iterator[Page]:
    for name in SETS:
        folder = SHARED / "data" / "pages"
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            truth = json.loads(line)
            host = urlsplit(truth.get("url") or "").hostname or truth["id"]
            html = gzip.decompress((folder / truth["page"]).read_bytes())
            yield Page(name, registrable_domain(host) or host, truth, html)


def rate(page: Page) -> dict[str, float]:
    """Return the figures of a page, for the fields whose truth is known; that of the body is its F1."""
    article = extract(page.html, page.truth.get("url") or NO_URL)
    found = {name: getattr(article, name) for name in ("title", "date", "source", "editor", "body")}
    found["author"] = article.authors
    truth = {name: page.truth[name] for name in ("title", "date", "author", "body") if page.truth.get(name)}
    row: dict[str, Any] = metrics.score_page(truth, found)
    if "body" in row:
        row["body"] = metrics.page_prf(row["body"])[2]
    for name in ("source", "editor"):
        if name in page.truth:
            wanted = (page.truth[name], *(page.truth.get(f"{name}_accept") or ()))
            row[name] = float(metrics.norm(found[name] or "") in {metrics.norm(one or "") for one in wanted})
    return {name: float(row[name]) for name in FIELDS if name in row}


def rate_variants(pages: Sequence[Page]) -> list[list[dict[str, float]]]:
    """Return the figures of all pages with the rules as they are, then with each alternative."""
    results = [[rate(page) for page in pages]]
    for (module_name, constant), values in ALTERNATIVES.items():
        module = importlib.import_module(f"crawler.extraction.{module_name}")
        original = getattr(module, constant)
        for value in values:
            setattr(module, constant, value)
            results.append([rate(page) for page in pages])
        setattr(module, constant, original)
    return results


def choose(results: Sequence[Sequence[Mapping[str, float]]], field: str, indexes: Sequence[int]) -> int:
    """Return the variant that is best for a field on some of the pages; the rules as they are, if none is better."""
    totals = [sum(result[index].get(field, 0.0) for index in indexes) for result in results]
    return max(range(len(totals)), key=lambda variant: (round(totals[variant], 6), -variant))


def compare(pages: Sequence[Page]) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return the three figures by set and field."""
    results = rate_variants(pages)
    everything = range(len(pages))
    sites = {site: [index for index in everything if pages[index].site != site] for site in {p.site for p in pages}}
    figures = {}
    for field in FIELDS:
        fitted = choose(results, field, everything)
        by_site = {site: choose(results, field, others) for site, others in sites.items()}
        for name in SETS:
            known = [i for i in everything if pages[i].set == name and field in results[0][i]]
            if known:
                chosen = ([0] * len(known), [fitted] * len(known), [by_site[pages[i].site] for i in known])
                sums = [sum(results[v][i][field] for v, i in zip(one, known, strict=True)) for one in chosen]
                figures[name, field] = (sums[0] / len(known), sums[1] / len(known), sums[2] / len(known))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if a body is much worse on unseen sites")
    arguments = parser.parse_args()
    figures = compare(list(read_pages()))
    print(f"{'set':12} {'field':8} {'as is':>7} {'fitted':>7} {'unseen':>7} {'gap':>7}")
    for (name, field), (as_is, fitted, unseen) in figures.items():
        print(f"{name:12} {field:8} {as_is:7.4f} {fitted:7.4f} {unseen:7.4f} {fitted - unseen:7.4f}")
    gaps = [fitted - unseen for (_, field), (_, fitted, unseen) in figures.items() if field == "body"]
    return int(arguments.check and max(gaps) > MOST_BODY_GAP)


if __name__ == "__main__":
    sys.exit(main())
