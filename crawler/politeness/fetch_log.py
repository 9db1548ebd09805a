"""The fetch log: start and end of each request, so that the gaps between them can be checked."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive.folders import create_private_folder
from crawler.politeness.errors import PolitenessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request to a host of politeness key `key`.

    It lasted from `started` to the end of its response at `ended` (seconds since the epoch, UTC). `status` is ``None``
    without a response; `size` is the response in bytes on the wire.
    """

    key: str
    url: str
    started: float
    ended: float
    status: int | None
    size: int


_ENCODER = json.JSONEncoder(ensure_ascii=False)


class FetchLog(Protocol):
    """A place where fetches are kept."""

    def record(self, fetch: Fetch) -> None:
        """Keep `fetch`. Raises PolitenessError if it cannot be kept."""

    def close(self) -> None:
        """Release what the log uses."""


class NoFetchLog:
    """A log that keeps nothing, for a crawl without a folder."""

    def record(self, fetch: Fetch) -> None:
        pass

    def close(self) -> None:
        pass


class JsonlFetchLog:
    """A log in a file with one JSON object per line, each written in one call: a killed crawl leaves whole lines."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    def record(self, fetch: Fetch) -> None:
        """Append `fetch`. Raises PolitenessError if the file cannot be written."""
        line = _ENCODER.encode({name: getattr(fetch, name) for name in Fetch.__slots__}) + "\n"
        try:
            if self._descriptor is None:
                create_private_folder(self.file.parent)
                self._descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise PolitenessError(
                f"{self.file}: cannot write the fetch log: {error.strerror}; make it writable or free disk space"
            ) from error

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_fetches(file: Path) -> Iterator[Fetch]:
    """Yield the fetches in `file`, in the order they ended. A last line that a power cut cut off is skipped.

    Raises PolitenessError for a damaged line before the last, naming it.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return
            try:
                yield Fetch(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise PolitenessError(f"{file}, line {number}: not a fetch ({error}); remove the line") from error
