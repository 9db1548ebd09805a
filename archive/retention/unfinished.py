"""The steps of a removal after it is in the manifest. They can be repeated, so that a killed process loses nothing."""

import os
from collections.abc import Callable
from pathlib import Path

from archive.import_notes import ImportNotes, save_notes
from archive.repair import is_locked
from archive.trust.manifest import TIMESTAMP_SUFFIX, FileEvent, Manifest, ManifestEntry
from archive.warc_file import PRUNING_SUFFIX, sync_folder

#: Puts a new file (``None`` for none) in the index in place of a former one.
Reindex = Callable[[str | None, str], object]


def complete_removal(folder: Path, manifest: Manifest, entry: ManifestEntry, draft: Path, reindex: Reindex) -> None:
    """Put the `draft` in the place of the file that `entry` says was pruned. Raises OSError.

    The former file is in the index until the new one is, and in the folder until the index is right.
    """
    new = entry.digest.name if entry.digest is not None else None
    if new is not None:
        if not (folder / new).exists():
            os.link(draft, folder / new)
        sync_folder(folder)
    reindex(new, entry.name)
    former = folder / entry.name
    save_notes(former, ImportNotes())
    former.unlink(missing_ok=True)
    (manifest.folder / (entry.name + TIMESTAMP_SUFFIX)).unlink(missing_ok=True)
    sync_folder(folder)
    draft.unlink()


def finish_removals(folder: Path, manifest: Manifest, reindex: Reindex) -> list[str]:
    """Complete the removals of killed processes, and delete drafts of those that were not made.

    Return the names of the files whose removal was completed. Raises OSError.
    """
    drafts = [path for path in folder.glob("*" + PRUNING_SUFFIX) if not is_locked(path)]
    if not drafts:
        return []
    finished = []
    with manifest.lock():
        made = {_draft_name(entry): entry for entry in manifest.entries() if entry.event is FileEvent.PRUNED}
        for draft in drafts:
            if draft.name in made:
                complete_removal(folder, manifest, made[draft.name], draft, reindex)
                finished.append(made[draft.name].name)
            else:
                draft.unlink(missing_ok=True)
    return finished


def draft_path(folder: Path, former: str, new: str | None) -> Path:
    """Return the path of the draft of the file `new`, or of an empty file if nothing remains of `former`."""
    return folder / ((new or former) + PRUNING_SUFFIX)


def _draft_name(entry: ManifestEntry) -> str:
    return (entry.digest.name if entry.digest is not None else entry.name) + PRUNING_SUFFIX
