"""Writes made-up news from word lists and sentences: the same seed gives the same text."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TEXTS = Path(__file__).parent / "texts"
_SLOT = re.compile(r"\{(?:(?P<low>\d+)-(?P<high>\d+)|(?P<word>[a-z]+)(?P<number>\d?))\}")

#: Shortest and longest paragraph, in characters.
PARAGRAPH = (60, 400)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a section writes about: sentences with slots for titles, first paragraphs (each of the title at the same
    place), middles and ends."""

    section: str
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]
    closings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """All that a portal's newsroom knows: its words by kind, sentences fit for any topic, its topics."""

    words: Mapping[str, tuple[str, ...]]
    common: tuple[str, ...]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A written article: the summary is its first sentence, for lists and feeds."""

    title: str
    summary: str
    paragraphs: tuple[str, ...]


@cache
def read_texts(name: str) -> Texts:
    """The texts in ``texts/<name>.toml``."""
    table: dict[str, Any] = tomllib.loads((_TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
    topics = [
        Topic(topic["section"], *(_lines(topic[part]) for part in ("titles", "leads", "facts", "closings")))
        for topic in table["topics"]
    ]
    words = {kind: _lines(text) for kind, text in table["words"].items()}
    return Texts(words, _lines(table["any_topic"]["sentences"]), tuple(topics))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip().split("\n"))


class Cast:
    """Who and what one story is about: each word is drawn once, and ``{name1}`` is never ``{name2}``."""

    def __init__(self, words: Mapping[str, Sequence[str]], rng: random.Random) -> None:
        self._rng = rng
        self._words = {kind: rng.sample(choices, len(choices)) for kind, choices in words.items()}

    def fill(self, template: str) -> str:
        """`template` with its words and numbers."""
        return _SLOT.sub(self._value, template)

    def _value(self, slot: re.Match[str]) -> str:
        if slot["low"]:
            return str(self._rng.randint(int(slot["low"]), int(slot["high"])))
        return self._words[slot["word"]][int(slot["number"] or 1) - 1]


class Writer:
    """Writes the stories of one portal. `between` goes between the sentences of a paragraph: a space, or nothing."""

    def __init__(self, texts: Texts, rng: random.Random, *, between: str = "") -> None:
        self._texts = texts
        self._rng = rng
        self._between = between
        self._titles: set[str] = set()
        self._forms: dict[str, list[int]] = {}

    def story(self, topic: Topic, paragraphs: int) -> Story:
        """A story of that many paragraphs, each within `PARAGRAPH`, under a title no other story of this writer has."""
        cast, title, form = self._titled(topic)
        lead, closing = cast.fill(topic.leads[form]), cast.fill(self._rng.choice(topic.closings))
        stock = [cast.fill(sentence) for sentence in self._mixed(topic)]
        last = paragraphs - 1
        body = []
        for n in range(paragraphs):
            fixed = lead if n == 0 else closing if n == last else ""
            sentences = self._sentences(stock, paragraphs - n, len(fixed))
            body.append(self._between.join(filter(None, [*sentences, fixed] if n == last else [fixed, *sentences])))
        return Story(title, lead, tuple(body))

    def _titled(self, topic: Topic) -> tuple[Cast, str, int]:
        """Whom a new story is about, its title, and which of the topic's titles that is."""
        # Every form of title is used once before one comes again.
        forms = self._forms.setdefault(topic.section, [])
        if not forms:
            forms += self._rng.sample(range(len(topic.titles)), len(topic.titles))
        form = forms.pop()
        cast = Cast(self._texts.words, self._rng)
        while (title := cast.fill(topic.titles[form])) in self._titles:
            cast = Cast(self._texts.words, self._rng)
        self._titles.add(title)
        return cast, title, form

    def _mixed(self, topic: Topic) -> list[str]:
        # The topic's own sentences rather early, the general ones rather late, without a visible border.
        ordered = [self._rng.sample(part, len(part)) for part in (topic.facts, self._texts.common)]
        places = {s: n + self._rng.uniform(0, 12) for n, s in enumerate([*ordered[0], *ordered[1]])}
        return sorted(places, key=places.__getitem__)

    def _sentences(self, stock: list[str], left: int, length: int) -> list[str]:
        """Sentences off the front of `stock` for a paragraph that has `length` characters.

        The stock must last for `left` paragraphs, this one counted.
        """
        shortest, longest = PARAGRAPH
        wanted = self._rng.randint(1, min(7, max(1, int(1.3 * len(stock) / left)))) - bool(length)
        taken: list[str] = []
        while stock and (length < shortest or len(taken) < wanted):
            length += len(self._between) + len(stock[0])
            if length > longest:
                break
            taken.append(stock.pop(0))
        return taken
