"""How often a list page brings new articles: a Gamma-Poisson estimate of what earlier visits saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: A count this old weighs half as much as one of now: portals change their habits.
HALF_LIFE = timedelta(days=14)

#: What is believed of a list before anything was seen: a new article a day, as if seen for one day.
PRIOR_ARTICLES, PRIOR_DAYS = 1.0, 1.0

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit of a site. `new` is how many new articles each list page brought, by its URL; ``None`` where the visit
    failed and says nothing of them."""

    started: datetime
    new: Mapping[str, int] | None


def new_a_day(history: Sequence[PastVisit]) -> dict[str, float]:
    """The expected new articles a day of each list page, from visits in the order they were made.

    Articles come as a Poisson process whose rate has a Gamma distribution: with a articles in b days seen, both fading
    by `HALF_LIFE`, its mean is (prior articles + a) / (prior days + b). A list's first visit, which finds all there
    ever was, only begins its first interval.
    """
    seen: dict[str, tuple[float, float, datetime]] = {}
    for visit in history:
        for url, new in (visit.new or {}).items():
            if url not in seen:
                seen[url] = (0.0, 0.0, visit.started)
                continue
            articles, days, before = seen[url]
            passed = max(visit.started - before, timedelta(0))
            kept = 0.5 ** (passed / HALF_LIFE)
            seen[url] = (articles * kept + new, days * kept + passed / _DAY, visit.started)
    return {url: (PRIOR_ARTICLES + a) / (PRIOR_DAYS + b) for url, (a, b, _) in seen.items()}
