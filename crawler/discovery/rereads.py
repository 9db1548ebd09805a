"""The plan by which articles are requested again, to detect edits and removals that no list announces."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """A stored article: the URL it was read from, when it was first and last read, and whether it was ever edited."""

    url: str
    first_seen: datetime
    last_read: datetime
    was_edited: bool = False


def find_due_time(article: KnownArticle, plan: Sequence[timedelta]) -> datetime | None:
    """Return the first time of the plan after the article was last read; ``None`` after the last step.

    The steps of a plan count from the first reading.
    """
    times = (article.first_seen + step for step in sorted(plan))
    return next((time for time in times if time > article.last_read), None)


def choose_due(
    articles: Iterable[KnownArticle], plan: Sequence[timedelta], now: datetime, *, listed: Collection[str], most: int
) -> list[str]:
    """Return up to `most` URLs that are due at `now`, those most likely to change first.

    That is what was edited before, then what the lists still show (`listed`), then what has waited longest.
    """
    due = []
    for article in articles:
        time = find_due_time(article, plan)
        if time is not None and time <= now:
            due.append((not article.was_edited, article.url not in listed, time, article.url))
    return [url for *_, url in sorted(due)[:most]]
