"""Decides whether two texts are copies of one story, and lists the sentences in which they differ.

What two stories of a series have in common, such as the weather of two days, is a template: most of its sentences are
the same but for names and numbers. Editors who copy a story cut, add and move whole sentences, and replace little
within them. The number of replacements in proportion to the common text tells the two apart.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from crawler.copies.sentences import Sentence, fold

#: The least share of the shorter text that copies have in common.
MIN_SHARED = 0.5

#: The least share of the shorter text, with the sentences that are common property.
MIN_DISTINCT = 0.25

#: The least weight of the sentences that two copies have in common word for word: about two sentences.
MIN_KEPT = 30

#: The least share of common shingles of two sentences that are the same but for some words.
_MIN_LIKENESS = 0.4

#: Characters of common text per replacement that an editor may have made, and those allowed for any text.
_WEIGHT_PER_REPLACEMENT, _FREE_REPLACEMENTS = 80, 1

#: A day in a text: "3日", "12月3日", "2026-12-03", "December 3", "3 December".
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAY = re.compile(
    rf"(?<!\d)(\d{{1,2}})\s*[日号](?!\d)|\d{{4}}[-/.]\d{{1,2}}[-/.](\d{{1,2}})(?!\d)"
    rf"|\b(?:{_MONTHS})[a-z]*\.? (\d{{1,2}})\b|\b(\d{{1,2}})(?:st|nd|rd|th)? (?:{_MONTHS})"
)


@dataclass(frozen=True, slots=True)
class StoryComparison:
    """Two texts compared sentence by sentence, the earlier one as `before`.

    `weights` are those of both texts, and `distinct` those of their sentences that are not common property. Only these
    are compared: `kept` is the weight of their common sentences, and `altered` the pairs of
    sentences that correspond but differ. `replacements` are the distinct words replaced within them, and `same_days`
    is False if both texts name days, but none in common.
    """

    weights: tuple[int, int]
    distinct: tuple[int, int]
    kept: int
    altered: tuple[tuple[Sentence, Sentence], ...]
    removed: tuple[Sentence, ...]
    added: tuple[Sentence, ...]
    replacements: int
    same_days: bool

    @property
    def shared(self) -> float:
        """The weight of the distinct text that both have, with the sentences that differ in some words."""
        return self.kept + sum(one.weight + other.weight for one, other in self.altered) / 2

    @property
    def contained(self) -> float:
        """The share of the shorter distinct text that the longer one contains, 0 to 1."""
        return min(self.shared / max(min(self.distinct), 1), 1.0)

    @property
    def similarity(self) -> float:
        """The share of common text in both distinct texts together, 0 to 1."""
        return min(self.shared / max(sum(self.distinct) - self.shared, 1), 1.0)

    def is_copy(self, *, may_be_series: bool) -> bool:
        """True if one text is a copy of the other.

        `may_be_series`: both are on one portal, printed on different days. A portal prints a story a second time as it
        was, but stories of a series with other words in the same sentences.
        """
        if self.kept < MIN_KEPT or self.contained < MIN_SHARED or self.shared < MIN_DISTINCT * min(self.weights):
            return False
        replacements = self.replacements if self.same_days else self.replacements + _FREE_REPLACEMENTS
        allowed = self.shared / _WEIGHT_PER_REPLACEMENT
        return replacements <= (allowed / 2 if may_be_series else allowed + _FREE_REPLACEMENTS)


def compare_sentences(
    before: Sequence[Sentence], after: Sequence[Sentence], common_property: Collection[str] = ()
) -> StoryComparison:
    """Compare the sentences of two texts, in whatever order they are; leave out those whose folded text is common."""
    weights = (sum(one.weight for one in before), sum(one.weight for one in after))
    before, after = ([one for one in side if one.folded not in common_property] for side in (before, after))
    counts = [Counter(one.folded for one in side) for side in (before, after)]
    common = counts[0] & counts[1]
    removed, added = (list(_drop_common(side, common)) for side in (before, after))
    altered = list(_pair_altered(removed, added))
    distinct = (sum(one.weight for one in before), sum(one.weight for one in after))
    return StoryComparison(
        weights=weights,
        distinct=distinct,
        kept=distinct[0] - sum(one.weight for one in removed),
        altered=tuple(altered),
        removed=_without(removed, (one for one, _ in altered)),
        added=_without(added, (other for _, other in altered)),
        replacements=len(set(_find_replacements(altered))),
        same_days=_have_same_days(before, after),
    )


def _drop_common(sentences: Iterable[Sentence], common: Counter[str]) -> Iterator[Sentence]:
    left = Counter(common)
    for one in sentences:
        if left[one.folded]:
            left[one.folded] -= 1
        else:
            yield one


def _without(sentences: Sequence[Sentence], paired: Iterable[Sentence]) -> tuple[Sentence, ...]:
    known = {id(one) for one in paired}
    return tuple(one for one in sentences if id(one) not in known)


def _pair_altered(removed: Sequence[Sentence], added: Sequence[Sentence]) -> Iterator[tuple[Sentence, Sentence]]:
    """Yield the pairs of sentences with many common shingles, the most similar ones first."""
    shingles = [one.shingles for one in added]
    places = defaultdict(list)
    for place, found in enumerate(shingles):
        for shingle in found:
            places[shingle].append(place)
    scored = []
    for number, one in enumerate(removed):
        own = one.shingles
        for place, hits in Counter(place for shingle in own for place in places.get(shingle, ())).items():
            likeness = hits / min(len(own), len(shingles[place]))
            if likeness >= _MIN_LIKENESS:
                scored.append((-likeness, number, place))
    used: tuple[set[int], set[int]] = (set(), set())
    for _, number, place in sorted(scored):
        if number not in used[0] and place not in used[1]:
            used[0].add(number)
            used[1].add(place)
            yield removed[number], added[place]


def _find_replacements(altered: Iterable[tuple[Sentence, Sentence]]) -> Iterator[tuple[str, str]]:
    for one, other in altered:
        old, new = one.units, other.units
        for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "replace":
                yield " ".join(old[start:end]), " ".join(new[new_start:new_end])


def _have_same_days(before: Sequence[Sentence], after: Sequence[Sentence]) -> bool:
    days = [{day for one in side for day in _find_days(one)} for side in (before, after)]
    return not all(days) or not days[0].isdisjoint(days[1])


def _find_days(sentence: Sentence) -> Iterator[int]:
    for match in _DAY.finditer(fold(sentence.printed)):
        yield int(next(filter(None, match.groups())))
