"""The ledger: every decision that held, delayed, refused or shortened something, in the order they were made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from archive.folders import create_private_folder
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.errors import PolitenessError


class DecisionLedger(Protocol):
    """A place where decisions are kept."""

    def record(self, decision: Decision) -> None:
        """Keep `decision`. Raises PolitenessError if it cannot be kept."""


class MemoryLedger(list[Decision]):
    """A ledger in memory."""

    def record(self, decision: Decision) -> None:
        """Keep `decision`."""
        self.append(decision)


class JsonlLedger:
    """A ledger in a file with one JSON object per line; each line is handed to the system before `record` returns."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def record(self, decision: Decision) -> None:
        """Append `decision`. Raises PolitenessError if the file cannot be written."""
        line = json.dumps(decision.as_dict(), ensure_ascii=False) + "\n"
        try:
            create_private_folder(self.file.parent)
            with self.file.open("ab") as out:  # one write in append mode: lines of two crawls do not mix
                out.write(line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise PolitenessError(
                f"{self.file}: cannot write the ledger: {error.strerror}; make it writable or free disk space"
            ) from error


def read_ledger(file: Path) -> Iterator[Decision]:
    """Yield the decisions in `file`, oldest first. A last line that a crash cut off is skipped.

    Raises PolitenessError for a damaged line before the last, naming it.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return
            try:
                values = json.loads(line)
                yield Decision(**(values | {"verdict": Verdict(values["verdict"])}))
            except (ValueError, TypeError, KeyError) as error:
                raise PolitenessError(f"{file}, line {number}: not a decision ({error}); remove the line") from error
