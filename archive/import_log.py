"""Log of the files that were imported, so that an interrupted import goes on without reading them again."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archive.errors import WriteError
from archive.folders import create_private_folder
from archive.import_notes import damage_from_dict, damage_to_dict
from archive.importing import ImportResult

#: Name of the log in the folder of the index.
LOG_FILE = "imports.jsonl"


class ImportLog:
    """The log at `path`: one line per imported file with its path, size and time of change. It may be deleted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, dict[str, Any]] | None = None

    def find(self, source: Path) -> list[ImportResult] | None:
        """Return the results of importing `source`; ``None`` if it was not imported as it is now."""
        if self._lines is None:
            self._lines = self._read()
        line = self._lines.get(os.path.realpath(source))
        try:
            if line is None or line["state"] != _state_of(source):
                return None
            return [
                ImportResult(one["source"], one["file"], 0, False, tuple(map(damage_from_dict, one["damage"])))
                for one in line["results"]
            ]
        except (OSError, KeyError, TypeError):
            return None

    def add(self, source: Path, results: Sequence[ImportResult]) -> None:
        """Add a file that was read to its end. Raises WriteError if the disk refuses."""
        rows = [
            {"source": one.source, "file": one.file, "damage": [*map(damage_to_dict, one.damage)]} for one in results
        ]
        try:
            line: dict[str, Any] = {
                "path": os.path.realpath(source),
                "state": _state_of(source),
                "results": rows,
            }
            create_private_folder(self._path.parent)
            with self._path.open("ab") as file:
                file.write(json.dumps(line).encode() + b"\n")
        except OSError as error:
            raise WriteError(f"cannot write: {error.strerror}", file=self._path) from error
        if self._lines is not None:
            self._lines[line["path"]] = line

    def _read(self) -> dict[str, dict[str, Any]]:
        """Return the last line of each path. Lines that cannot be read are skipped: their files are read again."""
        lines: dict[str, dict[str, Any]] = {}
        try:
            text = self._path.read_text(errors="replace")
        except OSError:
            return lines
        for row in text.splitlines():
            try:
                line = json.loads(row)
                lines[line["path"]] = line
            except (ValueError, KeyError, TypeError):
                continue
        return lines


def _state_of(source: Path) -> list[int]:
    """Return what changes if the file does: its size and the time of its last change."""
    stat = source.stat()
    return [stat.st_size, stat.st_mtime_ns]
