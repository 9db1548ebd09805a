"""The report on a group of copies: the earliest, the sources they name, and what each portal changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from crawler.copies.comparison import StoryComparison, compare_sentences
from crawler.copies.sentences import Sentence, fold, split_sentences
from crawler.items import Article

#: The fields whose changes are reported; those of the body are reported by sentence.
_FIELDS = ("title", "source", "editor")

#: The shortest name that is looked for in the bodies of the others.
_MIN_NAME = 3


@dataclass(frozen=True, slots=True)
class StoryCopy:
    """An article in its current version, and when it was first seen."""

    article: Article
    first_seen: datetime

    @property
    def day(self) -> str | None:
        """The day the page prints, as ISO 8601."""
        return self.article.date[:10] if self.article.date else None


@dataclass(frozen=True, slots=True)
class CopyChanges:
    """A copy, and how it differs from the earliest article of its group: `fields` as values before and after."""

    copy: StoryCopy
    comparison: StoryComparison
    fields: Mapping[str, tuple[str | None, str | None]]

    def as_dict(self) -> dict[str, object]:
        """Return the copy as JSON-ready values."""
        body = self.comparison
        return {
            **_article_as_dict(self.copy),
            "similarity": round(body.similarity, 3),
            "contained": round(body.contained, 3),
            "changed": {name: {"before": old, "after": new} for name, (old, new) in self.fields.items()},
            "removed": _print_sentences(body.removed),
            "added": _print_sentences(body.added),
            "altered": [{"before": old.printed, "after": new.printed} for old, new in body.altered],
        }


@dataclass(frozen=True, slots=True)
class CopyReport:
    """A group of copies: the earliest, the other ones in order, and by source the URLs of the articles that name it."""

    earliest: StoryCopy
    copies: tuple[CopyChanges, ...]
    credits: Mapping[str, tuple[str, ...]]

    @property
    def rows(self) -> list[tuple[StoryCopy, float | None]]:
        """Every article in order with its similarity to the earliest one, which has none."""
        return [(self.earliest, None), *((one.copy, one.comparison.similarity) for one in self.copies)]

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return {
            "earliest": _article_as_dict(self.earliest),
            "credited": [{"source": source, "named_by": list(urls)} for source, urls in self.credits.items()],
            "copies": [one.as_dict() for one in self.copies],
        }


def report_copies(group: Sequence[StoryCopy]) -> CopyReport:
    """Return the report on a group of articles, at least one."""
    earliest, *others = sorted(group, key=_published)
    sentences = split_sentences(earliest.article.body or "")
    changes = [
        CopyChanges(
            copy=one,
            comparison=compare_sentences(sentences, split_sentences(one.article.body or "")),
            fields=dict(_changed_fields(earliest.article, one.article)),
        )
        for one in others
    ]
    return CopyReport(earliest, tuple(changes), _find_credits([earliest.article, *(one.article for one in others)]))


def is_copy(one: StoryCopy, sentences: Sequence[Sentence], other: StoryCopy) -> bool:
    """True if an article with these sentences and another one are copies."""
    may_be_series = one.article.site == other.article.site and one.day != other.day
    compared = compare_sentences(sentences, split_sentences(other.article.body or ""))
    return compared.is_copy(may_be_series=may_be_series)


def _published(copy: StoryCopy) -> tuple[datetime, datetime]:
    """Return the printed time and the time first seen. A date without a time is the end of its day."""
    try:
        printed = datetime.fromisoformat(copy.article.date or "")
    except ValueError:
        printed = copy.first_seen
    if copy.article.date and len(copy.article.date) == len("2026-01-01"):
        printed = datetime.combine(printed, time.max)
    return printed.replace(tzinfo=printed.tzinfo or UTC), copy.first_seen


def _changed_fields(before: Article, after: Article) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for name in _FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if fold(old or "") != fold(new or ""):
            yield name, (old, new)


def _find_credits(articles: Sequence[Article]) -> dict[str, tuple[str, ...]]:
    """Return the sources, most named first, each with the URLs of the articles that name it."""
    names = {fold(one.source).strip(): one.source for one in reversed(articles) if one.source}
    bodies = [fold(one.body or "") for one in articles]
    credited = {
        printed: tuple(
            one.url
            for one, body in zip(articles, bodies, strict=True)
            if fold(one.source or "").strip() == name or (len(name) >= _MIN_NAME and name in body)
        )
        for name, printed in names.items()
    }
    return dict(sorted(credited.items(), key=lambda item: (-len(item[1]), item[0])))


def _article_as_dict(copy: StoryCopy) -> dict[str, object]:
    article = copy.article
    values = {name: getattr(article, name) for name in ("url", "site", "title", "date", "source", "editor")}
    return {**values, "first_seen": copy.first_seen.isoformat()}


def _print_sentences(sentences: Sequence[Sentence]) -> list[str]:
    return [one.printed for one in sentences]
