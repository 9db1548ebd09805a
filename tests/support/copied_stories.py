"""Generated stories in Chinese and English: originals, copies as editors change them, and series that only look alike.

`make_stories(seed)` returns 200 stories on five portals, of which 60 are copies. Stories of one `story` number are one
story; those of series (weather, markets, notices, events, columns) share a template, and each is a story of its own.
"""

import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from crawler.items import Article, Provenance

PORTALS = tuple(f"portal-{name}" for name in "abcde")
SERIES = ("weather", "market", "notice", "event", "column")

_TEXTS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_SIMPLIFIED, _TRADITIONAL = (
    "会发县区产业项设记者说员个们来为开学对这时进动实现还过间经万亿长",
    "會發縣區產業項設記者說員個們來為開學對這時進動實現還過間經萬億長",
)


@dataclass(frozen=True)
class Story:
    """A story on a portal, and the number of the story that it tells."""

    story: int
    kind: str
    portal: str
    url: str
    title: str
    body: str
    day: date
    editor: str
    language: str

    def as_article(self) -> Article:
        """Return the story as it is extracted from a capture of its day."""
        source = {"zh": "高原日报", "en": "Plateau Daily"}[self.language]
        record = Provenance(f"record of {self.url}", "a.warc.gz", 0, "sha1:A", f"{self.day}T20:00:00Z")
        return Article(
            url=self.url, site=self.portal, title=self.title, date=self.day.isoformat(), source=source,
            editor=self.editor, body=self.body, language=self.language, provenance=record,
        )  # fmt: skip


class StoryWriter:
    """Writes stories with one random generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.start = date(2026, 3, 2)
        self.number = 0

    def fill(self, template: str, language: str, **fixed: str) -> str:
        """Return a template with its slots filled at random, but those of `fixed`."""
        texts, pick = _TEXTS[language], self.random
        slots: dict[str, Callable[[], Any]] = {
            "place": lambda: pick.choice(texts["places"]),
            "topic": lambda: pick.choice(texts["topics"]),
            "person": lambda: pick.choice(texts["names"]),
            "sky": lambda: pick.choice(texts["skies"]),
            "move": lambda: pick.choice(texts["moves"]),
            "post": lambda: pick.choice(texts["posts"]),
            "few": lambda: pick.randint(2, 11),
            "small": lambda: pick.randint(1, 28),
            "some": lambda: pick.randint(12, 999),
            "number": lambda: pick.randint(1000, 99999),
            "rate": lambda: f"{pick.uniform(0.05, 3.9):.2f}",
        }
        return re.sub(r"\{(\w+)\}", lambda slot: fixed.get(slot[1]) or str(slots[slot[1]]()), template)

    def write_news(self, number: int, language: str, **fixed: str) -> str:
        """Return sentences of four parts in paragraphs of three; no two stories have many in common."""
        texts = _TEXTS[language]
        columns = [self.random.sample(texts[part], number) for part in ("openings", "actors", "actions", "results")]
        frame, gap = ("{}，{}{}，{}。", "") if language == "zh" else ("{} {} {}, {}.", " ")
        sentences = [self.fill(frame.format(*parts), language, **fixed) for parts in zip(*columns, strict=True)]
        return "\n".join(gap.join(sentences[at : at + 3]) for at in range(0, number, 3))

    def write_original(self, portal: str, language: str) -> Story:
        """Return a new story of 8 to 13 sentences."""
        fixed = {name: self.fill(f"{{{name}}}", language) for name in ("topic", "place")}
        body = self.write_news(self.random.randint(8, 13), language, **fixed)
        title = (
            f"{fixed['place']}{fixed['topic']}" if language == "zh" else f"{fixed['place']} and its {fixed['topic']}"
        )
        day = self.start + timedelta(self.random.randrange(28))
        return self.publish(portal, title, body, day, "original", language)

    def write_instalment(self, kind: str, portal: str, day: date, language: str) -> Story:
        """Return a story of a series, which has the template of all others."""
        series = _TEXTS[language]["series"][kind]
        end = day + timedelta(7)
        days = [f"{one.month}月{one.day}日" if language == "zh" else f"{one:%B} {one.day}" for one in (day, end)]
        fixed = {"day": days[0], "end": days[1], "person": self.fill("{person}", language)}
        lines = []
        for line in series["body"]:
            places = _TEXTS[language]["places"][:7] if "{each_place}" in line else [""]
            news = self.write_news(5, language) if line == "{news}" else ""
            lines += [self.fill(line, language, each_place=place, news=news, **fixed) for place in places]
        return self.publish(
            portal, self.fill(series["title"], language, **fixed), "\n".join(lines), day, kind, language
        )

    def publish(self, portal: str, title: str, body: str, day: date, kind: str, language: str) -> Story:
        """Return a story with a URL and a number of its own."""
        self.number += 1
        editor = self.fill("{person}", language)
        url = f"http://{portal}.example/{day:%Y/%m/%d}/{self.number}.html"
        return Story(self.number, kind, portal, url, title, body, day, editor, language)

    def write_copy(self, story: Story, portal: str) -> Story:
        """Return the story as another editor prints it: with one to three changes."""
        body, title = story.body, story.title
        for change in self.random.sample(CHANGES, self.random.randint(1, 3)):
            body = change(self, body, story.language)
        if self.random.random() < 0.6:
            title = self.fill("关注：{place}新变化" if story.language == "zh" else "In brief: {place}", story.language)
        if self.random.random() < 0.25:
            table = str.maketrans(_SIMPLIFIED, _TRADITIONAL)
            body, title = body.translate(table), title.translate(table)
        day = story.day + timedelta(self.random.choice((0, 0, 0, 1, 1, 2)))
        return replace(self.publish(portal, title, body, day, "copy", story.language), story=story.story)


def _cut_tail(writer: StoryWriter, body: str, language: str) -> str:
    paragraphs = body.split("\n")
    return "\n".join(paragraphs[: max(2, len(paragraphs) - writer.random.randint(1, 2))])


def _add_lead(writer: StoryWriter, body: str, language: str) -> str:
    return writer.fill(_TEXTS[language]["lead"], language) + "\n" + body


def _add_source_line(writer: StoryWriter, body: str, language: str) -> str:
    return body + "\n" + _TEXTS[language]["source_line"]


def _replace_numbers_and_place(writer: StoryWriter, body: str, language: str) -> str:
    numbers = sorted(set(re.findall(r"\d\d+", body)))
    for old in writer.random.sample(numbers, min(2, len(numbers))):
        body = body.replace(old, str(int(old) + 1), 1)
    place = next((place for place in _TEXTS[language]["places"] if place in body), None)
    return body.replace(place, writer.fill("{place}", language)) if place else body


def _reorder(writer: StoryWriter, body: str, language: str) -> str:
    first, *others = body.split("\n")
    writer.random.shuffle(others)
    return "\n".join([first, *others])


def _insert_advertisement(writer: StoryWriter, body: str, language: str) -> str:
    paragraphs = body.split("\n")
    paragraphs.insert(writer.random.randint(1, len(paragraphs)), _TEXTS[language]["advertisement"])
    return "\n".join(paragraphs)


def _cut_to_brief(writer: StoryWriter, body: str, language: str) -> str:
    return "\n".join(body.split("\n")[:2])


def _merge_paragraphs(writer: StoryWriter, body: str, language: str) -> str:
    return body.replace("\n", "" if language == "zh" else " ").replace("，", ", ", 3)


CHANGES = (
    _cut_tail,
    _add_lead,
    _add_source_line,
    _replace_numbers_and_place,
    _reorder,
    _insert_advertisement,
    _cut_to_brief,
    _merge_paragraphs,
)


def make_stories(seed: int, *, copies: int = 60, total: int = 200, instalments: int = 8) -> list[Story]:
    """Return the stories in a random order. Every copy has its original among them."""
    writer = StoryWriter(seed)
    pick = writer.random
    stories: list[Story] = []
    while copies:
        first = writer.write_original(pick.choice(PORTALS), pick.choice(("zh", "zh", "en")))
        number = min(pick.randint(1, 5), copies)
        copies -= number
        others = pick.sample([one for one in PORTALS if one != first.portal], min(number, 4))
        others += [first.portal] * (number - len(others))
        stories += [first, *(writer.write_copy(first, portal) for portal in others)]
    for kind in SERIES:
        for language in ("zh", "en"):
            portal = pick.choice(PORTALS)
            for number in range(instalments):
                day = writer.start + timedelta(number * (7 if kind == "column" else 1))
                where = portal if number < 6 else pick.choice(PORTALS)
                stories.append(writer.write_instalment(kind, where, day, language))
    while len(stories) < total:
        stories.append(replace(writer.write_original(pick.choice(PORTALS), pick.choice(("zh", "en"))), kind="single"))
    pick.shuffle(stories)
    return stories
