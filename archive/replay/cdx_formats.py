"""Formats of the CDX server: the lines of pywb's and the rows of the Wayback Machine's."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote_plus

from archive.cdxj import IndexEntry, cdxj_line
from archive.replay.address import quote_url
from archive.replay.cdx_query import FIELDS, CdxQuery, resume_key, value_of


def cdxj_lines(query: CdxQuery, entries: Iterable[IndexEntry]) -> Iterator[str]:
    """Yield a CDXJ line per entry; with a choice of fields, their values."""
    is_complete = list(query.fields) == list(FIELDS)
    for entry in entries:
        yield (
            cdxj_line(entry) if is_complete else " ".join(value_of(entry, name) or "-" for name in query.fields) + "\n"
        )


def json_lines(query: CdxQuery, entries: Iterable[IndexEntry]) -> Iterator[str]:
    """Yield a JSON object per entry, in a line of its own."""
    for entry in entries:
        values = {name: value for name in query.fields if (value := value_of(entry, name))}
        yield json.dumps(values) + "\n"


class WaybackRows:
    """The rows of `entries` in the formats of the Wayback Machine's server.

    A row ends with the number of earlier captures that have its payload if `counts_duplicates`. If `shows_resume_key`,
    `entries` are one more than the limit of `query` if there are more, and the key of that one ends the output.
    """

    def __init__(
        self, query: CdxQuery, entries: Iterable[IndexEntry], *, counts_duplicates: bool, shows_resume_key: bool
    ) -> None:
        self._query = query
        self._entries = entries
        self._counts_duplicates = counts_duplicates
        self._shows_resume_key = shows_resume_key
        self._seen: Counter[tuple[str, str]] = Counter()

    def text_lines(self) -> Iterator[str]:
        """Yield a line of values per entry."""
        for row in self._rows():
            yield " ".join(row) + "\n"

    def json_lines(self) -> Iterator[str]:
        """Yield an array of rows, the first of which has the names of the fields; an empty one without captures."""
        names = [FIELDS[name] for name in self._query.fields] + ["dupecount"] * self._counts_duplicates
        separator = f"[{json.dumps(names)},\n"
        for row in self._rows():
            yield separator + json.dumps(row)
            separator = ",\n"
        yield "]\n" if separator.startswith(",") else "[]\n"

    def _rows(self) -> Iterator[list[str]]:
        for number, entry in enumerate(self._entries):
            if self._shows_resume_key and number == self._query.limit:
                yield from ([], [quote_plus(resume_key(entry))])
                return
            yield self._row(entry)

    def _row(self, entry: IndexEntry) -> list[str]:
        values = {name: value_of(entry, name) or "-" for name in self._query.fields}
        if "digest" in values:
            values["digest"] = values["digest"].removeprefix("sha1:")
        if "url" in values:
            values["url"] = quote_url(values["url"])
        row = [*values.values()]
        if self._counts_duplicates:
            row.append(str(self._seen[entry.urlkey, entry.digest]))
            self._seen[entry.urlkey, entry.digest] += 1
        return row
