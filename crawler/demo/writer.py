"""Generates made-up news from lists of words and sentences. The same seed gives the same text."""

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

#: Minimum and maximum length of a paragraph in characters.
PARAGRAPH = (60, 400)


@dataclass(frozen=True, slots=True)
class Topic:
    """The sentence templates of a section: titles, leads (one for each title), facts and closings."""

    section: str
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]
    closings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a portal: words by kind, sentences for any topic, and topics."""

    words: Mapping[str, tuple[str, ...]]
    common: tuple[str, ...]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A generated article. The summary, for lists and feeds, is its first sentence."""

    title: str
    summary: str
    paragraphs: tuple[str, ...]


@cache
def read_texts(name: str) -> Texts:
    """Read ``texts/<name>.toml``."""
    table: dict[str, Any] = tomllib.loads((_TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
    topics = [
        Topic(topic["section"], *(_split_lines(topic[part]) for part in ("titles", "leads", "facts", "closings")))
        for topic in table["topics"]
    ]
    words = {kind: _split_lines(text) for kind, text in table["words"].items()}
    return Texts(words, _split_lines(table["any_topic"]["sentences"]), tuple(topics))


def _split_lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip().split("\n"))


class StoryWords:
    """The names and words of one story. Each word is drawn once, so that ``{name1}`` and ``{name2}`` differ."""

    def __init__(self, words: Mapping[str, Sequence[str]], rng: random.Random) -> None:
        self._rng = rng
        self._words = {kind: rng.sample(choices, len(choices)) for kind, choices in words.items()}

    def fill(self, template: str) -> str:
        """Return `template` with its slots filled with words and numbers."""
        return _SLOT.sub(self._fill_slot, template)

    def _fill_slot(self, slot: re.Match[str]) -> str:
        if slot["low"]:
            return str(self._rng.randint(int(slot["low"]), int(slot["high"])))
        return self._words[slot["word"]][int(slot["number"] or 1) - 1]


class Writer:
    """Writes the stories of one portal. `between` separates the sentences of a paragraph: a space or nothing."""

    def __init__(self, texts: Texts, rng: random.Random, *, between: str = "") -> None:
        self._texts = texts
        self._rng = rng
        self._between = between
        self._titles: set[str] = set()
        self._forms: dict[str, list[int]] = {}

    def write_story(self, topic: Topic, paragraphs: int) -> Story:
        """Write a story with a new title and `paragraphs` paragraphs, each of a length within `PARAGRAPH`."""
        words, title, form = self._draw_title(topic)
        lead, closing = words.fill(topic.leads[form]), words.fill(self._rng.choice(topic.closings))
        stock = [words.fill(sentence) for sentence in self._shuffle_sentences(topic)]
        last = paragraphs - 1
        body = []
        for n in range(paragraphs):
            fixed = lead if n == 0 else closing if n == last else ""
            sentences = self._take_sentences(stock, paragraphs - n, len(fixed))
            body.append(self._between.join(filter(None, [*sentences, fixed] if n == last else [fixed, *sentences])))
        return Story(title, lead, tuple(body))

    def _draw_title(self, topic: Topic) -> tuple[StoryWords, str, int]:
        """Return the words of a new story, its title, and the index of the title's template."""
        # Use every template once before one is repeated.
        forms = self._forms.setdefault(topic.section, [])
        if not forms:
            forms += self._rng.sample(range(len(topic.titles)), len(topic.titles))
        form = forms.pop()
        words = StoryWords(self._texts.words, self._rng)
        while (title := words.fill(topic.titles[form])) in self._titles:
            words = StoryWords(self._texts.words, self._rng)
        self._titles.add(title)
        return words, title, form

    def _shuffle_sentences(self, topic: Topic) -> list[str]:
        # Sentences of the topic tend to come before the general ones, but the two overlap.
        ordered = [self._rng.sample(part, len(part)) for part in (topic.facts, self._texts.common)]
        places = {s: n + self._rng.uniform(0, 12) for n, s in enumerate([*ordered[0], *ordered[1]])}
        return sorted(places, key=places.__getitem__)

    def _take_sentences(self, stock: list[str], left: int, length: int) -> list[str]:
        """Remove sentences from the front of `stock` for a paragraph that already has `length` characters.

        `left` is the number of paragraphs, including this one, that the stock must last for.
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
