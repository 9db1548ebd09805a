"""What every sample portal's newsroom does alike: so many stories a topic, spread over weeks, newest first."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.demo.writer import Story, Texts, Topic, Writer


@dataclass(frozen=True, slots=True)
class Assignment:
    """A story with its topic, its number in the newsroom and its time of publication, in the portal's zone."""

    number: int
    topic: Topic
    story: Story
    published: datetime


def write_stories(
    texts: Texts, rng: random.Random, *, each: int, since: datetime, zone: str, between: str = ""
) -> Iterator[Assignment]:
    """`each` stories of every topic, a few hours to two days apart from `since` on, oldest first, topics in turn."""
    writer = Writer(texts, rng, between=between)
    published = since.replace(tzinfo=ZoneInfo(zone))
    for number in range(each * len(texts.topics)):
        published += timedelta(seconds=rng.randint(5 * 3600, 44 * 3600))
        # Newspapers publish by day.
        published = published.replace(hour=rng.randint(7, 22))
        topic = texts.topics[number % len(texts.topics)]
        yield Assignment(number, topic, writer.story(topic, rng.randint(3, 12)), published)
