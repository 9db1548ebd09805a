"""A simulated site for measuring alarms: honest variation of its articles, and changes injected on a given day.

A site has a few sections, each with its own habits: which fields its pages print, whose stories it takes, how long
they are. The mix of sections differs by weekday and wanders slowly; new sources and editors appear; some weeks have a
campaign, in which one section prints most.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from crawler.drift.alarms import RETURNED, Alarm, review_articles
from crawler.drift.limits import Limits, load_limits
from crawler.drift.profile import Batch, append_visit, split_visit
from crawler.items import Article

START = datetime(2026, 1, 1, 6, tzinfo=UTC)

#: Made-up text is cut from this.
_CHARACTERS = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x5A00), k=60_000)))

#: Turns an honest article into what is read after a change.
Injection = Callable[[Article], Article]

#: An edited article, and the earlier values of the fields that changed.
Edit = tuple[Article, dict[str, str | None]]


@dataclass(frozen=True)
class Section:
    """The habits of a section: the chance that a field is printed, and its texts."""

    chance: dict[str, float]
    sources: Sequence[str]
    editors: Sequence[str]
    body: tuple[float, float]  # mean and deviation of the logarithm (base 2) of the length
    title: tuple[float, float]
    precision: str


class SimulatedSite:
    """One site. `pool` has real articles whose values are used instead of made-up ones."""

    def __init__(self, seed: int, *, per_day: float = 20, visits: int = 2, pool: Sequence[Article] = ()) -> None:
        self._rng = random.Random(seed)
        self.per_day, self.visits = per_day, visits
        self._pool = pool
        rng = self._rng
        minute = rng.random() < 0.7
        self.sections = [self._make_section(minute) for _ in range(rng.randint(2, 6))]
        self._weights = [rng.gammavariate(1, 1) + 0.05 for _ in self.sections]
        self._by_weekday = [[rng.gammavariate(4, 0.25) for _ in self.sections] for _ in range(7)]
        self._day_factor = [rng.uniform(0.7, 1.4) for _ in range(5)] + [rng.uniform(0.2, 1.0) for _ in range(2)]
        self._campaign = 0
        self._number = 0

    def _make_section(self, minute: bool) -> Section:
        rng = self._rng
        chance = {name: rng.choice((0.0, 0.3, 0.9, 0.97, 1.0, 1.0)) for name in ("source", "editor", "authors")}
        chance |= {"title": 1.0, "body": rng.choice((0.93, 0.99, 1.0)), "date": rng.choice((0.97, 1.0, 1.0))}
        sources = [f"某报{rng.randint(1, 400)}" for _ in range(rng.choice((1, 2, 5, 20, 40)))]
        editors = [f"{rng.choice('王李张刘陈杨赵黄周吴')}编{rng.randint(1, 99)}" for _ in range(rng.randint(1, 12))]
        body = (rng.uniform(7.5, 10.5), rng.uniform(0.5, 1.3))
        precision = "minute" if minute == (rng.random() < 0.97) else "day"
        return Section(chance, sources, editors, body, (rng.uniform(4, 4.8), rng.uniform(0.2, 0.4)), precision)

    def visit(self, moment: datetime) -> list[Article]:
        """Return the new articles of one visit."""
        rng, weekday = self._rng, moment.weekday()
        if moment.day == 1 or moment.day == 15:
            self._weights = [one * rng.lognormvariate(0, 0.15) for one in self._weights]
            self._campaign = rng.randrange(len(self.sections)) if rng.random() < 0.2 else -1
        weights = [a * b for a, b in zip(self._weights, self._by_weekday[weekday], strict=True)]
        if self._campaign >= 0:
            weights[self._campaign] *= 2
        rate = self.per_day / self.visits * self._day_factor[weekday] * rng.gammavariate(8, 1 / 8)
        return [self._write(rng.choices(self.sections, weights)[0], moment) for _ in range(_poisson(rng, rate))]

    def _write(self, section: Section, moment: datetime) -> Article:
        rng = self._rng
        self._number += 1
        has = {name: rng.random() < chance for name, chance in section.chance.items()}
        real = rng.choice(self._pool) if self._pool else None
        title = (real.title if real else None) or _text(rng, section.title)
        title = (
            f"{title[:-1]}{rng.choice('一二三四五六七八九十百千万')}{self._number % 97}"
            if rng.random() < 0.9
            else title
        )
        body = (real.body if real else None) or "\n".join(
            [_text(rng, section.body)[:400]] * 1 + [_text(rng, (7, 0.5)) for _ in range(rng.randint(0, 6))]
        )
        sources = [f"新源{self._number}"] if rng.random() < 0.03 else section.sources
        date = f"{moment:%Y-%m-%d}" + ("" if section.precision == "day" else f"T{moment:%H:%M}:00+08:00")
        return Article(
            url=f"https://site.example/{self._number}.html",
            title=title if has["title"] else None,
            date=date if has["date"] else None,
            date_precision=section.precision if has["date"] else None,
            source=rng.choice(sources) if has["source"] else None,
            editor=rng.choice(section.editors) if has["editor"] else None,
            authors=(rng.choice(section.editors),) if has["authors"] else (),
            section=None,
            body=f"{body}{self._number}" if has["body"] else None,
        )


def _text(rng: random.Random, length: tuple[float, float]) -> str:
    number = min(6000, max(4, int(2 ** rng.gauss(*length))))
    start = rng.randrange(len(_CHARACTERS) - number)
    return _CHARACTERS[start : start + number]


def _poisson(rng: random.Random, rate: float) -> int:
    number, passed = 0, rng.expovariate(1)
    while passed < rate:
        number, passed = number + 1, passed + rng.expovariate(1)
    return number


class Watch:
    """Reviews each visit, as a crawl does."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or load_limits()
        self.batches: list[Batch] = []
        self.alarms: list[Alarm] = []

    def add(self, moment: datetime, articles: Sequence[Article | Edit], walls: int = 0) -> list[Alarm]:
        """Take the articles, edits and walls of one visit; return the alarms that it raised."""
        visit: list[Batch] = []
        for one in articles:
            article, before = one if isinstance(one, tuple) else (one, {})
            batch = split_visit(visit, moment, self.limits)
            batch.add_article(article, before, self.limits)
            batch.add_page(article.url, None)
        for number in range(walls):
            split_visit(visit, moment, self.limits).add_page(f"https://site.example/wall/{number}", "a log-in")
        if not visit:
            return []
        self.batches = append_visit(self.batches, visit, moment, self.limits)
        review = review_articles(self.batches, self.alarms, moment, self.limits)
        ended = {one.id for one in review.returned}
        self.alarms = [end_alarm(one, moment) if one.id in ended else one for one in self.alarms]
        first = len(self.alarms) + 1
        raised = [structs.replace(one, id=number) for number, one in enumerate(review.raised, first)]
        self.alarms += raised
        return raised


def end_alarm(alarm: Alarm, moment: datetime, ending: str = RETURNED) -> Alarm:
    """Return an alarm that has ended."""
    return structs.replace(alarm, ended=moment, ending=ending)


def visits(site: SimulatedSite, days: int, first: int = 0) -> Iterator[tuple[datetime, list[Article]]]:
    """Yield the visits of `days` days."""
    for day in range(first, first + days):
        for number in range(site.visits):
            moment = START + timedelta(days=day, hours=number * 24 / site.visits)
            yield moment, site.visit(moment)


INJECTIONS: dict[str, Injection] = {
    "titles become the site name": lambda one: replace(one, title="新城新闻网"),
    "titles end with the site name": lambda one: replace(one, title=f"{one.title} | 新城新闻网"),
    "body halves": lambda one: replace(one, body=one.body and one.body[: len(one.body) // 2]),
    "body is its first quarter": lambda one: replace(one, body=one.body and one.body[: max(1, len(one.body) // 4)]),
    "body is one text": lambda one: replace(one, body="请登录后查看全文。"),
    "body gone": lambda one: replace(one, body=None),
    "date has no time": lambda one: replace(one, date=one.date and one.date[:10], date_precision="day"),
    "date gone": lambda one: replace(one, date=None, date_precision=None),
    "source becomes a menu": lambda one: replace(one, source="首页 > 新闻 > 正文"),
    "source becomes a word": lambda one: replace(one, source="首页"),
    "source gone": lambda one: replace(one, source=None),
    "editor gone": lambda one: replace(one, editor=None),
    "authors gone": lambda one: replace(one, authors=()),
}
