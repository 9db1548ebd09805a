"""The fetch log: when each request went out and when its answer had ended, so that gaps can be shown to anybody."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crawler.politeness.errors import PolitenessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request to the host of politeness key `key`, from `started` to the end of its answer at `ended` (seconds
    since the epoch, UTC). `status` is ``None`` where no answer came; `size` is the answer in octets, as it crossed
    the wire."""

    key: str
    url: str
    started: float
    ended: float
    status: int | None
    size: int


_ENCODER = json.JSONEncoder(ensure_ascii=False)


class FetchLog(Protocol):
    """Keeps fetches."""

    def record(self, fetch: Fetch) -> None:
        """Keep `fetch`. Raises PolitenessError when it cannot be kept."""

    def close(self) -> None:
        """Keep no more."""


class NoFetchLog:
    """For a crawl that has no folder."""

    def record(self, fetch: Fetch) -> None:
        pass

    def close(self) -> None:
        pass


class JsonlFetchLog:
    """A log in a file of one JSON object a line, each written in one call: a killed crawl leaves whole lines."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    def record(self, fetch: Fetch) -> None:
        """Append `fetch`. Raises PolitenessError when the file cannot be written."""
        line = _ENCODER.encode({name: getattr(fetch, name) for name in Fetch.__slots__}) + "\n"
        try:
            if self._descriptor is None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise PolitenessError(f"{self.file}: the fetch log cannot be written: {error.strerror}; free it") from error

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_fetches(file: Path) -> Iterator[Fetch]:
    """The fetches in `file`, in order of their end; a last line cut off by a power cut is left out.

    Raises PolitenessError for a damaged line before the last, naming it.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return
            try:
                yield Fetch(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise PolitenessError(f"{file}, line {number}: no fetch ({error}); remove the line") from error
