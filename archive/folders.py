"""Folders that only their owner can read."""

from pathlib import Path


def create_private_folder(folder: Path) -> None:
    """Create `folder` and its missing parents with mode 700, whatever the umask. An existing folder is left as it is.

    Captures include pages that their portals asked to withhold. Raises OSError.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        create_private_folder(folder.parent)
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(0o700)
