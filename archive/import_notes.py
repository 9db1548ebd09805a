"""Notes beside imported files: what could not be read or indexed, so that importing a file again names it again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.errors import DamagedError

#: Added to the name of an imported file for the name of its notes.
NOTES_SUFFIX = ".damage.json"


@dataclass(frozen=True, slots=True)
class ImportNotes:
    """Damage of an imported file: what its source has that was left out, and records that are not in the index."""

    left_out: Sequence[DamagedError] = ()
    not_indexed: Sequence[DamagedError] = ()


def notes_path(copy: Path) -> Path:
    """Return the path of the notes on the imported file `copy`."""
    return copy.with_name(copy.name + NOTES_SUFFIX)


def save_notes(copy: Path, notes: ImportNotes) -> None:
    """Write the notes on `copy`, or remove them if there is nothing to note. Raises OSError if the disk refuses."""
    path = notes_path(copy)
    if not notes.left_out and not notes.not_indexed:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(path.name + ".part")
    groups = {"left_out": notes.left_out, "not_indexed": notes.not_indexed}
    draft.write_text(json.dumps({name: [*map(damage_to_dict, errors)] for name, errors in groups.items()}, indent=1))
    draft.rename(path)


def read_notes(copy: Path) -> ImportNotes:
    """Return the notes on the imported file `copy`; empty ones if no file has them or it cannot be read."""
    try:
        groups = json.loads(notes_path(copy).read_text())
        return ImportNotes(*(tuple(map(damage_from_dict, groups[name])) for name in ("left_out", "not_indexed")))
    except (OSError, ValueError, KeyError, TypeError):
        return ImportNotes()


def damage_to_dict(error: DamagedError) -> dict[str, object]:
    """Return the error as JSON-ready values."""
    return {"file": error.file, "offset": error.offset, "what": error.what, "hint": error.hint}


def damage_from_dict(values: dict[str, object]) -> DamagedError:
    """Return the error that `damage_to_dict` was given."""
    offset = values["offset"]
    return DamagedError(
        str(values["what"]),
        file=str(values["file"] or ""),
        offset=offset if isinstance(offset, int) else None,
        hint=str(values["hint"]),
    )
