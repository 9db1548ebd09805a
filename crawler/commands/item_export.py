"""Writers of items as JSON lines, CSV and Parquet. Each returns the number of items."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from typing import IO, Any

from crawler.commands.exit_codes import CommandError
from crawler.items import Article, Provenance
from crawler.plain_text import escape_cell, escape_json
from crawler.store import article_to_json

#: Rows per row group of a Parquet file, which is the number kept in memory at once.
_ROWS = 2_000

#: First characters of a formula, also in full width (OWASP, CSV Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_NESTED = ("evidence", "provenance")
_COLUMNS = [field.name for field in fields(Article) if field.name not in _NESTED]
_PROVENANCE = [field.name for field in fields(Provenance)]


def write_jsonl(items: Iterable[Article], file: IO[str]) -> int:
    """Write one JSON object per line."""
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        file.write(escape_json(article_to_json(item)) + "\n")
    return number


def write_csv(items: Iterable[Article], file: IO[str], *, raw: bool = False) -> int:
    """Write a table with a header line (RFC 4180).

    Lists are joined by ``; ``. Each field of the provenance is a column. The evidence is left out, because it does not
    fit into a table. A spreadsheet would execute a cell that begins like a formula, so it gets an apostrophe in front,
    and controls are escaped, unless `raw`.
    """
    writer = csv.writer(file)
    writer.writerow([*_COLUMNS, *_PROVENANCE])
    number = 0
    for number, item in enumerate(items, 1):  # noqa: B007
        cells = [_cell(getattr(item, name)) for name in _COLUMNS]
        cells += [getattr(item.provenance, name, None) for name in _PROVENANCE]
        writer.writerow(cells if raw else map(_neutralize, cells))
    return number


def write_parquet(items: Iterable[Article], file: IO[bytes]) -> int:
    """Write a Parquet table: the columns of the CSV file, but lists as lists, and the evidence as JSON.

    Raises CommandError if pyarrow is not installed.
    """
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
    evidence = json.dumps({name: asdict(evidence) for name, evidence in item.evidence.items()})
    return {**cells, "evidence": evidence, **{name: getattr(item.provenance, name, None) for name in _PROVENANCE}}


def _batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows in lists of `size`; the last list may be shorter."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def _cell(value: Any) -> Any:
    text = "; ".join(value) if isinstance(value, tuple) else value
    # Half of a surrogate pair cannot be encoded as UTF-8. JSON can escape it, a table cannot.
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


def _neutralize(cell: Any) -> Any:
    """Return the cell with controls escaped, and with an apostrophe in front if it looks like a formula."""
    if not isinstance(cell, str):
        return cell
    return escape_cell(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell)
