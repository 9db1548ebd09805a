"""The ledger: every decision that held, delayed, refused or shortened something, in the order they were made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.errors import PolitenessError


class DecisionLedger(Protocol):
    """Keeps decisions."""

    def record(self, decision: Decision) -> None:
        """Keep `decision`. Raises PolitenessError when it cannot be kept."""


class MemoryLedger(list[Decision]):
    """A ledger that lasts as long as the process."""

    def record(self, decision: Decision) -> None:
        """Keep `decision`."""
        self.append(decision)


class JsonlLedger:
    """A ledger in a file of one JSON object a line; each line is handed to the system before `record` returns."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def record(self, decision: Decision) -> None:
        """Append `decision`. Raises PolitenessError when the file cannot be written."""
        line = json.dumps(decision.as_dict(), ensure_ascii=False) + "\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab") as out:  # one write in append mode: lines of two crawls do not mix
                out.write(line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise PolitenessError(f"{self.file}: the ledger cannot be written: {error.strerror}; free it") from error


def read_ledger(file: Path) -> Iterator[Decision]:
    """The decisions in `file`, oldest first; a last line cut off by a crash is left out.

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
                raise PolitenessError(f"{file}, line {number}: no decision ({error}); remove the line") from error
