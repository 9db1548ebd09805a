"""Imports files of other crawlers: every record is copied byte for byte, so that it can be read by offset."""

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Self

from isal import isal_zlib

from archive.block import Block
from archive.capture_records import new_record_id
from archive.digest import Bytes, matches, sha1_label
from archive.errors import ArchiveError, DamagedError, PaddingError, WriteError
from archive.folders import create_private_folder
from archive.gzip_writer import deflate_in_pieces
from archive.import_notes import ImportNotes, read_notes, save_notes
from archive.reading import GZIP_MAGIC, MAX_RECORD_HEAD, read_records
from archive.reading.decompression import decompress
from archive.reading.packages import UnpackedFile
from archive.reading.unpacking import unpack_files
from archive.record import Record, format_date, record_head
from archive.warc_file import sync_folder

#: Suffix of the name of a file while it is being imported.
IMPORTING_SUFFIX = ".importing"

#: Beginning of the name of every imported file.
IMPORT_PREFIX = "import-"

#: Most layers of compression: some files are gzipped by their writer and again by a server.
MAX_COMPRESSIONS = 3

_CHUNK_SIZE = 1 << 20
_HEAD_END = re.compile(rb"\n\r*\n")
_FORMAT_SUFFIXES = re.compile(r"(\.(warc|arc|wet|wat|gz|zst|open|bad))+$", re.IGNORECASE)

_OnDamage = Callable[[DamagedError], None]

#: Gets the position in a file to which it was read, for each record.
OnPosition = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of importing one file of records.

    `source` is its name (``package.wacz!/archive/name`` within a package), `file` its name in the folder, ``None`` if
    it had no records, and `records` the number copied. `is_new` is false if the folder had it already. `damage` lists
    what could not be read and was left out, now or when it was imported before.
    """

    source: str
    file: str | None
    records: int
    is_new: bool
    damage: tuple[DamagedError, ...]


class _NotOneMemberError(Exception):
    """A record is not exactly one gzip member; the file must be decompressed before it can be copied."""


def import_file(
    source: Path,
    folder: Path,
    pruned: Mapping[str, str | None] = MappingProxyType({}),
    on_position: OnPosition | None = None,
) -> Iterator[ImportResult]:
    """Copy the records of `source`, a WARC, ARC or WACZ file, into files in `folder`. Yield a result for each.

    A copy begins with a warcinfo record that names its source and the source's SHA-256. The digest is also in the name
    of the copy, so that the same file is not imported twice. A record that has its own gzip member is copied with it;
    any other gets one. Of an ARC record the block is copied, and its line becomes WARC fields. Raises ArchiveError if
    the source cannot be opened or has another format, WriteError if the folder refuses.

    `pruned` has the names of files from which captures were removed, with what remains of each (``None`` for nothing).
    They count as imported, so that the captures do not come back.
    """
    for unpacked in unpack_files(source):
        with unpacked.file:
            yield _import_unpacked(unpacked, folder, pruned, on_position)


def _import_unpacked(
    unpacked: UnpackedFile, folder: Path, pruned: Mapping[str, str | None], on_position: OnPosition | None
) -> ImportResult:
    digest, size = _sha256(unpacked.file)
    target = folder / f"{IMPORT_PREFIX}{_bare_name(unpacked.name)}-{digest[:16]}.warc.gz"
    damage = list(unpacked.damage)
    if target.name in pruned:
        return ImportResult(unpacked.name, pruned[target.name], 0, False, tuple(damage))
    if target.exists():
        damage += read_notes(target).left_out
        return ImportResult(unpacked.name, target.name, 0, False, tuple(damage))
    origin = f"imported from {unpacked.name}, {size} bytes, sha256:{digest}"
    try:
        create_private_folder(folder)
        with _ImportDraft(target, origin, unpacked.name, on_position) as draft, ExitStack() as opened:
            records = _copy_records(draft, unpacked, damage, opened)
            if records:
                save_notes(target, ImportNotes(damage[len(unpacked.damage) :]))
                draft.publish()
    except OSError as error:
        hint = "free space, or let this user write there; nothing of it was imported"
        raise WriteError(f"cannot write: {error.strerror}", file=target, hint=hint) from error
    if not records and not damage:
        damage.append(DamagedError("has no records", file=unpacked.name, hint="check that it is the right file"))
    return ImportResult(unpacked.name, target.name if records else None, records, bool(records), tuple(damage))


def remove_import(copy: Path) -> None:
    """Remove the imported file `copy` and its notes. Raises WriteError if the disk refuses."""
    try:
        save_notes(copy, ImportNotes())
        copy.unlink()
    except OSError as error:
        raise WriteError(f"cannot remove: {error.strerror}", file=copy) from error


def rewrite_file(path: Path) -> int:
    """Replace the file at `path` by a copy in which every record has its own gzip member. Return their number.

    What cannot be read is left out. Without any record, the file stays as it is. Raises OSError if the disk refuses.
    """
    with path.open("rb") as file:
        digest, size = _sha256(file)
        origin = f"repaired from {path.name}, {size} bytes, sha256:{digest}"
        with _ImportDraft(path, origin, path.name) as draft, ExitStack() as opened:
            records = _copy_records(draft, UnpackedFile(path.name, file), [], opened)
            if records:
                draft.publish()
    return records


def _copy_records(draft: "_ImportDraft", unpacked: UnpackedFile, damage: list[DamagedError], opened: ExitStack) -> int:
    """Write the records to `draft`, if necessary after decompressing the file. Return their number."""

    def report(error: DamagedError) -> None:
        if not isinstance(error, PaddingError):
            damage.append(error)

    file = unpacked.file
    for _ in range(MAX_COMPRESSIONS):
        try:
            return draft.write_records(file, report, unpacked)
        except _NotOneMemberError:
            damage[:] = unpacked.damage
            file = opened.enter_context(decompress(file, unpacked.name, damage.append))
    damage.append(DamagedError(f"compressed more than {MAX_COMPRESSIONS} times", file=unpacked.name))
    return 0


class _ImportDraft:
    """The copy while it is written, locked against other imports. It is deleted on exit unless published."""

    def __init__(self, target: Path, origin: str, source: str, on_position: OnPosition | None = None) -> None:
        self._on_position = on_position
        self._target, self._origin, self._source = target, origin, source
        self._path = target.with_name(target.name + IMPORTING_SUFFIX)
        self._file = self._path.open("ab")

    def __enter__(self) -> Self:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise ArchiveError("is being imported by another process", file=self._target, hint="wait for it") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()

    def write_records(self, file: BinaryIO, on_damage: _OnDamage, unpacked: UnpackedFile) -> int:
        """Write the warcinfo record and every record of `file`; of a suspect file, only those that are confirmed.

        `file` is that of `unpacked`, or its decompressed content. Returns the number of records of `file`. Raises
        _NotOneMemberError if `file` must be decompressed first.
        """
        self._file.truncate(0)
        warcinfo_id = new_record_id()
        self._write(_warcinfo(warcinfo_id, self._target.name, self._origin))
        count = 0
        if _is_gzipped_twice(os.pread(file.fileno(), 1 << 12, 0)):
            raise _NotOneMemberError
        for record in read_records(file, on_damage=on_damage, name=self._source, includes_cut=not unpacked.is_suspect):
            if not record.at_member_start:
                raise _NotOneMemberError
            try:
                # Checked per record: behind damage, an uncompressed file may continue compressed.
                is_gzipped = os.pread(file.fileno(), 2, record.offset) == GZIP_MAGIC
                if unpacked.is_suspect and not (unpacked.is_damaged and is_gzipped):
                    _require_digest(record)
                if record.version.startswith("ARC"):
                    self._write(_convert_arc(record, self._origin, warcinfo_id))
                elif record.is_cut:
                    self._write(_convert_cut(record))
                elif is_gzipped:
                    self._write(_copy_member(record, file))
                else:
                    self._write(deflate_in_pieces(_read_head(record, file), record.block))
                count += 1
                if self._on_position is not None:
                    self._on_position(record.offset + record.length)
            except DamagedError as error:
                on_damage(error)
            record.block.close()
        return count

    def _write(self, pieces: Iterable[Bytes]) -> None:
        for piece in pieces:
            self._file.write(piece)

    def publish(self) -> None:
        """Give the file its final name, once its bytes are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.rename(self._target)
        sync_folder(self._target.parent)


def _require_digest(record: Record) -> None:
    """Raise DamagedError unless the record's block digest confirms it."""
    if not matches(record.get("WARC-Block-Digest") or "", record.block.chunks()):
        what = "left out, because no block digest confirms it"
        raise DamagedError(what, file=record.file, offset=record.offset)


def _is_gzipped_twice(data: bytes) -> bool:
    try:
        return data.startswith(GZIP_MAGIC) and isal_zlib.decompressobj(31).decompress(data, 2) == GZIP_MAGIC
    except isal_zlib.error:  # type: ignore[misc]
        return False


def _copy_member(record: Record, file: BinaryIO) -> Iterator[bytes]:
    """Yield the gzip member of `record` unchanged. Raises _NotOneMemberError if it is not one."""
    if not _is_one_member(_read_range(file, record.offset, record.length)):
        raise _NotOneMemberError
    yield from _read_range(file, record.offset, record.length)


def _is_one_member(pieces: Iterable[bytes]) -> bool:
    """True if `pieces` are exactly one complete gzip member.

    Tested by decompression, since a record's length reaches to the next record and may cover several members.
    """
    inflate = isal_zlib.decompressobj(31)
    for piece in pieces:
        while piece:
            inflate.decompress(piece, _CHUNK_SIZE)
            if inflate.eof:
                break
            piece = inflate.unconsumed_tail
    return inflate.eof and not inflate.unused_data


def _read_head(record: Record, file: BinaryIO) -> bytes:
    """Return the record's head with its blank line, byte for byte from the uncompressed `file`."""
    data = os.pread(file.fileno(), min(record.length, 2 * MAX_RECORD_HEAD), record.offset)
    end = _HEAD_END.search(data)
    assert end, "the record was read from here"
    return data[: end.end()]


def _convert_cut(record: Record) -> Iterator[bytes]:
    """Return the bytes of a record for one that is cut short, with what is there of its block.

    It is marked as truncated (WARC 1.1, section 5.13). The digests it had are those of the whole record.
    """
    dropped = ("content-length", "warc-block-digest", "warc-payload-digest", "warc-truncated")
    fields = [(name, value) for name, value in record.fields if name.lower() not in dropped]
    fields += [("WARC-Truncated", "unspecified"), ("Content-Length", str(len(record.block)))]
    try:
        return deflate_in_pieces(record_head(fields), record.block)
    except ArchiveError as error:
        raise DamagedError(error.what, file=record.file, offset=record.offset) from error


def _convert_arc(record: Record, origin: str, warcinfo_id: str) -> Iterator[bytes]:
    """Return the bytes of a WARC record for an ARC record. Raises DamagedError if its date is malformed."""
    when = record.date
    if when is None:
        raise DamagedError("unreadable date", file=record.file, offset=record.offset)
    head = record.http_head
    is_http = record.type == "response" and (head.status is not None or record.is_cut)
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{origin}#{record.offset}")
    fields = [
        ("WARC-Type", "response" if is_http else "resource"),
        ("WARC-Record-ID", f"<urn:uuid:{record_id}>"),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        ("WARC-Target-URI", record.url),
        ("WARC-Date", format_date(when)),
        ("WARC-Block-Digest", sha1_label(record.block.chunks())),
        ("Content-Type", "application/http;msgtype=response" if is_http else record.get("Content-Type") or ""),
        ("Content-Length", str(len(record.block))),
    ]
    if is_http and not head.is_chunked:
        fields.insert(6, ("WARC-Payload-Digest", sha1_label(record.payload())))
    if record.is_cut:
        fields.insert(5, ("WARC-Truncated", "unspecified"))
    if address := record.get("WARC-IP-Address"):
        fields.insert(5, ("WARC-IP-Address", address))
    try:
        return deflate_in_pieces(record_head(fields), record.block)
    except ArchiveError as error:
        raise DamagedError(error.what, file=record.file, offset=record.offset) from error


def _warcinfo(record_id: str, file: str, origin: str) -> Iterator[bytes]:
    """Return the bytes of the warcinfo record for the copy named `file`."""
    text = f"software: Broadsheet\r\nformat: WARC File Format 1.1\r\ndescription: {origin}\r\n"
    block = Block(text.encode())
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", format_date(datetime.now(UTC).replace(microsecond=0))),
        ("WARC-Filename", file),
        ("WARC-Block-Digest", sha1_label(block.chunks())),
        ("Content-Type", "application/warc-fields"),
        ("Content-Length", str(len(block))),
    ]
    return deflate_in_pieces(record_head(fields), block)


def _read_range(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """Yield up to `length` bytes from `start`, in chunks."""
    end = start + length
    while start < end and (piece := os.pread(file.fileno(), min(_CHUNK_SIZE, end - start), start)):
        start += len(piece)
        yield piece


def _sha256(file: BinaryIO) -> tuple[str, int]:
    """Return the digest and the size of `file`, and rewind it."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(_CHUNK_SIZE):
        digest.update(piece)
        size += len(piece)
    file.seek(0)
    return digest.hexdigest(), size


def _bare_name(name: str) -> str:
    """Return a file's name without folders and format suffixes, safe as part of another file's name."""
    bare = _FORMAT_SUFFIXES.sub("", name.rpartition("/")[2])
    return re.sub(r"[^A-Za-z0-9._-]+", "-", bare)[:80].strip("-.") or "file"
