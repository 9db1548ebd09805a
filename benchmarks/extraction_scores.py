"""Measures bodies and the confidence in them on saved pages whose bodies are known, fitted and on unseen sites.

    python benchmarks/extraction_scores.py [--fit] [--check]

Per set: mean precision and recall of the bodies in runs of four words (a Han or kana character is a word), and their
F1. The rules for bodies have no fitted numbers; those of the confidence are fitted, so its figures are given twice:
with the table of `confidence.toml`, and with tables fitted without the site of the page ("unseen sites"). A page is
wrong if its body is below F1 = .9. `--fit` prints a table fitted on all pages. With `--check`, the status is 1 if more
than 12 % of the pages are flagged, or a set is below its floor.

The pages are in BROADSHEET_SHARED, by default ``../shared`` next to the project; without them nothing is measured, and
the output says so.
"""

import argparse
import gzip
import json
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from crawler.extraction import Document  # noqa: E402
from crawler.extraction.fields.body_confidence import MODEL, BodySigns, ConfidenceModel, estimate_score  # noqa: E402
from crawler.extraction.page import ArticlePage  # noqa: E402
from crawler.sites import registrable_domain  # noqa: E402

#: Sets and the least F1 of their bodies.
FLOORS = {"zh-portals": 0.993, "zh-local": 0.975, "scrapinghub": 0.974, "fundus": 0.973, "world": 0.965}
NO_URL = "https://news.example/story.html"
WRONG, MOST_FLAGGED = 0.9, 0.12
#: Strength of the ridge penalty on standardised signs, and steps of Newton's method.
PENALTY, STEPS = 10.0, 12
SIGNS = BodySigns.__struct_fields__
#: Characters of scripts without blanks between words; each counts as a word.
_DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"(?=\w)[{_DENSE}]|(?:(?![{_DENSE}])\w)+")


class Measured(NamedTuple):
    """One page: its set and site, precision and recall of its body, the signs of the body and if it is doubtful."""

    set: str
    site: str
    precision: float
    recall: float
    signs: BodySigns | None
    is_confident: bool

    @property
    def is_wrong(self) -> bool:
        return harmonic_mean(self.precision, self.recall) < WRONG


def harmonic_mean(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def runs_of_words(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words in a text."""
    words = _WORD.findall(text)
    return Counter(run for i in range(max(1, len(words) - 3)) if (run := tuple(words[i : i + 4])))


def compare(true: str, found: str) -> tuple[float, float]:
    """Return precision and recall of a body."""
    wanted, got = runs_of_words(true), runs_of_words(found)
    shared = (wanted & got).total()
    return (shared / got.total() if got else 0.0), (shared / wanted.total() if wanted else 0.0)


def measure(shared: Path) -> Iterator[Measured]:
    """Yield every saved page with a known body."""
    for name in FLOORS:
        folder = shared / "data" / "pages"
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            truth = json.loads(line)
            if not truth.get("body"):
                continue
            url = truth.get("url") or NO_URL
            document = Document(gzip.decompress((folder / truth["page"]).read_bytes()), url)
            body = ArticlePage.read(document).search_body()
            host = urlsplit(truth.get("url") or "").hostname or truth["id"]
            figures = compare(truth["body"], body.text if body else "")
            signs = body.signs if body else None
            yield Measured(name, registrable_domain(host) or host, *figures, signs, bool(body and body.is_confident))


def fit(pages: Sequence[Measured]) -> ConfidenceModel:
    """Return the model fitted by Newton's method, with a ridge penalty on the standardised signs."""
    used = [page for page in pages if page.signs]
    rows = [[getattr(page.signs, name) for name in SIGNS] for page in used]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    spreads = [
        math.sqrt(sum((value - mean) ** 2 for value in column) / len(rows)) or 1.0
        for column, mean in zip(zip(*rows, strict=True), means, strict=True)
    ]
    scaled = [
        [1.0, *((value - mean) / spread for value, mean, spread in zip(row, means, spreads, strict=True))]
        for row in rows
    ]
    weights = [0.0] * (len(SIGNS) + 1)
    for _ in range(STEPS):
        weights = newton_step(weights, scaled, [float(page.is_wrong) for page in used])
    slopes = [weight / spread for weight, spread in zip(weights[1:], spreads, strict=True)]
    intercept = weights[0] - sum(slope * mean for slope, mean in zip(slopes, means, strict=True))
    return ConfidenceModel(intercept=intercept, least_score=MODEL.least_score, **dict(zip(SIGNS, slopes, strict=True)))


def newton_step(weights: list[float], rows: list[list[float]], wrong: list[float]) -> list[float]:
    size = len(weights)
    gradient = [PENALTY * weight for weight in weights]
    gradient[0] = 0.0
    hessian = [[PENALTY * (i == j and i > 0) for j in range(size)] for i in range(size)]
    for row, truth in zip(rows, wrong, strict=True):
        guess = 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, row, strict=True))))
        for i in range(size):
            gradient[i] += (guess - truth) * row[i]
            for j in range(size):
                hessian[i][j] += guess * (1 - guess) * row[i] * row[j]
    return [weight - step for weight, step in zip(weights, solve(hessian, gradient), strict=True)]


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of a system of linear equations, by Gaussian elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(len(rows)):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]


def flag_unseen(pages: Sequence[Measured]) -> list[bool]:
    """Return for each page if it is flagged by a model that was fitted without its site."""
    models = {site: fit([page for page in pages if page.site != site]) for site in {page.site for page in pages}}
    flagged = []
    for page in pages:
        is_doubtful = page.signs is None or estimate_score(page.signs, models[page.site]) < MODEL.least_score
        rules = page.signs is not None and not page.is_confident and estimate_score(page.signs) >= MODEL.least_score
        flagged.append(is_doubtful or rules)
    return flagged


def report_flags(title: str, pages: Sequence[Measured], flagged: Sequence[bool]) -> float:
    """Print the share of flagged pages and of wrong ones among the others; return the first."""
    missed = [page.is_wrong for page, is_flagged in zip(pages, flagged, strict=True) if not is_flagged]
    share = sum(flagged) / len(pages)
    wrong = f"{sum(missed)} of {len(missed)} unflagged are wrong ({sum(missed) / len(missed):.1%})"
    print(f"{title}: {share:.1%} flagged; {wrong}")
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="print a table of the confidence, fitted on all pages")
    parser.add_argument("--check", action="store_true", help="exit 1 below a floor or with too many flags")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("BROADSHEET_SHARED", ROOT.parent / "shared"))
    if not all((shared / "data" / "pages" / f"{name}.jsonl").exists() for name in FLOORS):
        print(f"SKIPPED: no saved pages in {shared}; set BROADSHEET_SHARED to the folder that has them")
        return 0
    pages = list(measure(shared))
    is_below = False
    for name, floor in FLOORS.items():
        members = [page for page in pages if page.set == name]
        found = [page.precision for page in members if page.signs]
        precision, recall = sum(found) / len(found), sum(page.recall for page in members) / len(members)
        f1, wrong = harmonic_mean(precision, recall), sum(page.is_wrong for page in members)
        is_below |= f1 < floor
        figures = f"precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}  {wrong} wrong"
        print(f"{name:12} {len(members):4} pages  {figures}")
    share = report_flags("confidence.toml", pages, [not page.is_confident for page in pages])
    report_flags("unseen sites", pages, flag_unseen(pages))
    if arguments.fit:
        model = fit(pages)
        print("\n".join(f"{name} = {getattr(model, name):.3f}" for name in ("intercept", *SIGNS, "least_score")))
    return int(arguments.check and (is_below or share > MOST_FLAGGED))


if __name__ == "__main__":
    sys.exit(main())
