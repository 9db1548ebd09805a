"""Measures alarms: false ones a year on sites that do not change, and changed articles until there is one.

Simulated sites (`tests/support/simulated_site.py`) of 20 articles a day, with 1, 2, 4 or 8 visits a day, are watched as
a crawl does. False alarms are counted over a year of each. For each kind of change, every article is changed from one
day on, in visits of `--changed` articles; the result is the share found in the first visit, and the number of changed
articles until the alarm. With `--items`, titles and bodies are those of real articles, as written by
`broadsheet items export`::

    python benchmarks/drift_alarms.py [--sites 20] [--changed 12] [--items FILE]
"""

import argparse
import copy
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from simulated_site import INJECTIONS, START, SimulatedSite, Watch, visits

from crawler.items import Article
from crawler.store import article_from_json

#: Days of past before a change, and visits after it.
_PAST, _VISITS = 60, 10


def make_site(seed: int, pool: Sequence[Article]) -> SimulatedSite:
    """Return one site; with real articles, it prints a few dozen of them in turn."""
    rng = random.Random(seed)
    chosen = rng.sample(list(pool), min(len(pool), rng.choice((10, 30, 60))))
    return SimulatedSite(seed, visits=rng.choice((1, 2, 4, 8)), pool=chosen)


def count_false_alarms(seed: int, pool: Sequence[Article]) -> list[str]:
    """Return the alarms of a year in which nothing changes."""
    site, watch = make_site(seed, pool), Watch()
    return [alarm.text for moment, articles in visits(site, 365) for alarm in watch.add(moment, articles)]


def measure_delays(seed: int, pool: Sequence[Article], changed: int) -> dict[str, int | None]:
    """Return the changed articles until the alarm, by kind of change; ``None`` if ten visits raised no alarm."""
    site, watch = make_site(seed, pool), Watch()
    for moment, articles in visits(site, _PAST):
        watch.add(moment, articles)
    delays: dict[str, int | None] = {}
    for name, change in INJECTIONS.items():
        field = "authors" if name.startswith("authors") else name.split()[0].removesuffix("s")
        if any(alarm.is_open and alarm.subject == field for alarm in watch.alarms):
            continue
        delay = _find_delay(*copy.deepcopy((site, watch)), field, change, changed)
        if delay != 0:  # a site that does not print the field
            delays[name] = delay
    return delays


def _find_delay(site, watch, field, change, changed):
    total = 0
    for day in range(_VISITS):
        moment, articles = START + timedelta(days=_PAST + day), []
        while len(articles) < changed:
            articles += site.visit(moment)
        articles = articles[:changed]
        after = [change(one) for one in articles]
        total += sum(one != other for one, other in zip(articles, after, strict=True))
        if any(alarm.subject == field for alarm in watch.add(moment, after)):
            return total
    return None if total else 0


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sites", type=int, default=20)
    parser.add_argument("--changed", type=int, default=12)
    parser.add_argument("--items", type=Path)
    given = parser.parse_args()
    lines = given.items.read_text(encoding="utf-8").splitlines() if given.items else []
    pool = [one for one in map(article_from_json, lines) if one.title and one.body]
    delays = [measure_delays(seed, pool, given.changed) for seed in range(given.sites)]
    for name in INJECTIONS:
        found = [one[name] for one in delays if name in one]
        known = [one for one in found if one is not None]
        at_once = sum(one <= given.changed for one in known)
        text = f"{at_once} of {len(found)} in the first visit, median {median(known or [0]):g} articles"
        print(f"{name}: {text}, {len(found) - len(known)} not found", flush=True)
    alarms = [text for seed in range(given.sites) for text in count_false_alarms(seed, pool)]
    print(f"{len(alarms)} false alarms in {given.sites} years of sites", *alarms, sep="\n  ")


if __name__ == "__main__":
    main()
