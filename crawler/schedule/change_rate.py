"""The rate of new articles on a list page: a Gamma-Poisson estimate from earlier visits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: The age at which a count weighs half as much as a current one, since portals change their habits.
HALF_LIFE = timedelta(days=14)

#: The prior: one new article per day, weighted as one day of observation.
PRIOR_ARTICLES, PRIOR_DAYS = 1.0, 1.0

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A past visit of a site. `new` maps the URL of each list page to its number of new articles; None if it failed."""

    started: datetime
    new: Mapping[str, int] | None


def new_articles_per_day(history: Sequence[PastVisit]) -> dict[str, float]:
    """Return the expected number of new articles per day of each list page. `history` is oldest first.

    Articles arrive as a Poisson process whose rate has a Gamma distribution. With a articles observed in b days, both
    decaying by `HALF_LIFE`, its mean is (prior articles + a) / (prior days + b). The first visit of a list finds all
    its old articles, so it only starts the first interval.
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
