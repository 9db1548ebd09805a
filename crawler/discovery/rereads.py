"""The plan by which articles are requested again, to detect edits and removals that no list announces."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

from crawler.sites.model import DEFAULT_REREAD

#: The least share of an article's age at its first reading that a step must cover. The older a page, the less often it
#: is edited: about once in its own age. Within a step of this share, one article in a hundred changes.
_LEAST_SHARE_OF_AGE = 0.01

#: The zone in which a local time is latest.
_LATEST_ZONE = timezone(timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """A stored article: the URL it was read from, when it was first and last read, and whether it was ever edited.

    `printed` is its printed date, ISO 8601.
    """

    url: str
    first_seen: datetime
    last_read: datetime
    was_edited: bool = False
    printed: str | None = None

    @property
    def age_at_first_reading(self) -> timedelta:
        """The time from its printed date to its first reading, at least; zero without a date."""
        try:
            published = datetime.fromisoformat(self.printed or "")
        except ValueError:
            return timedelta()
        if self.printed and len(self.printed) == len("2026-01-01"):  # some time of that day
            published = datetime.combine(published, time.max)
        published = published if published.tzinfo else published.replace(tzinfo=_LATEST_ZONE)
        return max(self.first_seen - published, timedelta())


def choose_steps(article: KnownArticle, plan: Sequence[timedelta], *, is_listed: bool = False) -> list[timedelta]:
    """Return the steps of a plan that apply to an article, in order.

    By the default plan an article that was old when it was first read has few: those of at least a hundredth of its
    age, or the last one. It has them all once it is edited, and while a list shows it. A plan of the site file applies
    to every article as it is.
    """
    steps = sorted(plan)
    if article.was_edited or is_listed or tuple(steps) != DEFAULT_REREAD:
        return steps
    least = _LEAST_SHARE_OF_AGE * article.age_at_first_reading
    return [step for step in steps if step >= least] or steps[-1:]


def find_due_time(article: KnownArticle, plan: Sequence[timedelta], *, is_listed: bool = False) -> datetime | None:
    """Return the first time of the plan after the article was last read; ``None`` after the last step.

    The steps of a plan count from the first reading.
    """
    times = (article.first_seen + step for step in choose_steps(article, plan, is_listed=is_listed))
    return next((time for time in times if time > article.last_read), None)


def choose_due(
    articles: Iterable[KnownArticle], plan: Sequence[timedelta], now: datetime, *, listed: Collection[str], most: int
) -> list[str]:
    """Return up to `most` URLs that are due at `now`, those most likely to change first.

    That is what was edited before, then what the lists still show (`listed`), then what has waited longest.
    """
    due = []
    for article in articles:
        is_listed = article.url in listed
        time = find_due_time(article, plan, is_listed=is_listed)
        if time is not None and time <= now:
            due.append((not article.was_edited, not is_listed, time, article.url))
    return [url for *_, url in sorted(due)[:most]]
