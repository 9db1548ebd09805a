"""The forms items are exported in."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from typing import IO, Any

from crawler.commands.outcome import CommandError
from crawler.items import Article, Provenance
from crawler.store import article_to_json

#: Rows of a Parquet file's row group: what is held in memory at a time.
_ROWS = 2_000

_NESTED = ("evidence", "provenance")
_COLUMNS = [field.name for field in fields(Article) if field.name not in _NESTED]
_PROVENANCE = [field.name for field in fields(Provenance)]


def write_jsonl(items: Iterable[Article], file: IO[str]) -> int:
    """Write one JSON object a line. How many there were."""
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        file.write(article_to_json(item) + "\n")
    return number


def write_csv(items: Iterable[Article], file: IO[str]) -> int:
    """Write a table with a line of names (RFC 4180), lists joined by ``; ``, the record in columns of its own.

    How many items there were. The evidence is left out: it is no table.
    """
    writer = csv.writer(file)
    writer.writerow([*_COLUMNS, *_PROVENANCE])
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        record = [getattr(item.provenance, name, None) for name in _PROVENANCE]
        writer.writerow([*(_cell(getattr(item, name)) for name in _COLUMNS), *record])
    return number


def write_parquet(items: Iterable[Article], file: IO[bytes]) -> int:
    """Write a Parquet table: columns as the CSV's, but lists as lists and the evidence as JSON. How many items there
    were. Raises CommandError where the package for it is missing."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ModuleNotFoundError as error:
        raise CommandError("Parquet needs the package pyarrow — pip install 'broadsheet[parquet]'") from error
    lists = [field.name for field in fields(Article) if field.default == ()]
    columns = [(name, pa.list_(pa.string()) if name in lists else pa.string()) for name in [*_COLUMNS, "evidence"]]
    columns += [(name, pa.int64() if name == "offset" else pa.string()) for name in _PROVENANCE]
    number = 0
    with ParquetWriter(file, pa.schema(columns), compression="zstd") as writer:
        for rows in _batches(map(_row, items), _ROWS):
            number += len(rows)
            writer.write_table(pa.Table.from_pylist(rows, writer.schema))
    return number


def _row(item: Article) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in _COLUMNS}
    cells = {
        name: list(map(_cell, value)) if isinstance(value, tuple) else _cell(value) for name, value in values.items()
    }
    evidence = json.dumps({name: asdict(found) for name, found in item.evidence.items()})
    return {**cells, "evidence": evidence, **{name: getattr(item.provenance, name, None) for name in _PROVENANCE}}


def _batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of `size`, the last one shorter."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _cell(value: Any) -> Any:
    text = "; ".join(value) if isinstance(value, tuple) else value
    # Half a surrogate pair has no UTF-8 form; JSON can escape it, a table cannot.
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text
