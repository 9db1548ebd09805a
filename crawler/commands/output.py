"""Everything that commands print. Text from pages, URLs and file names never controls the terminal."""

import json
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO

from crawler.plain_text import escape_json, escape_line, escape_text


def print_text(text: object = "", *, file: TextIO | None = None, flush: bool = False) -> None:
    """Print text of one or more lines to `file`, by default stdout."""
    print(escape_text(str(text)), file=file, flush=flush)


def print_json(value: Any, *, default: Callable[[Any], Any] | None = None) -> None:
    """Print a value as one line of JSON."""
    print(escape_json(json.dumps(value, ensure_ascii=False, default=default)))


def print_problem(line: object) -> None:
    """Print one line on stderr, after the program's name."""
    print(f"broadsheet: {escape_line(str(line))}", file=sys.stderr)


def print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a Python warning; replaces `warnings.showwarning`."""
    print_problem(f"warning: {message}")


def print_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a bug; replaces `sys.excepthook`."""
    print(escape_text("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr, end="")


def print_help(text: str) -> None:
    """Print a help text of several lines on stderr."""
    print(escape_text(text), file=sys.stderr)
