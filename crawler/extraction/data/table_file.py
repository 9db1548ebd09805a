"""Reading of knowledge tables: TOML files whose keys are the fields of a struct.

Checks of every file:

- each key is a field of the struct, and each value has its type;
- a list of words has no duplicates, no empty words and no blanks at either end of a word;
- a field whose name ends in ``patterns`` holds regular expressions, and each compiles.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

#: The folder of the tables.
DATA = Path(__file__).parent

TableT = TypeVar("TableT", bound="Table")


class TableError(ValueError):
    """A table file is wrong; the message names the file, the key and the reason."""


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a TOML file."""


def load_table(path: Path, kind: type[TableT]) -> TableT:
    """Read and check one TOML file whose top-level keys are the fields of `kind`.

    Raises TableError, with file, key and reason, if the file breaks a rule.
    """
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{path}: not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8: {error}") from error
    except msgspec.ValidationError as error:
        raise TableError(f"{path}: {error}") from error
    for key, problem in find_problems(table, ""):
        raise TableError(f"{path}: {key}: {problem}")
    return table


def find_problems(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Yield the key and the reason for each word list of a table that breaks a convention."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if inner and isinstance(inner, tuple | Mapping | Struct):
                yield from find_problems(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from find_problems(inner, f"{key}.{name}")
    elif isinstance(value, tuple) and value:
        if isinstance(value[0], str):
            yield from ((key, problem) for problem in _list_problems(value, is_pattern=key.endswith("patterns")))
        else:
            for number, inner in enumerate(value):
                yield from find_problems(inner, f"{key}[{number}]")


def _list_problems(words: tuple[str, ...], *, is_pattern: bool) -> Iterator[str]:
    if len(set(words)) < len(words):
        seen: set[str] = set()
        for word in words:
            if word in seen:
                yield f"{word!r} is there twice"
            seen.add(word)
    for word in words:
        if is_pattern:
            try:
                re.compile(word)
            except re.error as error:
                yield f"{word!r} is no regular expression: {error}"
        elif not word or word != word.strip():
            yield f"{word!r} is empty or has blanks at an end"
