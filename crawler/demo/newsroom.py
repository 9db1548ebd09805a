"""Generates the stories of a sample portal with topics and publication times."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.demo.writer import Story, Texts, Topic, Writer


@dataclass(frozen=True, slots=True)
class Assignment:
    """A story with its number, topic and time of publication in the portal's time zone."""

    number: int
    topic: Topic
    story: Story
    published: datetime


def write_stories(
    texts: Texts, rng: random.Random, *, each: int, since: datetime, zone: str, between: str = ""
) -> Iterator[Assignment]:
    """Yield `each` stories per topic, topics in rotation, oldest first: from `since` on, 5 to 44 hours apart."""
    writer = Writer(texts, rng, between=between)
    published = since.replace(tzinfo=ZoneInfo(zone))
    for number in range(each * len(texts.topics)):
        published += timedelta(seconds=rng.randint(5 * 3600, 44 * 3600))
        # Newspapers publish in the daytime.
        published = published.replace(hour=rng.randint(7, 22))
        topic = texts.topics[number % len(texts.topics)]
        yield Assignment(number, topic, writer.write_story(topic, rng.randint(3, 12)), published)
