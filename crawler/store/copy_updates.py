"""Compares new versions with the stored ones: one batch of queued versions in one transaction.

Sentences have keys (`crawler.copies.sentences`), and versions with a common key are candidates. At most `MAX_HOLDERS`
versions are kept per key, so the work for a version does not grow with the store. Candidates are compared by their
texts, without the sentences that are common property.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, delete, func, insert, select, text

from crawler.copies.comparison import compare_sentences
from crawler.copies.sentences import Sentence, make_keys, split_sentences
from crawler.store.schema import articles, copy_keys, copy_links, copy_queue, versions

#: The most versions that are remembered for one key. Sentences that are more frequent add nothing.
MAX_HOLDERS = 32

#: The most candidates whose texts are compared with one new version.
_MAX_CANDIDATES = 10

#: A sentence is common property if so many other stories, unlike in the rest, have it...
_STRANGERS = 3

#: ... or if one site prints it in so many articles of different titles and days.
_REPRINTS = 4

#: The least share of common keys of versions whose texts are compared.
_SHARED_KEYS = 0.2

#: The share of common keys from which two versions are alike.
_ALIKE = 0.5

#: In the driver's own form: SQLAlchemy takes ten times as long for the parameters.
_ADD_KEYS = {
    "sqlite": "INSERT INTO copy_keys (key, version_id) VALUES (?, ?)",
    "postgresql": "INSERT INTO copy_keys (key, version_id) VALUES (%s, %s)",
}

#: Values per query: SQLite takes 32,766.
_CHUNK = 5_000


@dataclass(frozen=True)
class StoredText:
    """A version, with what its site says about it."""

    id: int
    article_id: int
    site: str | None
    title: str | None
    day: str | None
    body: str

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Its sentences; not those of the title, which editors replace."""
        return split_sentences(self.body)

    @cached_property
    def keys(self) -> dict[int, str]:
        """The keys of its long sentences, with their folded texts."""
        keys = make_keys(self.sentences)
        return {key: one.folded for key, one in zip(keys, self.sentences, strict=True) if key is not None}


def compare_queued(connection: Connection, limit: int) -> int:
    """Compare up to `limit` queued versions with the stored ones and link the copies. Return their number."""
    if connection.dialect.name == "postgresql":  # two batches at once would not see each other's keys
        connection.execute(text("LOCK TABLE copy_keys IN SHARE ROW EXCLUSIVE MODE"))
    queue = select(copy_queue.c.version_id).order_by(copy_queue.c.version_id).limit(limit)
    queued = list(connection.scalars(queue))
    if queued:
        _Batch(connection, queued).link()
        connection.execute(delete(copy_queue).where(copy_queue.c.version_id.in_(queued)))
    return len(queued)


#: Site, title and day of an article.
_Print = tuple[str | None, str | None, str | None]


class _Batch:
    """Queued versions, and what the store knows about versions with the same sentences."""

    def __init__(self, connection: Connection, queued: Sequence[int]) -> None:
        self._connection = connection
        self._texts: dict[int, StoredText] = {}
        self._load_texts(queued)
        self._new = [self._texts[number] for number in queued]
        self._holders = self._load_holders({key for one in self._new for key in one.keys})
        self._add_keys()
        others = {number for holders in self._holders.values() for number in holders}
        self._sizes = self._count_keys(others)
        self._labels = self._load_labels(others)

    def link(self) -> None:
        """Store the links of the new versions, and drop earlier ones that rest on sentences now known as common."""
        self._load_texts({number for one in self._new for number in self._choose_candidates(one)})
        links: set[tuple[int, int]] = set()
        common_keys: set[int] = set()
        common_words: set[str] = set()
        for one in self._new:
            common = self._find_common(one)
            words = {one.keys[key] for key in common}
            common_keys |= common
            common_words |= words
            found = (self._texts[number] for number in self._choose_candidates(one))
            links |= {_order(one.id, other.id) for other in found if are_copies(one, other, words)}
        self._recheck_links(common_keys, common_words)
        if links:
            rows = [{"version_id": first, "other_id": second} for first, second in sorted(links)]
            known = set(self._load_links({number for pair in links for number in pair}))
            if rows := [row for row in rows if (row["version_id"], row["other_id"]) not in known]:
                self._connection.execute(insert(copy_links), rows)

    def _choose_candidates(self, one: StoredText) -> list[int]:
        """Return the versions of other articles that share most sentences with a version."""
        shared = Counter(number for key in one.keys for number in self._holders[key])
        ranked = sorted(
            (-hits, number)
            for number, hits in shared.items()
            if self._labels[number][0] != one.article_id and hits >= _SHARED_KEYS * self._count_smaller(one, number)
        )
        return [number for _, number in ranked[:_MAX_CANDIDATES]]

    def _count_smaller(self, one: StoredText, number: int) -> int:
        """Return the number of keys of a version, or of another one that has fewer."""
        return min(len(one.keys), self._sizes[number])

    def _find_common(self, one: StoredText) -> set[int]:
        """Return the keys of the sentences of a version that are common property."""
        shared = Counter(number for key in one.keys for number in self._holders[key])
        strangers = {number for number, hits in shared.items() if hits < _ALIKE * self._count_smaller(one, number)}
        return {key for key in one.keys if self._is_common(self._holders[key], strangers)}

    def _is_common(self, holders: Sequence[int], strangers: set[int]) -> bool:
        if len(holders) <= min(_STRANGERS, _REPRINTS - 1):
            return False
        if len(strangers.intersection(holders)) >= _STRANGERS:
            return True
        prints = {self._labels[number][1:] for number in holders}
        return any(
            min(len({title for _, title, _ in own}), len({day for *_, day in own})) >= _REPRINTS
            for own in _by_site(prints)
        )

    def _recheck_links(self, keys: Collection[int], words: Collection[str]) -> None:
        """Drop earlier links between holders of common `keys` that rest on those sentences, each compared once."""
        holders = {number for key in keys for number in self._holders[key]}
        links = [
            (first, second) for first, second in self._load_links(holders) if first in holders and second in holders
        ]
        self._load_texts({number for pair in links for number in pair})
        for first, second in links:
            if not are_copies(self._texts[first], self._texts[second], words):
                of_pair = (copy_links.c.version_id == first, copy_links.c.other_id == second)
                self._connection.execute(delete(copy_links).where(*of_pair))

    def _add_keys(self) -> None:
        rows = []
        for one in self._new:
            for key in one.keys:
                if len(self._holders[key]) < MAX_HOLDERS:
                    self._holders[key].append(one.id)
                    rows.append((key, one.id))
        if rows:
            self._connection.exec_driver_sql(_ADD_KEYS[self._connection.dialect.name], rows)

    def _load_holders(self, keys: Iterable[int]) -> dict[int, list[int]]:
        holders: dict[int, list[int]] = defaultdict(list)
        for chunk in _chunks(keys):
            found = select(copy_keys.c.key, copy_keys.c.version_id).where(copy_keys.c.key.in_(chunk))
            for key, number in self._connection.execute(found):
                holders[key].append(number)
        return holders

    def _count_keys(self, numbers: Iterable[int]) -> dict[int, int]:
        sizes: dict[int, int] = {}
        for chunk in _chunks(numbers):
            query = select(copy_keys.c.version_id, func.count()).where(copy_keys.c.version_id.in_(chunk))
            sizes.update((row[0], row[1]) for row in self._connection.execute(query.group_by(copy_keys.c.version_id)))
        return sizes

    def _load_labels(self, numbers: Iterable[int]) -> dict[int, tuple[int, *_Print]]:
        """Return article, site, title and day of each version."""
        labels = {}
        columns = (versions.c.id, versions.c.article_id, articles.c.site, versions.c.title, versions.c.date)
        for chunk in _chunks(numbers):
            query = select(*columns).join_from(versions, articles).where(versions.c.id.in_(chunk))
            for row in self._connection.execute(query):
                labels[row.id] = (row.article_id, row.site, row.title, (row.date or "")[:10])
        return labels

    def _load_texts(self, numbers: Iterable[int]) -> None:
        columns = (
            versions.c.id, versions.c.article_id, articles.c.site, versions.c.title, versions.c.date, versions.c.body,
        )  # fmt: skip
        for chunk in _chunks(number for number in numbers if number not in self._texts):
            query = select(*columns).join_from(versions, articles).where(versions.c.id.in_(chunk))
            for row in self._connection.execute(query):
                day = row.date[:10] if row.date else None
                self._texts[row.id] = StoredText(row.id, row.article_id, row.site, row.title, day, row.body or "")

    def _load_links(self, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
        for chunk in _chunks(numbers):
            query = select(copy_links.c.version_id, copy_links.c.other_id).where(copy_links.c.version_id.in_(chunk))
            yield from (tuple(row) for row in self._connection.execute(query).all())


def are_copies(one: StoredText, other: StoredText, common: Collection[str] = ()) -> bool:
    """True if two versions are copies by the sentences whose folded text is not in `common`."""
    may_be_series = one.site == other.site and one.day != other.day
    return compare_sentences(one.sentences, other.sentences, common).is_copy(may_be_series=may_be_series)


def _by_site(prints: Iterable[_Print]) -> Iterable[list[_Print]]:
    sites: dict[str | None, list[_Print]] = defaultdict(list)
    for label in prints:
        sites[label[0]].append(label)
    return sites.values()


def _order(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _chunks(values: Iterable[int]) -> Iterator[list[int]]:
    listed = sorted(values)
    for start in range(0, len(listed), _CHUNK):
        yield listed[start : start + _CHUNK]
