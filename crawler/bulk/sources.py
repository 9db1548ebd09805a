"""The files of bulk work: files, folders, patterns and buckets, listed one after another."""

import glob
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: The names of files that are read from folders, patterns and buckets.
ARCHIVE_NAME = re.compile(r"\.(?:w?arc(?:\.(?:gz|zst))?|wacz)$", re.IGNORECASE)

#: The beginning of the URL of a bucket, a folder in it or an object.
S3 = "s3://"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of records: its absolute path or ``s3://`` URL, its size in bytes, and its version.

    `version` changes with the content: the time of modification (ns) of a local file, the ETag of an object.
    """

    place: str
    size: int
    version: str


def find_sources(places: Iterable[str], on_missing: Callable[[str], object]) -> Iterator[SourceFile]:
    """Yield the files at `places`: paths, folders with their subfolders, patterns, ``s3://bucket/folder`` or an object.

    Folders are read one at a time and a bucket page by page. Files are sorted by name within a folder.
    `on_missing` gets a line for each place without files. Raises BulkError if a bucket cannot be listed.
    """
    for place in places:
        found = False
        for source in _find_in_bucket(place) if place.startswith(S3) else _find_on_disk(place):
            found = True
            yield source
        if not found:
            is_named = not (place.startswith(S3) or glob.has_magic(place) or Path(place).is_dir())
            on_missing(f"{place}: no such file" if is_named else f"{place}: no WARC, ARC or WACZ files")


def _find_on_disk(place: str) -> Iterator[SourceFile]:
    path = Path(place)
    if path.is_dir():
        yield from _walk(path)
    elif path.is_file():
        yield _describe(path)
    elif glob.has_magic(place):
        for name in sorted(glob.glob(place, recursive=True)):
            if ARCHIVE_NAME.search(name) and Path(name).is_file():
                yield _describe(Path(name))


def _walk(folder: Path) -> Iterator[SourceFile]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _walk(path)
        elif ARCHIVE_NAME.search(path.name):
            yield _describe(path)


def _describe(path: Path) -> SourceFile:
    status = path.stat()
    return SourceFile(str(path.resolve()), status.st_size, str(status.st_mtime_ns))


def _find_in_bucket(place: str) -> Iterator[SourceFile]:
    from archive.storage.s3 import list_objects  # boto3 is optional

    for url, size, etag in list_objects(place):
        if url == place or ARCHIVE_NAME.search(url):
            yield SourceFile(url, size, etag)
